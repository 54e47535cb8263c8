package dev.weir.receiver.otlp;

import dev.weir.pdata.Signal;
import dev.weir.pdata.otlp.ExportResponse;
import dev.weir.pipeline.Outcome;
import dev.weir.transport.ServerStatus;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
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

  /**
   * Returns the encoding that a Content-Type names, or null. Its parameters do not matter, but one
   * that has no value, or that is there twice, makes the whole header bad, as in Go.
   */
  static @Nullable Encoding ofContentType(String header) {
    int semicolon = header.indexOf(';');
    String type =
        (semicolon < 0 ? header : header.substring(0, semicolon)).strip().toLowerCase(Locale.ROOT);
    for (Encoding each : values()) {
      if (each.contentType.equals(type)) {
        return semicolon < 0 || goodParameters(header.substring(semicolon + 1)) ? each : null;
      }
    }
    return null;
  }

  /** Splits at semicolons that do not stand in quotes. */
  private static List<String> parts(String parameters) {
    List<String> parts = new ArrayList<>();
    boolean quoted = false;
    int begin = 0;
    for (int i = 0; i < parameters.length(); i++) {
      char each = parameters.charAt(i);
      if (each == '"') {
        quoted = !quoted;
      } else if (each == '\\' && quoted) {
        i++;
      } else if (each == ';' && !quoted) {
        parts.add(parameters.substring(begin, i));
        begin = i + 1;
      }
    }
    parts.add(parameters.substring(begin));
    return parts;
  }

  private static boolean goodParameters(String parameters) {
    Set<String> names = new HashSet<>();
    for (String each : parts(parameters)) {
      int equals = each.indexOf('=');
      if (!each.isBlank()
          && (equals < 1
              || !names.add(each.substring(0, equals).strip().toLowerCase(Locale.ROOT)))) {
        return false;
      }
    }
    return true;
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
