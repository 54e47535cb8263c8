package dev.weir.pdata.otlp;

import dev.weir.pdata.Signal;
import java.nio.charset.StandardCharsets;

/**
 * The answer to an export: OTLP's {@code Export*ServiceResponse}, the same for all signals but for
 * one name in JSON. Immutable.
 *
 * @param rejected how many data points, log records or spans were not taken; 0 with a message is a
 *     warning
 * @param message why, or an empty string
 */
public record ExportResponse(long rejected, String message) {
  /** Everything was taken. */
  public static final ExportResponse SUCCESS = new ExportResponse(0, "");

  /** Returns whether the receiver says more than that it took everything. */
  public boolean isPartial() {
    return rejected != 0 || !message.isEmpty();
  }

  /** Returns the protobuf form; like the Collector's, it always has a {@code partial_success}. */
  public byte[] toProtobuf() {
    byte[] text = message.getBytes(StandardCharsets.UTF_8);
    int content = ProtobufSize.number(rejected) + ProtobufSize.message(text.length);
    FieldWriter out = new FieldWriter(ProtobufSize.field(content));
    out.tag(1, Shape.LENGTH).varint(content);
    out.number(1, rejected).bytes(2, text);
    return out.toByteArray();
  }

  /** Returns the JSON form for {@code signal}. */
  public byte[] toJson(Signal<?> signal) {
    JsonOutput out = new JsonOutput(64);
    out.beginObject();
    out.field("partialSuccess");
    out.beginObject();
    if (rejected != 0) {
      out.field(rejectedName(signal));
      out.int64(rejected);
    }
    if (!message.isEmpty()) {
      out.field("errorMessage");
      out.string(message);
    }
    out.endObject();
    out.endObject();
    return out.toByteArray();
  }

  /** Reads the protobuf form. */
  public static ExportResponse ofProtobuf(byte[] bytes) throws OtlpFormatException {
    FieldReader in = new FieldReader(bytes, 0, bytes.length);
    ExportResponse response = SUCCESS;
    while (in.next()) {
      if (in.is(1, Shape.LENGTH, "PartialSuccess")) {
        FieldReader partial = in.message();
        long rejected = response.rejected;
        String message = response.message;
        while (partial.next()) {
          if (partial.is(1, Shape.VARINT, "Rejected")) {
            rejected = partial.number();
          } else if (partial.is(2, Shape.LENGTH, "ErrorMessage")) {
            message = partial.string();
          }
        }
        response = new ExportResponse(rejected, message);
      }
    }
    return response;
  }

  /** Reads the JSON form of {@code signal}. */
  public static ExportResponse ofJson(Signal<?> signal, byte[] bytes) throws OtlpFormatException {
    JsonInput in = new JsonInput(bytes, 0, bytes.length);
    String camel = rejectedName(signal);
    String snake = JsonReader.snake(camel);
    long rejected = 0;
    String message = "";
    for (String field = in.field(); field != null; field = in.field()) {
      if (field.equals("partialSuccess") || field.equals("partial_success")) {
        for (String inner = in.field(); inner != null; inner = in.field()) {
          if (inner.equals(camel) || inner.equals(snake)) {
            rejected = in.int64();
          } else if (inner.equals("errorMessage") || inner.equals("error_message")) {
            message = in.string();
          } else {
            in.skip();
          }
        }
      } else {
        in.skip();
      }
    }
    in.finish();
    return new ExportResponse(rejected, message);
  }

  private static String rejectedName(Signal<?> signal) {
    return signal == Signal.METRICS
        ? "rejectedDataPoints"
        : signal == Signal.LOGS ? "rejectedLogRecords" : "rejectedSpans";
  }
}
