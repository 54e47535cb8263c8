package dev.weir.conformance.oracle;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.common.v1.KeyValueList;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.Exemplar;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogram;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Histogram;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.metrics.v1.Sum;
import io.opentelemetry.proto.metrics.v1.Summary;
import io.opentelemetry.proto.metrics.v1.SummaryDataPoint;
import io.opentelemetry.proto.resource.v1.Resource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Metrics as they come in practice and as they should not come: each story is a few requests about
 * the same series, one after the other. The same seed tells the same stories.
 *
 * <p>Stories share neither names of metrics nor resources: which of two that fall together the
 * Collector shows is random.
 */
final class MetricStories {
  private static final List<String> WORDS =
      List.of(
          "http.server",
          "request",
          "duration",
          "Total",
          "bytes",
          "io",
          "tcp-io",
          "größe",
          "a b",
          "ratio",
          "x__y",
          "cpu.time",
          "_lead",
          "trail_",
          "7th",
          "per/second",
          "µ",
          "%",
          "count",
          "sum",
          "bucket",
          "info",
          "ns:colon",
          "total");
  private static final List<String> UNITS =
      List.of(
          "",
          "1",
          "By",
          "KiBy",
          "s",
          "ms",
          "us",
          "{request}",
          "By/s",
          "{packet}/s",
          "%",
          "Cel",
          "m",
          "d",
          "widgets",
          "GBy",
          "Hz",
          "{a}/{b}",
          "m/s",
          "bytes",
          "k-mm",
          "1/s",
          "By{x}",
          "/s");
  private static final List<String> KEYS =
      List.of(
          "http.method",
          "host",
          "a",
          "b.c",
          "d-e",
          "ключ",
          "1st",
          "_under",
          "m__n",
          "p//q",
          "x y",
          "UPPER",
          "net.peer.port",
          "é",
          "long_" + "k".repeat(60));
  private static final List<String> TEXTS =
      List.of(
          "",
          "GET",
          "with \"quotes\"",
          "back\\slash",
          "new\nline",
          "tab\there",
          "日本語",
          "emoji 🌊",
          "a=b,c={d}",
          "<a&b>",
          "line\u2028sep\u0001",
          " spaces ",
          "\\n",
          "#hash",
          "v");
  private static final double[] NUMBERS = {
    0,
    1,
    -1,
    0.1,
    1e-9,
    1e9,
    1e20,
    1e21,
    1e22,
    123456789,
    5368709120.0,
    1.5,
    Double.MAX_VALUE,
    Double.MIN_VALUE,
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    -0.0,
    3.141592653589793,
    9007199254740992.0,
    1e6,
    1e5,
    100000.5
  };

  private final long seed;
  private final long epochSeconds;

  MetricStories(long seed, long epochSeconds) {
    this.seed = seed;
    this.epochSeconds = epochSeconds;
  }

  /** Tells one story. */
  List<ExportMetricsServiceRequest> tell(int number) {
    return new Story(
            number, RandomGeneratorFactory.of("L64X128MixRandom").create(seed * 1_000_003 + number))
        .tell();
  }

  private final class Story {
    private final int number;
    private final RandomGenerator random;

    Story(int number, RandomGenerator random) {
      this.number = number;
      this.random = random;
    }

    List<ExportMetricsServiceRequest> tell() {
      int steps = 1 + random.nextInt(3);
      List<ResourceMetrics.Builder> resources = new ArrayList<>();
      List<List<Metric>> perStep = new ArrayList<>();
      for (int s = 0; s < steps; s++) {
        perStep.add(new ArrayList<>());
      }
      int metrics = 1 + random.nextInt(4);
      for (int m = 0; m < metrics; m++) {
        // One of each kind in turn, so that a hundred stories hold every kind many times.
        List<Metric> told = metric((number + m) % 9, m, steps);
        for (int s = 0; s < steps; s++) {
          perStep.get(s).add(told.get(s));
        }
      }
      resources.add(resource());
      ScopeMetrics.Builder scope = scope();
      List<ExportMetricsServiceRequest> requests = new ArrayList<>();
      for (int s = 0; s < steps; s++) {
        ExportMetricsServiceRequest.Builder request = ExportMetricsServiceRequest.newBuilder();
        for (ResourceMetrics.Builder resource : resources) {
          request.addResourceMetrics(
              resource
                  .clone()
                  .addScopeMetrics(scope.clone().clearMetrics().addAllMetrics(perStep.get(s))));
        }
        requests.add(request.build());
      }
      return requests;
    }

    private ResourceMetrics.Builder resource() {
      Resource.Builder resource = Resource.newBuilder();
      if (random.nextInt(5) > 0) {
        resource.addAttributes(attribute("service.name", text("service " + number)));
      }
      if (random.nextInt(3) == 0) {
        resource.addAttributes(attribute("service.namespace", text("shop")));
      }
      if (random.nextInt(5) > 0) {
        resource.addAttributes(attribute("service.instance.id", text("instance-" + number)));
      }
      if (random.nextInt(2) == 0) {
        resource.addAttributes(attribute("host.name", text("host" + number)));
        resource.addAttributes(attribute("process.pid", value(2)));
        resource.addAttributes(attribute("k8s.pod.label.app-name", anyText()));
      }
      return ResourceMetrics.newBuilder()
          .setResource(resource)
          .setSchemaUrl(random.nextInt(3) == 0 ? "https://example.com/resource/1" : "");
    }

    private ScopeMetrics.Builder scope() {
      InstrumentationScope.Builder scope = InstrumentationScope.newBuilder();
      if (random.nextInt(4) > 0) {
        scope.setName(pick(List.of("lib", "io.example/lib", "größe \"q\"")));
      }
      if (random.nextInt(2) == 0) {
        scope.setVersion("1." + random.nextInt(9));
      }
      if (random.nextInt(3) == 0) {
        scope.addAttributes(attribute("scope.key", anyText()));
        scope.addAttributes(attribute("n", value(random.nextInt(5))));
      }
      return ScopeMetrics.newBuilder()
          .setScope(scope)
          .setSchemaUrl(random.nextInt(3) == 0 ? "https://example.com/scope/2" : "");
    }

    private List<Metric> metric(int kind, int index, int steps) {
      StringBuilder name = new StringBuilder("s" + number + "m" + index);
      for (int i = random.nextInt(4); i > 0; i--) {
        name.append(pick(List.of(".", "_", "-", "/", " "))).append(pick(WORDS));
      }
      String unit = pick(UNITS);
      String description = random.nextInt(4) == 0 ? pick(TEXTS) : "What " + pick(TEXTS) + " is.";
      List<Map<String, AnyValue>> series = new ArrayList<>();
      for (int i = 1 + random.nextInt(3); i > 0; i--) {
        Map<String, AnyValue> attributes = new LinkedHashMap<>();
        attributes.put("which", text("series " + i));
        for (int k = random.nextInt(4); k > 0; k--) {
          attributes.put(pick(KEYS), value(random.nextInt(7)));
        }
        series.add(attributes);
      }
      List<Metric> told = new ArrayList<>();
      for (int step = 0; step < steps; step++) {
        Metric.Builder metric =
            Metric.newBuilder().setName(name.toString()).setUnit(unit).setDescription(description);
        fill(metric, kind, series, step);
        told.add(metric.build());
      }
      return told;
    }

    private void fill(
        Metric.Builder metric, int kind, List<Map<String, AnyValue>> series, int step) {
      switch (kind) {
        case 0 -> {
          Gauge.Builder gauge = Gauge.newBuilder();
          series.forEach(s -> gauge.addDataPoints(number(s, step, false, false)));
          metric.setGauge(gauge);
        }
        case 1, 2, 3 -> {
          boolean delta = kind == 2;
          Sum.Builder sum =
              Sum.newBuilder()
                  .setIsMonotonic(kind != 3)
                  .setAggregationTemporality(temporality(delta));
          boolean integers = series.size() % 2 == 0;
          series.forEach(s -> sum.addDataPoints(number(s, step, delta, integers)));
          metric.setSum(sum);
        }
        case 4, 5 -> {
          Histogram.Builder histogram =
              Histogram.newBuilder().setAggregationTemporality(temporality(kind == 5));
          series.forEach(s -> histogram.addDataPoints(histogram(s, step, kind == 5)));
          metric.setHistogram(histogram);
        }
        case 6 -> {
          ExponentialHistogram.Builder histogram =
              ExponentialHistogram.newBuilder().setAggregationTemporality(temporality(false));
          series.forEach(s -> histogram.addDataPoints(exponential(s, step)));
          metric.setExponentialHistogram(histogram);
        }
        case 7 -> {
          Summary.Builder summary = Summary.newBuilder();
          series.forEach(s -> summary.addDataPoints(summary(s, step)));
          metric.setSummary(summary);
        }
        default -> {
          // A gauge of one series only, which may end: the Collector leaves out what comes after.
          metric.setGauge(
              Gauge.newBuilder()
                  .addDataPoints(
                      step > 0 && random.nextInt(2) == 0
                          ? number(series.getFirst(), step, false, false)
                              .setFlags(1)
                              .clearAsInt()
                              .clearAsDouble()
                          : number(series.getFirst(), step, false, false)));
        }
      }
    }

    private AggregationTemporality temporality(boolean delta) {
      return delta
          ? AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
          : AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE;
    }

    /** Steps are ten seconds apart; a delta begins where the last one ended. */
    private long time(int step) {
      return (epochSeconds + 10L * step) * 1_000_000_000L + 123_000_000L;
    }

    private NumberDataPoint.Builder number(
        Map<String, AnyValue> attributes, int step, boolean delta, boolean integer) {
      NumberDataPoint.Builder point =
          NumberDataPoint.newBuilder()
              .addAllAttributes(attributes(attributes))
              .setStartTimeUnixNano(delta ? time(step - 1) : time(-1))
              .setTimeUnixNano(time(step));
      // The Collector adds nothing where a delta turns from an integer into a fraction.
      if (integer || (!delta && random.nextInt(3) == 0)) {
        point.setAsInt(delta ? random.nextInt(1000) : random.nextLong() >> random.nextInt(64));
      } else {
        point.setAsDouble(delta ? random.nextInt(1000) / 8.0 : someNumber());
      }
      if (random.nextInt(3) == 0) {
        point.addExemplars(exemplar(step));
      }
      return point;
    }

    private HistogramDataPoint histogram(
        Map<String, AnyValue> attributes, int step, boolean delta) {
      // The bounds of a series stay.
      double[] bounds =
          switch (attributes.size() % 3) {
            case 0 -> new double[] {};
            case 1 -> new double[] {0.005, 0.1, 1, 10, 1e6};
            default -> new double[] {-5, 0, 2.5, 100000};
          };
      HistogramDataPoint.Builder point =
          HistogramDataPoint.newBuilder()
              .addAllAttributes(attributes(attributes))
              .setStartTimeUnixNano(delta ? time(step - 1) : time(-1))
              .setTimeUnixNano(time(step));
      long count = 0;
      for (int i = 0; i <= bounds.length; i++) {
        long in = random.nextInt(1000);
        count += in;
        point.addBucketCounts(in);
        if (i < bounds.length) {
          point.addExplicitBounds(bounds[i]);
        }
      }
      point.setCount(count).setSum(random.nextInt(100_000) / 16.0);
      if (random.nextInt(2) == 0) {
        point.setMin(0.5).setMax(7);
      }
      // The Collector loses exemplars where it adds deltas up; Weir keeps the last of each bucket.
      if (!delta && random.nextInt(2) == 0) {
        point.addExemplars(exemplar(step));
      }
      return point.build();
    }

    private ExponentialHistogramDataPoint exponential(Map<String, AnyValue> attributes, int step) {
      ExponentialHistogramDataPoint.Builder point =
          ExponentialHistogramDataPoint.newBuilder()
              .addAllAttributes(attributes(attributes))
              .setStartTimeUnixNano(time(-1))
              .setTimeUnixNano(time(step))
              .setScale(random.nextInt(8) - 2)
              .setZeroCount(step + 1L);
      long count = step + 1L;
      ExponentialHistogramDataPoint.Buckets.Builder buckets =
          ExponentialHistogramDataPoint.Buckets.newBuilder().setOffset(random.nextInt(20) - 10);
      for (int i = 0; i < 6; i++) {
        long in = random.nextInt(50);
        count += in;
        buckets.addBucketCounts(in);
      }
      return point.setPositive(buckets).setCount(count).setSum(count * 0.5).build();
    }

    private SummaryDataPoint summary(Map<String, AnyValue> attributes, int step) {
      SummaryDataPoint.Builder point =
          SummaryDataPoint.newBuilder()
              .addAllAttributes(attributes(attributes))
              .setStartTimeUnixNano(time(-1))
              .setTimeUnixNano(time(step))
              .setCount(random.nextInt(1000))
              .setSum(random.nextInt(1000) / 4.0);
      for (double quantile : new double[] {0, 0.5, 0.99, 1}) {
        if (random.nextInt(4) > 0) {
          point.addQuantileValues(
              SummaryDataPoint.ValueAtQuantile.newBuilder()
                  .setQuantile(quantile)
                  .setValue(random.nextInt(100) / 4.0));
        }
      }
      return point.build();
    }

    private Exemplar exemplar(int step) {
      Exemplar.Builder exemplar =
          Exemplar.newBuilder().setTimeUnixNano(time(step)).setAsDouble(random.nextInt(100) / 8.0);
      if (random.nextInt(2) == 0) {
        byte[] trace = new byte[16];
        byte[] span = new byte[8];
        random.nextBytes(trace);
        random.nextBytes(span);
        exemplar.setTraceId(ByteString.copyFrom(trace)).setSpanId(ByteString.copyFrom(span));
      }
      if (random.nextInt(3) == 0) {
        exemplar.addFilteredAttributes(attribute("user", text("u" + random.nextInt(9))));
      }
      return exemplar.build();
    }

    private double someNumber() {
      return switch (random.nextInt(3)) {
        case 0 -> NUMBERS[random.nextInt(NUMBERS.length)];
        case 1 -> random.nextInt(100_000);
        default -> Double.longBitsToDouble(random.nextLong());
      };
    }

    private AnyValue anyText() {
      return text(pick(TEXTS));
    }

    private AnyValue value(int kind) {
      AnyValue.Builder value = AnyValue.newBuilder();
      switch (kind) {
        case 0, 1 -> value.setStringValue(pick(TEXTS));
        case 2 -> value.setIntValue(random.nextLong() >> random.nextInt(64));
        case 3 -> value.setBoolValue(random.nextBoolean());
        case 4 -> value.setDoubleValue(random.nextInt(1000) / 8.0);
        case 5 ->
            value.setArrayValue(
                ArrayValue.newBuilder().addValues(anyText()).addValues(value(random.nextInt(7))));
        default ->
            value.setKvlistValue(
                KeyValueList.newBuilder()
                    .addValues(attribute("b", anyText()))
                    .addValues(attribute("a", AnyValue.newBuilder().setIntValue(2).build())));
      }
      return value.build();
    }

    private <T> T pick(List<T> from) {
      return from.get(random.nextInt(from.size()));
    }
  }

  /** A gauge {@code reserved} whose attribute begins with two underscores. */
  static ExportMetricsServiceRequest reservedLabel() {
    return ExportMetricsServiceRequest.newBuilder()
        .addResourceMetrics(
            ResourceMetrics.newBuilder()
                .addScopeMetrics(
                    ScopeMetrics.newBuilder()
                        .addMetrics(
                            Metric.newBuilder()
                                .setName("reserved")
                                .setGauge(
                                    Gauge.newBuilder()
                                        .addDataPoints(
                                            NumberDataPoint.newBuilder()
                                                .setTimeUnixNano(1_700_000_000_000_000_000L)
                                                .setAsInt(1)
                                                .addAttributes(attribute("__mine", text("1"))))))))
        .build();
  }

  private static List<KeyValue> attributes(Map<String, AnyValue> map) {
    List<KeyValue> list = new ArrayList<>();
    map.forEach((k, v) -> list.add(attribute(k, v)));
    return list;
  }

  static KeyValue attribute(String key, AnyValue value) {
    return KeyValue.newBuilder().setKey(key).setValue(value).build();
  }

  static AnyValue text(String text) {
    return AnyValue.newBuilder().setStringValue(text).build();
  }
}
