@NullMarked
package dev.weir.pipeline.batching;

import org.jspecify.annotations.NullMarked;
