/** Processor {@code batch}: see README.md in this folder. */
@NullMarked
package dev.weir.processor.batch;

import org.jspecify.annotations.NullMarked;
