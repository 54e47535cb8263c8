/**
 * How exporters send: one stack for all of them, lens upon lens, as the Collector's exporterhelper
 * has it (collector.md 2.5).
 *
 * <pre>
 * SendingExporter -> queue (+ batcher) -> Counting -> Retrying -> Attempt (timeout) -> Destination
 * </pre>
 *
 * <p>An exporter writes a {@link dev.weir.pipeline.sending.Destination}, which hands one request to
 * its destination once, and puts the keys of {@link dev.weir.pipeline.sending.SendingConfig} into
 * its schema. Everything else is here: time limits, retries, queues in memory and on disk, batches,
 * own metrics, log lines, the orderly end.
 */
@NullMarked
package dev.weir.pipeline.sending;

import org.jspecify.annotations.NullMarked;
