/** Processor {@code memory_limiter}: see README.md in this folder. */
@NullMarked
package dev.weir.processor.memorylimiter;

import org.jspecify.annotations.NullMarked;
