/** Receiver {@code otlp}: telemetry over gRPC and HTTP, as the Collector takes it. */
@NullMarked
package dev.weir.receiver.otlp;

import org.jspecify.annotations.NullMarked;
