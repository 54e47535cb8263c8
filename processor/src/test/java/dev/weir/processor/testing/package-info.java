@NullMarked
package dev.weir.processor.testing;

import org.jspecify.annotations.NullMarked;
