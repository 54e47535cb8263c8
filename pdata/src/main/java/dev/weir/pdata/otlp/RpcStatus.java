package dev.weir.pdata.otlp;

import dev.weir.pdata.Value;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Why a request failed: {@code google.rpc.Status}, the body of OTLP/HTTP's errors and gRPC's {@code
 * grpc-status-details-bin}. Immutable.
 *
 * @param code gRPC's status code
 * @param message for a person
 * @param details what belongs to it, by type
 */
public record RpcStatus(int code, String message, List<Detail> details) {
  private static final String RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";

  /**
   * A detail: {@code google.protobuf.Any}.
   *
   * @param typeUrl names the message
   * @param value the message in protobuf form
   */
  public record Detail(String typeUrl, Value.Bytes value) {}

  /** Copies the list. */
  public RpcStatus {
    details = List.copyOf(details);
  }

  /** Returns a status without details. */
  public static RpcStatus of(int code, String message) {
    return new RpcStatus(code, message, List.of());
  }

  /** Returns the same status that says when to try again ({@code google.rpc.RetryInfo}). */
  public RpcStatus withRetryAfter(Duration delay) {
    long seconds = delay.getSeconds();
    int nanos = delay.getNano();
    int content = ProtobufSize.number(seconds) + ProtobufSize.number((long) nanos);
    FieldWriter out = new FieldWriter(ProtobufSize.field(content));
    out.tag(1, Shape.LENGTH).varint(content);
    out.number(1, seconds).number(2, nanos);
    List<Detail> more = new ArrayList<>(details);
    more.add(new Detail(RETRY_INFO, Value.Bytes.of(out.toByteArray())));
    return new RpcStatus(code, message, more);
  }

  /** Returns when to try again, or null if the status does not say. A zero delay is an answer. */
  public @Nullable Duration retryAfter() {
    for (Detail detail : details) {
      if (detail.typeUrl.endsWith("/google.rpc.RetryInfo")) {
        try {
          return retryDelay(detail.value.content());
        } catch (OtlpFormatException e) {
          return null; // a broken detail says nothing
        }
      }
    }
    return null;
  }

  private static Duration retryDelay(byte[] retryInfo) throws OtlpFormatException {
    FieldReader in = new FieldReader(retryInfo, 0, retryInfo.length);
    long seconds = 0;
    int nanos = 0;
    while (in.next()) {
      if (in.is(1, Shape.LENGTH, "RetryDelay")) {
        FieldReader delay = in.message();
        while (delay.next()) {
          if (delay.is(1, Shape.VARINT, "Seconds")) {
            seconds = delay.number();
          } else if (delay.is(2, Shape.VARINT, "Nanos")) {
            nanos = (int) delay.number();
          }
        }
      }
    }
    if (seconds < -315_576_000_000L || seconds > 315_576_000_000L) { // the bounds of Duration
      throw new OtlpFormatException("retry delay of " + seconds + " seconds");
    }
    return Duration.ofSeconds(seconds, nanos);
  }

  /** Returns the protobuf form. */
  public byte[] toProtobuf() {
    byte[] text = message.getBytes(StandardCharsets.UTF_8);
    int size = ProtobufSize.number((long) code) + ProtobufSize.message(text.length);
    for (Detail detail : details) {
      size += ProtobufSize.field(size(detail));
    }
    FieldWriter out = new FieldWriter(size);
    out.number(1, code).bytes(2, text);
    for (Detail detail : details) {
      out.tag(3, Shape.LENGTH).varint(size(detail));
      out.bytes(1, detail.typeUrl.getBytes(StandardCharsets.UTF_8));
      out.bytes(2, detail.value.content());
    }
    return out.toByteArray();
  }

  private static int size(Detail detail) {
    return ProtobufSize.string(detail.typeUrl)
        + ProtobufSize.message(detail.value.content().length);
  }

  /** Reads the protobuf form. */
  public static RpcStatus ofProtobuf(byte[] bytes) throws OtlpFormatException {
    FieldReader in = new FieldReader(bytes, 0, bytes.length);
    int code = 0;
    String message = "";
    List<Detail> details = new ArrayList<>(1);
    while (in.next()) {
      if (in.is(1, Shape.VARINT, "Code")) {
        code = (int) in.number();
      } else if (in.is(2, Shape.LENGTH, "Message")) {
        message = in.string();
      } else if (in.is(3, Shape.LENGTH, "Details")) {
        FieldReader any = in.message();
        String typeUrl = "";
        byte[] value = {};
        while (any.next()) {
          if (any.is(1, Shape.LENGTH, "TypeUrl")) {
            typeUrl = any.string();
          } else if (any.is(2, Shape.LENGTH, "Value")) {
            value = any.bytes();
          }
        }
        details.add(new Detail(typeUrl, Value.Bytes.of(value)));
      }
    }
    return new RpcStatus(code, message, details);
  }

  /**
   * Returns the JSON form as Go's protojson writes it, with a space after each comma. Of the
   * details only the retry delay has a JSON form here.
   */
  public byte[] toJson() {
    StringBuilder out = new StringBuilder(64);
    out.append('{');
    if (code != 0) {
      out.append("\"code\":").append(code);
    }
    if (!message.isEmpty()) {
      out.append(out.length() > 1 ? ", " : "").append("\"message\":");
      quote(out, message);
    }
    Duration delay = retryAfter();
    if (delay != null) {
      out.append(out.length() > 1 ? ", " : "").append("\"details\":[{\"@type\":\"");
      out.append(RETRY_INFO).append("\", \"retryDelay\":\"").append(text(delay)).append("\"}]");
    }
    return out.append('}').toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Reads the JSON form. Of the details only the retry delay is kept. */
  public static RpcStatus ofJson(byte[] bytes) throws OtlpFormatException {
    JsonInput in = new JsonInput(bytes, 0, bytes.length);
    RpcStatus status = of(0, "");
    int code = 0;
    String message = "";
    for (String field = in.field(); field != null; field = in.field()) {
      switch (field) {
        case "code" -> code = in.int32();
        case "message" -> message = in.string();
        case "details" -> {
          while (in.element()) {
            boolean retry = false;
            Duration delay = null;
            for (String inner = in.field(); inner != null; inner = in.field()) {
              switch (inner) {
                case "@type" -> retry = in.string().endsWith("/google.rpc.RetryInfo");
                case "retryDelay", "retry_delay" -> delay = in.isString() ? delay(in) : skip(in);
                default -> in.skip();
              }
            }
            if (retry && delay != null) {
              status = status.withRetryAfter(delay);
            }
          }
        }
        default -> in.skip();
      }
    }
    in.finish();
    return new RpcStatus(code, message, status.details);
  }

  private static @Nullable Duration skip(JsonInput in) throws OtlpFormatException {
    in.skip();
    return null;
  }

  private static @Nullable Duration delay(JsonInput in) throws OtlpFormatException {
    String text = in.string();
    if (!text.matches("-?[0-9]{1,12}(\\.[0-9]{1,9})?s")) {
      return null;
    }
    return Duration.parse("PT" + text.toUpperCase(Locale.ROOT));
  }

  /** Returns seconds with 0, 3, 6 or 9 digits after the point, the JSON form of a Duration. */
  private static String text(Duration delay) {
    boolean negative = delay.isNegative();
    Duration abs = delay.abs();
    String text = (negative ? "-" : "") + abs.getSeconds();
    int nanos = abs.getNano();
    if (nanos == 0) {
      return text + "s";
    }
    String digits = String.format(Locale.ROOT, "%09d", nanos);
    int keep = nanos % 1_000_000 == 0 ? 3 : nanos % 1_000 == 0 ? 6 : 9;
    return text + "." + digits.substring(0, keep) + "s";
  }

  private static void quote(StringBuilder out, String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> out.append('\\').append(c);
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < ' ') {
            out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
