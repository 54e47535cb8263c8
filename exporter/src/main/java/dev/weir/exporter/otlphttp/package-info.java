/** Exporter {@code otlp_http}: telemetry to an OTLP receiver over HTTP. */
@NullMarked
package dev.weir.exporter.otlphttp;

import org.jspecify.annotations.NullMarked;
