/** Exporter {@code file}: telemetry as OTLP JSON lines or protobuf in files. */
@NullMarked
package dev.weir.exporter.file;

import org.jspecify.annotations.NullMarked;
