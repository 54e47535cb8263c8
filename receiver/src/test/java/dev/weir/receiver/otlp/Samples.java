package dev.weir.receiver.otlp;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.weir.pdata.Item;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Scope;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.otlp.OtlpFormatException;
import dev.weir.pdata.otlp.OtlpJson;
import dev.weir.pdata.otlp.OtlpProtobuf;
import java.util.stream.Stream;

/** Requests of one item, as bytes. */
final class Samples {
  static final String METRICS_JSON =
      "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"m\",\"gauge\":{"
          + "\"dataPoints\":[{\"timeUnixNano\":\"1\",\"asInt\":\"7\"}]}}]}]}]}";
  static final String LOGS_JSON =
      "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\"1\",\"body\":{"
          + "\"stringValue\":\"hello\"}}]}]}]}";
  static final String TRACES_JSON =
      "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":"
          + "\"0102030405060708090a0b0c0d0e0f10\",\"spanId\":\"0102030405060708\",\"name\":\"s\"}"
          + "]}]}]}";

  private Samples() {}

  static byte[] json(Signal<?> signal) {
    return (signal == Signal.METRICS
            ? METRICS_JSON
            : signal == Signal.LOGS ? LOGS_JSON : TRACES_JSON)
        .getBytes(UTF_8);
  }

  static <T extends Item> byte[] protobuf(Signal<T> signal) {
    try {
      return OtlpProtobuf.encode(OtlpJson.decode(signal, json(signal)));
    } catch (OtlpFormatException e) {
      throw new AssertionError(e);
    }
  }

  /** Log records in which nothing is, as small as they can be written. */
  static byte[] emptyLogs(int count, Encoding encoding) {
    if (encoding == Encoding.JSON) {
      return LOGS_JSON
          .replaceFirst("\\{\"time.*?}}", "{},".repeat(count - 1) + "{}")
          .getBytes(UTF_8);
    }
    Telemetry<LogRecord> batch =
        Telemetry.of(
            Signal.LOGS,
            Resource.EMPTY,
            Scope.EMPTY,
            Stream.generate(LogRecord::new).limit(count).toList());
    return OtlpProtobuf.encode(batch);
  }

  /** Logs whose protobuf form has about {@code size} bytes that hardly compress. */
  static byte[] largeLogs(int size) {
    java.util.Random random = new java.util.Random(size);
    StringBuilder body = new StringBuilder(size);
    while (body.length() < size) {
      body.append((char) ('!' + random.nextInt(90)));
    }
    String json = LOGS_JSON.replace("hello", body.toString().replace("\\", "/").replace('"', '/'));
    try {
      return OtlpProtobuf.encode(OtlpJson.decode(Signal.LOGS, json.getBytes(UTF_8)));
    } catch (OtlpFormatException e) {
      throw new AssertionError(e);
    }
  }
}
