package dev.weir.exporter.debug;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Exemplar;
import dev.weir.pdata.ExponentialHistogramPoints;
import dev.weir.pdata.ExponentialHistogramPoints.Buckets;
import dev.weir.pdata.HistogramPoints;
import dev.weir.pdata.Key;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Metric;
import dev.weir.pdata.Metric.Temporality;
import dev.weir.pdata.NumberPoints;
import dev.weir.pdata.Resource;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.Scope;
import dev.weir.pdata.ScopeItems;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Span;
import dev.weir.pdata.SummaryPoints;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Text;
import dev.weir.pdata.Value;
import java.util.List;

/** The batches whose text the golden files hold. */
final class Batches {
  private static final long START = 1_790_000_000_000_000_000L;
  private static final long AT = 1_795_171_914_947_554_021L;
  private static final double UNKNOWN = Double.NaN;
  private static final Value.Bytes NO_ID = Value.Bytes.of(new byte[0]);

  private Batches() {}

  static Telemetry<Metric> metrics() {
    Telemetry<Metric> batch = new Telemetry<>(Signal.METRICS);
    ResourceItems<Metric> first = new ResourceItems<>(resource());
    first.schemaUrl("https://opentelemetry.io/schemas/1.25.0");
    ScopeItems<Metric> scope =
        new ScopeItems<>(
            new Scope(
                "dev.weir.receiver.ebpf_tcp",
                "0.1.0",
                Attributes.of(Key.of("experimental"), Value.Bool.TRUE),
                0));
    scope.schemaUrl("https://example.org/scope");
    first.scopes().add(scope);
    batch.resources().add(first);

    NumberPoints gauge = new NumberPoints(3);
    gauge.add(attributes(1), 0, AT, -10);
    gauge.addReal(Attributes.EMPTY, 0, AT, 0.25);
    gauge.addEmpty(Attributes.EMPTY, 0, AT);
    Metric cwnd = Metric.gauge("tcp.info.cwnd", "Congestion window", "{segment}", gauge);
    cwnd.metadata(
        Attributes.builder().put("meta.key", "meta-value").put(Key.of("meta.id"), 101).build());
    scope.items().add(cwnd);

    NumberPoints io = new NumberPoints(2);
    io.add(attributes(1), START, AT, Long.MAX_VALUE);
    int i = io.addReal(attributes(2), START, AT, 1234567.5);
    io.exemplars(
        i,
        List.of(
            new Exemplar(
                AT, new Value.Int(15), Attributes.of("source.port", "40000"), id(1, 16), id(17, 8)),
            new Exemplar(AT, new Value.Real(1.5), Attributes.EMPTY, NO_ID, NO_ID)));
    scope
        .items()
        .add(Metric.sum("tcp.io", "Payload bytes", "By", Temporality.CUMULATIVE, true, io));

    NumberPoints active = new NumberPoints(1);
    active.add(Attributes.EMPTY, START, AT, -3);
    scope
        .items()
        .add(
            Metric.sum(
                "tcp.connection.active", "", "{connection}", Temporality.DELTA, false, active));

    HistogramPoints rtt = new HistogramPoints(3);
    i =
        rtt.add(
            attributes(1),
            START,
            AT,
            10,
            0.0123,
            new double[] {0.0001, 0.001, 0.01, 1},
            new long[] {1, 2, 3, 0, 4},
            0);
    rtt.range(i, 0.00001, 5);
    rtt.addWithoutBuckets(Attributes.EMPTY, 0, AT, 2, 1e21);
    rtt.add(Attributes.EMPTY, 0, AT, 7, UNKNOWN, new double[0], new long[] {7}, 0);
    scope
        .items()
        .add(Metric.histogram("tcp.rtt", "Round trip time", "s", Temporality.CUMULATIVE, rtt));

    ExponentialHistogramPoints duration = new ExponentialHistogramPoints(2);
    duration.add(
        attributes(1),
        START,
        AT,
        new ExponentialHistogramPoints.Point(
            60,
            99.573,
            -8.13,
            8.13,
            3,
            3,
            0.5,
            new Buckets(1, new long[] {4, 5, 6}),
            new Buckets(-2, new long[] {10, 20})));
    duration.add(
        Attributes.EMPTY,
        0,
        AT,
        new ExponentialHistogramPoints.Point(
            2,
            UNKNOWN,
            UNKNOWN,
            UNKNOWN,
            -1,
            0,
            0,
            new Buckets(-1, new long[] {1, 1}),
            Buckets.NONE));
    scope
        .items()
        .add(
            Metric.exponentialHistogram(
                "tcp.connection.duration", "", "s", Temporality.DELTA, duration));

    SummaryPoints latency = new SummaryPoints(1);
    latency.add(
        attributes(1), START, AT, 1340, 99.573, new double[] {0.5, 0.99}, new double[] {1e-7, 15});
    scope.items().add(Metric.summary("rpc.latency", "", "", latency));

    ResourceItems<Metric> second = new ResourceItems<>(Resource.EMPTY);
    second.scopes().add(new ScopeItems<>(Scope.EMPTY));
    second.scopes().add(new ScopeItems<>(Scope.of("", "2")));
    batch.resources().add(second);
    return batch;
  }

  static Telemetry<LogRecord> logs() {
    return Telemetry.of(
        Signal.LOGS,
        resource(),
        Scope.of("dev.weir.receiver.ebpf_tcp", "0.1.0"),
        List.of(
            new LogRecord()
                .times(AT, AT)
                .severity(9, "INFO")
                .eventName("tcp.connection.close")
                .attributes(attributes(1)),
            new LogRecord()
                .times(AT, 0)
                .severity(24, "")
                .body(Text.of("two\nlines"))
                .attributes(values())
                .context(id(1, 16), id(17, 8))
                .flags(1),
            new LogRecord().severity(14, "").body(new Value.Pairs(values())),
            new LogRecord()
                .severity(77, "")
                .body(new Value.Real(Double.POSITIVE_INFINITY))
                .attributes(Attributes.of(Key.of("nan"), new Value.Real(Double.NaN)))));
  }

  static Telemetry<Span> traces() {
    Telemetry<Span> batch =
        Telemetry.of(
            Signal.TRACES, resource(), Scope.of("dev.weir.receiver.ebpf_tcp", "0.1.0"), List.of());
    List<Span> spans = batch.resources().getFirst().scopes().getFirst().items();
    for (int kind = 0; kind < 6; kind++) {
      boolean full = kind == 2;
      byte[] spanId = {17, 18, 19, 20, 21, 22, 23, (byte) kind};
      spans.add(
          new Span(
              new Span.Core(
                  id(1, 16),
                  Value.Bytes.of(spanId),
                  kind == 0 ? null : Value.Bytes.of(new byte[] {1, 0, 0, 0, 0, 0, 0, 0}),
                  full ? "ot=th:0" : "",
                  0,
                  kind,
                  START,
                  AT,
                  kind % 3,
                  full ? "broken" : ""),
              "GET /" + kind,
              kind == 0 ? Attributes.EMPTY : attributes(kind),
              full ? 1 : 0,
              full ? events() : List.of(),
              full ? 2 : 0,
              full ? links() : List.of(),
              full ? 3 : 0));
    }
    return batch;
  }

  private static List<Span.Event> events() {
    return List.of(
        new Span.Event(AT, "retry", Attributes.of(Key.of("n"), new Value.Int(1)), 4),
        new Span.Event(0, "end", Attributes.EMPTY, 0));
  }

  private static List<Span.Link> links() {
    byte[] trace = new byte[16];
    trace[0] = 9;
    byte[] span = new byte[8];
    span[0] = 8;
    return List.of(
        new Span.Link(
            Value.Bytes.of(trace), Value.Bytes.of(span), "a=b", 0, Attributes.of("k", "v"), 5),
        new Span.Link(
            Value.Bytes.of(new byte[16]), Value.Bytes.of(new byte[8]), "", 0, Attributes.EMPTY, 0));
  }

  private static Resource resource() {
    return Resource.of(
        Attributes.builder().put("service.name", "weir").put("host.name", "node-17").build());
  }

  private static Attributes attributes(int host) {
    return Attributes.builder()
        .put("source.address", "10.0.0." + host)
        .put(Key.of("destination.port"), 443)
        .build();
  }

  private static Value.Bytes id(int first, int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (first + i);
    }
    return Value.Bytes.of(bytes);
  }

  private static Attributes values() {
    return Attributes.builder()
        .put("text", "a b")
        .put(Key.of("int"), -5)
        .put(Key.of("double"), new Value.Real(1e21))
        .put(Key.of("small"), new Value.Real(0.0000001))
        .put(Key.of("bool"), Value.Bool.FALSE)
        .put(Key.of("empty"), Value.Empty.INSTANCE)
        .put(Key.of("bytes"), Value.Bytes.of(new byte[] {0, 1, (byte) 254, (byte) 255}))
        .put(
            Key.of("list"),
            new Value.Items(
                List.of(
                    Text.of("x<y>&z"),
                    new Value.Int(7),
                    Value.Empty.INSTANCE,
                    new Value.Real(2.5),
                    Value.Bytes.of(new byte[] {1, 2, 3}))))
        .put(
            Key.of("map"),
            new Value.Pairs(
                Attributes.builder()
                    .put(
                        "z",
                        "quote\" back\\ tab\t newline\n bell\u0007 del\u007f line\u2028 \u00e9"
                            + " \uD83D\uDE00")
                    .put(Key.of("a"), Value.Bool.TRUE)
                    .put(Key.of("n"), new Value.Pairs(Attributes.EMPTY))
                    .build()))
        .build();
  }
}
