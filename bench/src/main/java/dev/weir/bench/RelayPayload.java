package dev.weir.bench;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Key;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Metric;
import dev.weir.pdata.NumberPoints;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Scope;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Span;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Text;
import dev.weir.pdata.Value;
import dev.weir.pdata.otlp.OtlpProtobuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * What agents send: requests of 1,000 items each, 25 text attributes a data point, 10 a span or log
 * record, values out of a few hundred a key. The same seed makes the same bytes.
 */
final class RelayPayload {
  static final int ITEMS = 1000;
  private static final int POINT_ATTRIBUTES = 25;
  private static final int RECORD_ATTRIBUTES = 10;
  private static final int VALUES = 500;
  private static final int METRICS = 10;
  private static final long START = 1_700_000_000_000_000_000L;

  private final Random random;
  private final Key[] keys = new Key[POINT_ATTRIBUTES];

  private RelayPayload(long seed) {
    random = new Random(seed);
    for (int i = 0; i < keys.length; i++) {
      keys[i] = Key.of("network.flow.attribute." + i);
    }
  }

  /** Returns one encoded request of {@value #ITEMS} items. */
  static byte[] request(Signal<?> signal, long seed) {
    RelayPayload payload = new RelayPayload(seed);
    if (signal == Signal.METRICS) {
      return OtlpProtobuf.encode(payload.metrics(ITEMS));
    }
    return OtlpProtobuf.encode(signal == Signal.LOGS ? payload.logs() : payload.spans());
  }

  /** Returns a request of {@code series} series over {@value #METRICS} metrics. */
  static byte[] series(int series) {
    return OtlpProtobuf.encode(new RelayPayload(1).metrics(series));
  }

  private Telemetry<Metric> metrics(int points) {
    List<Metric> metrics = new ArrayList<>();
    for (int m = 0; m < METRICS; m++) {
      NumberPoints numbers = new NumberPoints(points / METRICS);
      for (int i = 0; i < points / METRICS; i++) {
        // The first attribute tells the series apart.
        Attributes set = attributes(POINT_ATTRIBUTES).with(keys[0], Text.of("series-" + i));
        numbers.add(set, START, START + 1_000_000_000L, random.nextInt(1_000_000));
      }
      metrics.add(
          Metric.sum(
              "network.flow.metric" + m, "", "By", Metric.Temporality.CUMULATIVE, true, numbers));
    }
    return Telemetry.of(Signal.METRICS, resource(), scope(), metrics);
  }

  private Telemetry<LogRecord> logs() {
    List<LogRecord> logs = new ArrayList<>();
    for (int i = 0; i < ITEMS; i++) {
      LogRecord log =
          new LogRecord()
              .times(START + i, START + i)
              .severity(9, "INFO")
              .body(Text.of("connection " + i + " from one to the other was closed in good order"))
              .attributes(attributes(RECORD_ATTRIBUTES));
      logs.add(log);
    }
    return Telemetry.of(Signal.LOGS, resource(), scope(), logs);
  }

  private Telemetry<Span> spans() {
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < ITEMS; i++) {
      byte[] trace = new byte[16];
      byte[] id = new byte[8];
      random.nextBytes(trace);
      random.nextBytes(id);
      Span.Core core =
          new Span.Core(
              Value.Bytes.of(trace),
              Value.Bytes.of(id),
              null,
              "",
              0,
              2,
              START + i,
              START + i + 1_000_000,
              0,
              "");
      Span span =
          new Span(
              core,
              "GET /resource/" + i % 50,
              attributes(RECORD_ATTRIBUTES),
              0,
              List.of(),
              0,
              List.of(),
              0);
      spans.add(span);
    }
    return Telemetry.of(Signal.TRACES, resource(), scope(), spans);
  }

  private Attributes attributes(int n) {
    Attributes.Builder all = Attributes.builder();
    for (int i = 0; i < n; i++) {
      all.put(
          keys[i], String.format(Locale.ROOT, "value-%d-%d-abcdefgh", i, random.nextInt(VALUES)));
    }
    return all.build();
  }

  private static Resource resource() {
    return Resource.of(
        Attributes.builder().put("service.name", "bench").put("host.name", "node-1").build());
  }

  private static Scope scope() {
    return Scope.of("dev.weir.bench", "1.0");
  }
}
