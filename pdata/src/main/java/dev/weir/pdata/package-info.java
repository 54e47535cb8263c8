/**
 * Telemetry in memory: OTLP's shape and nothing else.
 *
 * <p>A {@link dev.weir.pdata.Telemetry} of one signal is a list of {@link
 * dev.weir.pdata.ResourceItems}, each a list of {@link dev.weir.pdata.ScopeItems}, each a list of
 * {@link dev.weir.pdata.Metric}, {@link dev.weir.pdata.LogRecord} or {@link dev.weir.pdata.Span}.
 * What varies by signal is only the innermost item, so the two outer levels exist once.
 *
 * <p>A group that was received stays as the bytes it came in until somebody looks into it ({@link
 * dev.weir.pdata.ResourceItems}, {@code dev.weir.pdata.otlp}).
 *
 * <p><b>Ownership.</b> A batch is owned by whoever was handed it last, and used by one thread at a
 * time. {@link dev.weir.pdata.Attributes} and everything inside them are immutable and may be
 * shared by any number of batches and threads. To give one batch to two owners, call {@link
 * dev.weir.pdata.Telemetry#copy()}: headers are copied, the arrays of points are shared and copied
 * at the first write.
 */
@NullMarked
package dev.weir.pdata;

import org.jspecify.annotations.NullMarked;
