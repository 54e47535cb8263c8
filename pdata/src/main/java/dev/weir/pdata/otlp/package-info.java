/**
 * OTLP's two encodings, protobuf and JSON, of {@link dev.weir.pdata.Telemetry}, and of the short
 * answers that go with them.
 *
 * <p>Reading protobuf has two steps. {@code ProtobufValidator} goes over the bytes once, checks
 * every field and counts the items, with tables of the messages ({@code Shape}). What it lets pass
 * stays as bytes, group by group, until somebody looks into a group: then {@code ProtobufReader}
 * builds the objects and needs no checks any more. A group into which nobody looks is written out
 * as the bytes it came in.
 */
@NullMarked
package dev.weir.pdata.otlp;

import org.jspecify.annotations.NullMarked;
