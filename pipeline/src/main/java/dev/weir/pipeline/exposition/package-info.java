/**
 * Prometheus's text format and OpenMetrics, from series state straight to bytes, and the small HTTP
 * server that hands them out. Used by the {@code prometheus} exporter and by the agent's own
 * telemetry.
 *
 * <p>Why not a client library: see docs/design.md, D9. The writer makes no object for a sample;
 * label sets, bucket bounds and headers are rendered once, when a series first appears.
 */
@NullMarked
package dev.weir.pipeline.exposition;

import org.jspecify.annotations.NullMarked;
