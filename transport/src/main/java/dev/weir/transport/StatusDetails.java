package dev.weir.transport;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * {@code google.rpc.Status} (google/rpc/status.proto) with, where the server knows it, a {@code
 * google.rpc.RetryInfo} (google/rpc/error_details.proto): the body of HTTP answers and gRPC's
 * {@code grpc-status-details-bin}.
 */
public final class StatusDetails {
  private static final String RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";

  private StatusDetails() {}

  /** Returns the status in protobuf. */
  public static byte[] encode(RpcStatus status) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    number(out, 1, status.number());
    bytes(out, 2, status.message().getBytes(StandardCharsets.UTF_8));
    Duration after = status.retryAfter();
    if (after != null) {
      ByteArrayOutputStream delay = new ByteArrayOutputStream();
      number(delay, 1, after.toSeconds());
      number(delay, 2, after.toNanosPart());
      ByteArrayOutputStream info = new ByteArrayOutputStream();
      message(info, 1, delay);
      ByteArrayOutputStream any = new ByteArrayOutputStream();
      bytes(any, 1, RETRY_INFO.getBytes(StandardCharsets.UTF_8));
      message(any, 2, info);
      message(out, 3, any);
    }
    return out.toByteArray();
  }

  /** Returns the status in JSON, laid out as the Collector's. */
  public static byte[] encodeJson(RpcStatus status) {
    StringBuilder out = new StringBuilder("{\"code\":").append(status.number());
    if (!status.message().isEmpty()) {
      out.append(", \"message\":");
      quote(out, status.message());
    }
    String after = seconds(status.retryAfter());
    if (after != null) {
      out.append(", \"details\":[{\"@type\":\"").append(RETRY_INFO).append("\", \"retryDelay\":\"");
      out.append(after).append("s\"}]");
    }
    return out.append('}').toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Returns protobuf's JSON form of a duration without its unit: 0, 3, 6 or 9 decimals. */
  private static @Nullable String seconds(@Nullable Duration duration) {
    if (duration == null) {
      return null;
    }
    int nanos = duration.toNanosPart();
    if (nanos == 0) {
      return Long.toString(duration.toSeconds());
    }
    String decimals = Integer.toString(1_000_000_000 + nanos).substring(1);
    int digits = nanos % 1_000_000 == 0 ? 3 : nanos % 1_000 == 0 ? 6 : 9;
    return duration.toSeconds() + "." + decimals.substring(0, digits);
  }

  private static void quote(StringBuilder out, String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char each = text.charAt(i);
      switch (each) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        default -> {
          if (each < 0x20) {
            out.append(String.format("\\u%04x", (int) each));
          } else {
            out.append(each);
          }
        }
      }
    }
    out.append('"');
  }

  private static void number(ByteArrayOutputStream out, int field, long value) {
    if (value != 0) {
      varint(out, field << 3);
      varint(out, value);
    }
  }

  private static void bytes(ByteArrayOutputStream out, int field, byte[] value) {
    if (value.length > 0) {
      message(out, field, value);
    }
  }

  private static void message(ByteArrayOutputStream out, int field, ByteArrayOutputStream value) {
    message(out, field, value.toByteArray());
  }

  private static void message(ByteArrayOutputStream out, int field, byte[] value) {
    varint(out, field << 3 | 2);
    varint(out, value.length);
    out.writeBytes(value);
  }

  private static void varint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
