@NullMarked
package dev.weir.processor.batch;

import org.jspecify.annotations.NullMarked;
