package dev.weir.pdata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.weir.pdata.Metric.Temporality;
import java.util.List;
import org.junit.jupiter.api.Test;

class TelemetryTest {
  private static final Attributes A = Attributes.of("a", "1");

  @Test
  void metricsCountTheirPointsAndLogsAndSpansThemselves() {
    assertThat(metrics().count()).isEqualTo(3);
    assertThat(
            Telemetry.of(
                    Signal.LOGS,
                    Resource.EMPTY,
                    Scope.EMPTY,
                    List.of(new LogRecord(), new LogRecord()))
                .count())
        .isEqualTo(2);
    assertThat(Telemetry.of(Signal.TRACES, Resource.EMPTY, Scope.EMPTY, List.of(span())).count())
        .isEqualTo(1);
    assertThat(new Telemetry<>(Signal.METRICS).count()).isZero();
  }

  @Test
  void aCopyOfMetricsSharesAttributesAndHidesEveryChange() {
    Telemetry<Metric> batch = metrics();
    batch.resources().getFirst().schemaUrl("u1");
    batch.resources().getFirst().scopes().getFirst().schemaUrl("u2");
    Telemetry<Metric> copy = batch.copy();

    assertThat(copy.signal()).isSameAs(Signal.METRICS);
    ResourceItems<Metric> group = copy.resources().getFirst();
    Metric first = group.scopes().getFirst().items().getFirst();
    assertThat(group.schemaUrl()).isEqualTo("u1");
    assertThat(group.scopes().getFirst().schemaUrl()).isEqualTo("u2");
    assertThat(first.metadata()).isEqualTo(A);
    assertThat(first.numbers().attributes(0)).as("by identity").isSameAs(A);

    Metric original = batch.resources().getFirst().scopes().getFirst().items().getFirst();
    original.name("renamed");
    original.unit("s");
    original.description("d");
    original.metadata(Attributes.EMPTY);
    original.numbers().set(0, 99);
    batch.resources().getFirst().resource(Resource.of(A));
    batch.resources().getFirst().scopes().getFirst().scope(Scope.of("other", ""));
    batch.resources().getFirst().scopes().getFirst().items().removeLast();
    batch.resources().clear();

    assertThat(copy.count()).isEqualTo(3);
    assertThat(first.name()).isEqualTo("tcp.io");
    assertThat(first.unit()).isEqualTo("By");
    assertThat(first.description()).isEqualTo("Bytes");
    assertThat(first.metadata()).isEqualTo(A);
    assertThat(first.kind()).isEqualTo(Metric.Kind.SUM);
    assertThat(first.monotonic()).isTrue();
    assertThat(first.temporality()).isEqualTo(Temporality.CUMULATIVE);
    assertThat(first.numbers().integer(0)).isEqualTo(1);
    assertThat(group.resource()).isEqualTo(Resource.EMPTY);
    assertThat(group.scopes().getFirst().scope().name()).isEqualTo("s");
  }

  @Test
  void aCopiedLogRecordIsTheSameInAllPartsAndChangesAlone() {
    Value.Bytes trace = Value.Bytes.of(new byte[16]);
    Value.Bytes span = Value.Bytes.of(new byte[8]);
    LogRecord original =
        new LogRecord()
            .times(1, 2)
            .severity(9, "INFO")
            .eventName("e")
            .body(Text.of("b"))
            .attributes(A)
            .droppedAttributes(3)
            .flags(4)
            .context(trace, span);
    LogRecord copy = original.copy();
    original.times(0, 0).severity(0, "").eventName("").body(Value.Empty.INSTANCE);
    original.attributes(Attributes.EMPTY).droppedAttributes(0).flags(0).context(null, null);

    assertThat(copy.time()).isEqualTo(1);
    assertThat(copy.observedTime()).isEqualTo(2);
    assertThat(copy.severityNumber()).isEqualTo(9);
    assertThat(copy.severityText()).isEqualTo("INFO");
    assertThat(copy.eventName()).isEqualTo("e");
    assertThat(copy.body()).isEqualTo(Text.of("b"));
    assertThat(copy.attributes()).isSameAs(A);
    assertThat(copy.droppedAttributes()).isEqualTo(3);
    assertThat(copy.flags()).isEqualTo(4);
    assertThat(copy.traceId()).isSameAs(trace);
    assertThat(copy.spanId()).isSameAs(span);
  }

  @Test
  void aCopiedSpanChangesAlone() {
    Span original = span();
    Span copy = original.copy();
    original.name("renamed");
    original.attributes(Attributes.EMPTY);
    assertThat(copy.name()).isEqualTo("GET /");
    assertThat(copy.attributes()).isSameAs(A);
    assertThat(copy.core()).isSameAs(original.core());
    assertThat(copy.events()).isEqualTo(original.events());
    assertThat(copy.links()).isEqualTo(original.links());
    assertThat(copy.droppedAttributes()).isEqualTo(1);
    assertThat(copy.droppedEvents()).isEqualTo(2);
    assertThat(copy.droppedLinks()).isEqualTo(3);
  }

  @Test
  void signalsAreKnownByName() {
    assertThat(Signal.named("metrics")).isSameAs(Signal.METRICS);
    assertThat(Signal.named("profiles")).isNull();
    assertThat(Signal.ALL)
        .extracting(Signal::signalName, Signal::itemsName)
        .containsExactly(
            tuple("traces", "spans"),
            tuple("metrics", "metric_points"),
            tuple("logs", "log_records"));
  }

  private static Telemetry<Metric> metrics() {
    NumberPoints io = new NumberPoints(2);
    io.add(A, 1, 2, 1);
    io.add(A, 1, 2, 2);
    HistogramPoints rtt = new HistogramPoints(1);
    rtt.addWithoutBuckets(A, 1, 2, 3, 4);
    Metric sum = Metric.sum("tcp.io", "Bytes", "By", Temporality.CUMULATIVE, true, io);
    sum.metadata(A);
    return Telemetry.of(
        Signal.METRICS,
        Resource.EMPTY,
        Scope.of("s", "1"),
        List.of(sum, Metric.histogram("tcp.rtt", "", "s", Temporality.DELTA, rtt)));
  }

  private static Span span() {
    Value.Bytes id = Value.Bytes.of(new byte[8]);
    return new Span(
        new Span.Core(Value.Bytes.of(new byte[16]), id, null, "", 0, 2, 1, 2, 1, ""),
        "GET /",
        A,
        1,
        List.of(new Span.Event(1, "e", A, 0)),
        2,
        List.of(new Span.Link(Value.Bytes.of(new byte[16]), id, "", 0, A, 0)),
        3);
  }
}
