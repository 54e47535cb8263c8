/** Exporter {@code otlp_grpc}: telemetry to an OTLP receiver over gRPC. */
@NullMarked
package dev.weir.exporter.otlpgrpc;

import org.jspecify.annotations.NullMarked;
