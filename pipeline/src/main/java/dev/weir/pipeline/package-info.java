/**
 * What a component is: the contracts that receivers, processors, exporters, connectors and
 * extensions keep, and that the engine relies on.
 *
 * <p>Data flows by {@link dev.weir.pipeline.Consumer#consume}; what became of it is an {@link
 * dev.weir.pipeline.Outcome}. A component is made by its factory from a typed config, started once,
 * stopped once. The configuration lives in {@code dev.weir.pipeline.config}, graph and lifecycle in
 * {@code dev.weir.pipeline.service}, the agent's own telemetry in {@code
 * dev.weir.pipeline.telemetry}, and the Prometheus text format, which two components share, in
 * {@code dev.weir.pipeline.exposition}.
 */
@NullMarked
package dev.weir.pipeline;

import org.jspecify.annotations.NullMarked;
