package dev.weir.receiver.otlp;

import dev.weir.pdata.Signal;
import dev.weir.pdata.otlp.ExportResponse;
import dev.weir.pipeline.Outcome;
import dev.weir.transport.ServerStatus;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How a request and its answer are written. */
enum Encoding {
  PROTOBUF("application/x-protobuf"),
  JSON("application/json");

  private final String contentType;

  Encoding(String contentType) {
    this.contentType = contentType;
  }

  String contentType() {
    return contentType;
  }

  /** Returns the encoding that a Content-Type names, whatever its parameters, or null. */
  static @Nullable Encoding ofContentType(String header) {
    int semicolon = header.indexOf(';');
    String type =
        (semicolon < 0 ? header : header.substring(0, semicolon)).strip().toLowerCase(Locale.ROOT);
    for (Encoding each : values()) {
      if (each.contentType.equals(type)) {
        return each;
      }
    }
    return null;
  }

  /** Returns an {@code Export...ServiceResponse} for a batch that was taken, whole or in part. */
  byte[] success(Signal<?> signal, Outcome outcome) {
    ExportResponse response =
        outcome instanceof Outcome.Partial partial
            ? new ExportResponse(partial.rejected(), partial.reason())
            : ExportResponse.SUCCESS;
    return this == PROTOBUF ? response.toProtobuf() : response.toJson(signal);
  }

  /** Returns a {@code google.rpc.Status}. */
  byte[] failure(ServerStatus status) {
    return this == PROTOBUF ? status.toRpc().toProtobuf() : status.toRpc().toJson();
  }
}
