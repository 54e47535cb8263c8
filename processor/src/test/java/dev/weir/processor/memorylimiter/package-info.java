@NullMarked
package dev.weir.processor.memorylimiter;

import org.jspecify.annotations.NullMarked;
