/**
 * The agent's telemetry about itself: logs and metrics, configured under {@code service::telemetry}
 * as in the Collector.
 */
@NullMarked
package dev.weir.pipeline.telemetry;

import org.jspecify.annotations.NullMarked;
