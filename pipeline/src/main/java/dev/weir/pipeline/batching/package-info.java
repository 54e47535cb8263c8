/** Cutting batches to size, which the queues of exporters and the processor {@code batch} share. */
@NullMarked
package dev.weir.pipeline.batching;

import org.jspecify.annotations.NullMarked;
