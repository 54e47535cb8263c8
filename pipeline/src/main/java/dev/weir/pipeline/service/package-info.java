/**
 * Graph and lifecycle: pipelines are built once from the typed config, started from the exporters
 * up, and stopped from the receivers down so that everything drains.
 *
 * <pre>
 * receiver ─edge─ fan-out ─┬─ processor ─ processor ─ fan-out ─┬─ exporter
 *                          │                                   └─ connector ─ fan-out ─ ...
 *                          └─ (the next pipeline)
 * </pre>
 *
 * <p>One receiver for each ID, one exporter for each signal and ID, one processor for each pipeline
 * and ID, one connector for each pair of signals and ID. At each edge stands a wrapper that counts
 * items and turns exceptions, which are bugs, into refusals.
 */
@NullMarked
package dev.weir.pipeline.service;

import org.jspecify.annotations.NullMarked;
