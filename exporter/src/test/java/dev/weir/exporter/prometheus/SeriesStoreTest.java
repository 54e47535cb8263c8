package dev.weir.exporter.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.exporter.testing.RecordingLogger;
import dev.weir.pdata.Attributes;
import dev.weir.pdata.Exemplar;
import dev.weir.pdata.ExponentialHistogramPoints;
import dev.weir.pdata.ExponentialHistogramPoints.Buckets;
import dev.weir.pdata.HistogramPoints;
import dev.weir.pdata.Key;
import dev.weir.pdata.Metric;
import dev.weir.pdata.Metric.Temporality;
import dev.weir.pdata.NumberPoints;
import dev.weir.pdata.Points;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Scope;
import dev.weir.pdata.Signal;
import dev.weir.pdata.SummaryPoints;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Value;
import dev.weir.pipeline.exposition.ExpositionFormat;
import dev.weir.pipeline.exposition.ExpositionWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class SeriesStoreTest {
  private static final long START = 1_790_000_000_000_000_000L;
  private static final long AT = 1_795_171_914_947_554_021L;
  private static final Attributes SERVER =
      Attributes.builder()
          .put("service.name", "otlpload")
          .put("host.name", "node-17.example.internal")
          .put("k8s.cluster.name", "changed")
          .build();
  private static final Attributes WITH_INSTANCE =
      SERVER.with(Key.of("service.instance.id"), Value.text("i-1"));
  private static final Scope SCOPE = Scope.of("otlpload", "1.0");

  private final RecordingLogger logger = new RecordingLogger();
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.ofEpochSecond(1_800_000_000));

  private SeriesStore store(TestConfig config) {
    return new SeriesStore(config.build(), now::get, logger);
  }

  private static Telemetry<Metric> batch(Attributes resource, Scope scope, Metric... metrics) {
    return Telemetry.of(Signal.METRICS, Resource.of(resource), scope, List.of(metrics));
  }

  private static Telemetry<Metric> batch(Metric... metrics) {
    return batch(Attributes.EMPTY, Scope.EMPTY, metrics);
  }

  private static String page(SeriesStore store, ExpositionFormat format) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ExpositionWriter writer = new ExpositionWriter(out, format);
    try {
      store.write(writer);
      writer.end();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private static String page(SeriesStore store) {
    return page(store, ExpositionFormat.TEXT);
  }

  /** Returns the sample lines of a page of a store without scope labels. */
  private static String samples(SeriesStore store) {
    return page(store).lines().filter(l -> !l.startsWith("#")).reduce("", (a, b) -> a + b + "\n");
  }

  private static String golden(String name) {
    try (InputStream in = SeriesStoreTest.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Attributes point(int i) {
    return Attributes.builder()
        .put("source.address", "10.0.0." + i)
        .put("source.port", "32768")
        .put("source.k8s.namespace.name", "name-" + i)
        .put(Key.of("added"), 1)
        .build();
  }

  private static Metric counter(String name, long start, long time, long value) {
    return counter(name, Temporality.CUMULATIVE, Attributes.EMPTY, start, time, value);
  }

  private static Metric counter(
      String name, Temporality temporality, Attributes set, long start, long time, long value) {
    NumberPoints points = new NumberPoints(1);
    points.add(set, start, time, value);
    return Metric.sum(name, "", "", temporality, true, points);
  }

  private static Metric gauge(String name, Attributes set, long time, long value) {
    NumberPoints points = new NumberPoints(1);
    points.add(set, 0, time, value);
    return Metric.gauge(name, "", "", points);
  }

  private TestConfig bare() {
    return new TestConfig().withoutScopeInfo(true);
  }

  // What the Collector shows, byte for byte: observed/exporters.md.

  @Test
  void aSumIsShownAsTheCollectorShowsIt() {
    NumberPoints points = new NumberPoints(2);
    points.add(point(0), START, AT, 0);
    points.add(point(1), START, AT, 7919);
    SeriesStore store = store(new TestConfig());
    store.accept(
        batch(
            SERVER,
            SCOPE,
            Metric.sum(
                "network.flow.metric0",
                "A metric of the load generator",
                "By",
                Temporality.CUMULATIVE,
                true,
                points)));
    assertThat(page(store)).isEqualTo(golden("sum.txt"));
  }

  @Test
  void aHistogramIsShownAsTheCollectorShowsIt() {
    double[] bounds = {0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56};
    HistogramPoints points = new HistogramPoints(2);
    points.add(
        point(0), START, AT, 100, 0, bounds, new long[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 0);
    points.add(
        point(1), START, AT, 100, 1, bounds, new long[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 0);
    SeriesStore store = store(new TestConfig());
    store.accept(
        batch(
            SERVER,
            SCOPE,
            Metric.histogram(
                "network.flow.metric0",
                "A metric of the load generator",
                "By",
                Temporality.CUMULATIVE,
                points)));
    assertThat(page(store)).isEqualTo(golden("histogram.txt"));
  }

  // Every kind, in both formats.

  private static Telemetry<Metric> everyKind() {
    NumberPoints io = new NumberPoints(1);
    int i = io.add(Attributes.of("peer", "b"), START, AT, 5_368_709_120L);
    Exemplar exemplar =
        new Exemplar(
            AT,
            new Value.Real(0.7),
            Attributes.EMPTY,
            Value.Bytes.of(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}),
            Value.Bytes.of(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}));
    io.exemplars(i, List.of(exemplar));
    NumberPoints active = new NumberPoints(1);
    active.add(Attributes.EMPTY, START, AT, -3);
    NumberPoints load = new NumberPoints(1);
    load.addReal(Attributes.EMPTY, 0, AT, 0.25);
    HistogramPoints rtt = new HistogramPoints(1);
    i =
        rtt.add(
            Attributes.of("peer", "b"),
            START,
            AT,
            6,
            4.25,
            new double[] {0.1, 1},
            new long[] {1, 2, 3},
            0);
    rtt.exemplars(i, List.of(exemplar));
    ExponentialHistogramPoints duration = new ExponentialHistogramPoints(1);
    duration.add(
        Attributes.EMPTY,
        START,
        AT,
        new ExponentialHistogramPoints.Point(
            11,
            20.5,
            Double.NaN,
            Double.NaN,
            0,
            2,
            0,
            new Buckets(-1, new long[] {3, 0, 4, 0}),
            new Buckets(0, new long[] {1, 1})));
    SummaryPoints sizes = new SummaryPoints(1);
    sizes.add(
        Attributes.EMPTY, START, AT, 9, 45.5, new double[] {0.5, 0.99}, new double[] {5, 9.5});
    NumberPoints odd = new NumberPoints(1);
    odd.add(Attributes.EMPTY, 0, AT, 1);
    Metric unknown = Metric.gauge("odd.thing", "No type.", "", odd);
    unknown.metadata(Attributes.of("prometheus.type", "unknown"));
    return batch(
        WITH_INSTANCE,
        new Scope("weir", "0.1", Attributes.of("built.by", "us"), 0),
        Metric.sum("tcp.io", "Payload bytes.", "By", Temporality.CUMULATIVE, true, io),
        Metric.sum(
            "tcp.connection.active",
            "Open now.",
            "{connection}",
            Temporality.CUMULATIVE,
            false,
            active),
        Metric.gauge("system.load", "Load.", "1", load),
        Metric.histogram("tcp.rtt", "Round trip time.", "s", Temporality.CUMULATIVE, rtt),
        Metric.exponentialHistogram(
            "tcp.duration", "Length.", "s", Temporality.CUMULATIVE, duration),
        Metric.summary("tcp.sizes", "Sizes.", "By", sizes),
        unknown);
  }

  @Test
  void everyKindInTheTextFormat() {
    SeriesStore store = store(new TestConfig().sendTimestamps(true).namespace("ns"));
    store.accept(everyKind());
    assertThat(page(store)).isEqualTo(golden("every-kind.txt"));
  }

  @Test
  void everyKindInOpenMetrics() {
    SeriesStore store = store(bare().createdSamples(true));
    store.accept(everyKind());
    assertThat(page(store, ExpositionFormat.OPEN_METRICS)).isEqualTo(golden("every-kind.om.txt"));
  }

  @Test
  void namesStayWhereTheStrategySaysSo() {
    SeriesStore store = store(bare().translationStrategy("NoTranslation"));
    store.accept(
        batch(
            gauge("a.b", Attributes.of("k.l", "1"), AT, 1),
            gauge("a_c", Attributes.EMPTY, AT, 2),
            gauge("a.c", Attributes.of("x", "y"), AT, 3)));
    assertThat(page(store, new ExpositionFormat(false, true)))
        .isEqualTo(
            """
            # HELP "a.b"\s
            # TYPE "a.b" gauge
            {"a.b","k.l"="1"} 1
            # HELP "a.c"\s
            # TYPE "a.c" gauge
            {"a.c",x="y"} 3
            # HELP a_c\s
            # TYPE a_c gauge
            a_c 2
            """);
    assertThat(page(store))
        .isEqualTo(
            """
            # HELP a_b\s
            # TYPE a_b gauge
            a_b{k_l="1"} 1
            # HELP a_c\s
            # TYPE a_c gauge
            a_c{x="y"} 3
            a_c 2
            """);
  }

  // Points.

  @Test
  void theLastPointIsShownAndAnOlderOneIsDropped() {
    SeriesStore store = store(bare());
    store.accept(batch(counter("c", 0, 10, 5)));
    store.accept(batch(counter("c", 0, 20, 7)));
    store.accept(batch(counter("c", 0, 15, 6)));
    store.accept(batch(counter("c", 0, 20, 8)));
    assertThat(samples(store)).isEqualTo("c_total 8\n");
    assertThat(store.drops().get(DropReason.OUT_OF_ORDER)).isEqualTo(1);
    assertThat(logger.messages())
        .singleElement()
        .satisfies(m -> assertThat(m.text()).contains("out_of_order of metric c"));
  }

  @Test
  void deltasAreAddedWhereTheyChainAndReplaceWhereTheyDoNot() {
    SeriesStore store = store(bare());
    store.accept(batch(counter("c", Temporality.DELTA, Attributes.EMPTY, 0, 10, 5)));
    store.accept(batch(counter("c", Temporality.DELTA, Attributes.EMPTY, 10, 20, 7)));
    assertThat(samples(store)).isEqualTo("c_total 12\n");
    store.accept(batch(counter("c", Temporality.DELTA, Attributes.EMPTY, 25, 30, 3)));
    assertThat(samples(store)).isEqualTo("c_total 3\n");
    store.accept(batch(counter("c", Temporality.DELTA, Attributes.EMPTY, 10, 20, 3)));
    assertThat(store.drops().get(DropReason.OUT_OF_ORDER)).isEqualTo(1);
    NumberPoints real = new NumberPoints(1);
    real.addReal(Attributes.EMPTY, 30, 40, 0.5);
    store.accept(batch(Metric.sum("c", "", "", Temporality.DELTA, true, real)));
    assertThat(samples(store)).isEqualTo("c_total 3.5\n");
  }

  @Test
  void deltaHistogramsAddUp() {
    SeriesStore store = store(bare());
    double[] bounds = {1};
    store.accept(batch(histogram(0, 10, new long[] {1, 2}, bounds, 5)));
    store.accept(batch(histogram(10, 20, new long[] {10, 20}, bounds, 7.5)));
    assertThat(samples(store))
        .isEqualTo(
            """
            h_bucket{le="1"} 11
            h_bucket{le="+Inf"} 33
            h_sum 12.5
            h_count 33
            """);
    store.accept(batch(histogram(15, 25, new long[] {1, 1}, bounds, 1)));
    assertThat(store.drops().get(DropReason.MISALIGNED_DELTA)).isEqualTo(1);
    assertThat(samples(store)).contains("h_count 33\n");
    store.accept(batch(histogram(30, 40, new long[] {1, 1}, bounds, 1)));
    assertThat(samples(store)).contains("h_count 2\n");
    store.accept(batch(histogram(40, 50, new long[] {1, 1, 1}, new double[] {2, 3}, 1)));
    assertThat(samples(store)).contains("h_bucket{le=\"3\"} 2\n", "h_count 3\n");
  }

  private static Metric histogram(
      long start, long time, long[] buckets, double[] bounds, double sum) {
    HistogramPoints points = new HistogramPoints(1);
    long count = 0;
    for (long bucket : buckets) {
      count += bucket;
    }
    points.add(Attributes.EMPTY, start, time, count, sum, bounds, buckets, 0);
    return Metric.histogram("h", "", "", Temporality.DELTA, points);
  }

  @Test
  void deltaExponentialHistogramsAddUpAcrossScales() {
    SeriesStore store = store(bare());
    store.accept(batch(exponential(0, 10, 1, new Buckets(0, new long[] {1, 2, 3, 4}))));
    store.accept(batch(exponential(10, 20, 0, new Buckets(1, new long[] {5, 6}))));
    assertThat(samples(store))
        .isEqualTo(
            """
            e_bucket{le="1"} 0
            e_bucket{le="2"} 3
            e_bucket{le="4"} 15
            e_bucket{le="8"} 21
            e_bucket{le="+Inf"} 21
            e_sum 42
            e_count 21
            """);
  }

  private static Metric exponential(long start, long time, int scale, Buckets positive) {
    long count = 0;
    for (long bucket : positive.counts()) {
      count += bucket;
    }
    ExponentialHistogramPoints points = new ExponentialHistogramPoints(1);
    points.add(
        Attributes.EMPTY,
        start,
        time,
        new ExponentialHistogramPoints.Point(
            count, 2.0 * count, 0, 0, scale, 0, 0, positive, Buckets.NONE));
    return Metric.exponentialHistogram("e", "", "", Temporality.DELTA, points);
  }

  @Test
  void aPointWithoutRecordedValueEndsItsSeriesAndOnlyThat() {
    SeriesStore store = store(bare());
    NumberPoints three = new NumberPoints(3);
    for (int i = 0; i < 3; i++) {
      three.add(Attributes.of("n", "" + i), 0, 10, i);
    }
    store.accept(batch(Metric.gauge("g", "", "", three)));
    NumberPoints next = new NumberPoints(3);
    for (int i = 0; i < 3; i++) {
      next.add(Attributes.of("n", "" + i), 0, 20, i + 10);
    }
    next.flags(1, Points.NO_RECORDED_VALUE);
    store.accept(batch(Metric.gauge("g", "", "", next)));
    assertThat(samples(store)).isEqualTo("g{n=\"0\"} 10\ng{n=\"2\"} 12\n");
    assertThat(store.series()).isEqualTo(2);
  }

  @Test
  void whatHasNoMeaningAsPrometheusSeriesIsCounted() {
    SeriesStore store = store(bare());
    NumberPoints points = new NumberPoints(1);
    points.add(Attributes.EMPTY, 0, 1, 1);
    store.accept(batch(Metric.sum("a", "", "", Temporality.DELTA, false, points)));
    store.accept(batch(Metric.sum("b", "", "", Temporality.UNSPECIFIED, true, points)));
    NumberPoints empty = new NumberPoints(1);
    empty.addEmpty(Attributes.EMPTY, 0, 1);
    store.accept(batch(Metric.gauge("c", "", "", empty)));
    store.accept(batch(gauge("---", Attributes.EMPTY, 1, 1)));
    HistogramPoints falling = new HistogramPoints(1);
    falling.add(Attributes.EMPTY, 0, 1, 3, 0, new double[] {2, 1}, new long[] {1, 1, 1}, 0);
    store.accept(batch(Metric.histogram("d", "", "", Temporality.CUMULATIVE, falling)));
    assertThat(store.drops().get(DropReason.DELTA_NON_MONOTONIC)).isEqualTo(1);
    assertThat(store.drops().get(DropReason.UNSPECIFIED_TEMPORALITY)).isEqualTo(1);
    assertThat(store.drops().get(DropReason.NO_VALUE)).isEqualTo(1);
    assertThat(store.drops().get(DropReason.INVALID_NAME)).isEqualTo(1);
    assertThat(store.drops().get(DropReason.INVALID_HISTOGRAM)).isEqualTo(1);
    assertThat(page(store)).isEmpty();
  }

  // One bad series never spoils the page.

  @Test
  void aSeriesWithTwoLabelsOfOneNameIsLeftOut() {
    SeriesStore store = store(bare());
    NumberPoints points = new NumberPoints(2);
    points.add(Attributes.builder().put("a.b", "1").put("a_b", "2").build(), 0, 1, 1);
    points.add(Attributes.of("a.b", "1"), 0, 1, 2);
    store.accept(batch(Metric.gauge("g", "", "", points)));
    store.accept(batch(Metric.gauge("g", "", "", points)));
    assertThat(samples(store)).isEqualTo("g{a_b=\"1\"} 2\n");
    assertThat(store.drops().get(DropReason.INVALID_LABELS)).isEqualTo(2);
    assertThat(logger.messages().getFirst().text()).contains("duplicate label name \"a_b\"");
  }

  @Test
  void twoSeriesOfOneNameAndLabelsAreShownOnce() {
    SeriesStore store = store(bare());
    Metric number = gauge("g", Attributes.builder().put(Key.of("n"), 1).build(), 1, 1);
    Metric text = gauge("g", Attributes.of("n", "1"), 1, 2);
    store.accept(batch(number));
    store.accept(batch(text));
    store.accept(
        batch(Attributes.EMPTY, Scope.of("other", ""), gauge("g", Attributes.of("n", "1"), 1, 3)));
    assertThat(samples(store)).isEqualTo("g{n=\"1\"} 1\n");
    assertThat(store.drops().get(DropReason.DUPLICATE_SERIES)).isEqualTo(2);
  }

  @Test
  void aSeriesWhoseSourceIsGoneIsTakenOverByItsTwin() {
    SeriesStore store = store(bare());
    store.accept(batch(Attributes.EMPTY, Scope.of("s", "1"), gauge("g", Attributes.EMPTY, 1, 1)));
    store.accept(batch(Attributes.EMPTY, Scope.of("s", "2"), gauge("g", Attributes.EMPTY, 2, 2)));
    assertThat(samples(store)).isEqualTo("g 1\n");
    now.updateAndGet(t -> t.plusSeconds(61)); // a fifth of metric_expiration
    store.accept(batch(Attributes.EMPTY, Scope.of("s", "2"), gauge("g", Attributes.EMPTY, 3, 3)));
    assertThat(samples(store)).isEqualTo("g 3\n");
    now.updateAndGet(t -> t.plusSeconds(270));
    store.expire();
    assertThat(samples(store)).isEqualTo("g 3\n");
    assertThat(store.series()).isEqualTo(1);
  }

  @Test
  void aNameBelongsToItsFirstType() {
    SeriesStore store = store(bare());
    store.accept(batch(gauge("x_total", Attributes.EMPTY, 1, 1)));
    store.accept(batch(counter("x", 0, 1, 2)));
    assertThat(samples(store)).isEqualTo("x_total 1\n");
    assertThat(store.drops().get(DropReason.TYPE_CONFLICT)).isEqualTo(1);
    assertThat(logger.messages().getFirst().text()).contains("existing: GAUGE, dropped: COUNTER");
    now.updateAndGet(t -> t.plusSeconds(301));
    store.expire();
    store.accept(batch(counter("x", 0, 1, 2)));
    assertThat(samples(store)).isEqualTo("x_total 2\n");
  }

  @Test
  void aNameThatIsASampleOfAHistogramIsAConflict() {
    SeriesStore store = store(bare());
    store.accept(batch(histogram(0, 10, new long[] {1, 2}, new double[] {1}, 5)));
    store.accept(batch(gauge("h.count", Attributes.EMPTY, 1, 1)));
    store.accept(batch(gauge("target.info", Attributes.EMPTY, 1, 1)));
    assertThat(store.drops().get(DropReason.TYPE_CONFLICT)).isEqualTo(2);
  }

  // Labels.

  @Test
  void targetInfoNeedsJobAndInstance() {
    SeriesStore store = store(bare());
    store.accept(batch(SERVER, SCOPE, gauge("g", Attributes.EMPTY, 1, 1)));
    assertThat(page(store)).doesNotContain("target_info").contains("g{job=\"otlpload\"} 1\n");
    store.accept(
        batch(
            WITH_INSTANCE
                .with(Key.of("service.namespace"), Value.text("shop"))
                .with(Key.of("host_name"), Value.text("again")),
            SCOPE,
            gauge("g", Attributes.EMPTY, 1, 1)));
    assertThat(page(store))
        .contains("g{instance=\"i-1\",job=\"shop/otlpload\"} 1\n")
        .endsWith(
            """
            # HELP target_info Target metadata
            # TYPE target_info gauge
            target_info{host_name="node-17.example.internal;again",instance="i-1",job="shop/otlpload",k8s_cluster_name="changed"} 1
            """);
  }

  @Test
  void resourceAttributesBecomeLabelsWhenAsked() {
    SeriesStore store = store(bare().resourceLabels(true));
    store.accept(batch(SERVER, SCOPE, gauge("g", Attributes.of("host.name", "point"), 1, 1)));
    assertThat(samples(store))
        .isEqualTo(
            "g{host_name=\"node-17.example.internal\",job=\"otlpload\",k8s_cluster_name=\"changed\","
                + "service_name=\"otlpload\"} 1\n");
    SeriesStore without = store(bare().resourceLabels(true).excludeServiceAttributes(true));
    without.accept(batch(SERVER, SCOPE, gauge("g", Attributes.EMPTY, 1, 1)));
    assertThat(samples(without)).doesNotContain("service_name");
  }

  @Test
  void aChangedResourceOfTheSameInstanceGoesOnWithItsSeries() {
    SeriesStore store = store(bare());
    store.accept(batch(WITH_INSTANCE, SCOPE, counter("c", 0, 1, 1)));
    store.accept(
        batch(WITH_INSTANCE.with(Key.of("new"), Value.text("x")), SCOPE, counter("c", 0, 2, 2)));
    assertThat(store.series()).isEqualTo(1);
    assertThat(page(store)).contains("c_total{instance=\"i-1\",job=\"otlpload\"} 2\n", "new=\"x\"");
  }

  @Test
  void constLabelsAreOnEverySeries() {
    SeriesStore store =
        store(bare().constLabels(Map.of("cluster", "c1", "another label", "spaced value")));
    store.accept(batch(gauge("g", Attributes.of("z", "1"), 1, 1)));
    store.accept(batch(gauge("g", Attributes.of("cluster", "own"), 1, 1)));
    assertThat(samples(store))
        .isEqualTo("g{another_label=\"spaced value\",cluster=\"c1\",z=\"1\"} 1\n");
    assertThat(store.drops().get(DropReason.INVALID_LABELS)).isEqualTo(1);
  }

  @Test
  void everyKindOfValueBecomesText() {
    SeriesStore store = store(bare());
    Attributes values =
        Attributes.builder()
            .put(Key.of("a"), new Value.Real(1.5))
            .put(Key.of("b"), Value.Bool.TRUE)
            .put(Key.of("c"), Value.Bytes.of(new byte[] {1, 2, 3}))
            .put(
                Key.of("d"),
                new Value.Items(
                    List.of(Value.text("x\"y"), new Value.Int(2), Value.Empty.INSTANCE)))
            .put(Key.of("e"), new Value.Pairs(Attributes.of("k", "v")))
            .put(Key.of("f"), Value.Empty.INSTANCE)
            .put(Key.of("g"), new Value.Real(1e21))
            .put(Key.of("h"), new Value.Real(-2.5e-7))
            .build();
    store.accept(batch(gauge("m", values, 1, 1)));
    assertThat(samples(store))
        .isEqualTo(
            "m{a=\"1.5\",b=\"true\",c=\"AQID\",d=\"[\\\"x\\\\\\\"y\\\",2,null]\","
                + "e=\"{\\\"k\\\":\\\"v\\\"}\",f=\"\",g=\"1e+21\",h=\"-2.5e-7\"} 1\n");
  }

  // Limits.

  @Test
  void aSeriesExpiresWithoutAScrape() {
    SeriesStore store = store(bare().metricExpiration(Duration.ofMinutes(5)));
    store.accept(batch(WITH_INSTANCE, SCOPE, counter("a", 0, 1, 1)));
    now.updateAndGet(t -> t.plusSeconds(200));
    store.accept(batch(WITH_INSTANCE, SCOPE, counter("b", 0, 1, 1)));
    now.updateAndGet(t -> t.plusSeconds(101));
    assertThat(store.expire()).isEqualTo(1);
    assertThat(page(store)).contains("b_total").doesNotContain("a_total");
    now.updateAndGet(t -> t.plusSeconds(200));
    assertThat(store.expire()).isEqualTo(1);
    assertThat(store.series()).isZero();
    assertThat(store.expired()).isEqualTo(2);
    assertThat(page(store)).isEmpty();
    store.accept(batch(WITH_INSTANCE, SCOPE, counter("a", 0, 1, 5)));
    assertThat(page(store)).contains("a_total{instance=\"i-1\",job=\"otlpload\"} 5\n");
  }

  @Test
  void pastTheLimitNewSeriesAreDroppedAndKnownOnesGoOn() {
    SeriesStore store = store(bare().maxSeries(100));
    NumberPoints points = new NumberPoints(150);
    for (int i = 0; i < 150; i++) {
      points.add(Attributes.of("n", "" + i), 0, 1, i);
    }
    store.accept(batch(Metric.gauge("g", "", "", points)));
    store.accept(batch(Metric.gauge("g", "", "", points)));
    assertThat(store.series()).isEqualTo(100);
    assertThat(store.drops().get(DropReason.MAX_SERIES)).isEqualTo(100);
    assertThat(samples(store).lines()).hasSize(100);
    now.updateAndGet(t -> t.plusSeconds(301));
    store.expire();
    store.accept(batch(gauge("g", Attributes.of("n", "149"), 1, 149)));
    assertThat(samples(store)).isEqualTo("g{n=\"149\"} 149\n");
  }
}
