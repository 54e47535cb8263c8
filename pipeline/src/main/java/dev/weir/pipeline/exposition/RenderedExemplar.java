package dev.weir.pipeline.exposition;

/**
 * A single measurement behind a counter or a bucket, shown in OpenMetrics only. Immutable.
 *
 * @param labels usually {@code trace_id} and {@code span_id}
 * @param value what was measured
 * @param timeNanos when, in nanoseconds since 1970; 0 if unknown
 */
public record RenderedExemplar(Labels labels, double value, long timeNanos) {}
