package dev.weir.bench;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Key;
import dev.weir.pdata.Metric;
import dev.weir.pdata.Metric.Temporality;
import dev.weir.pdata.NumberPoints;
import dev.weir.pdata.Points;
import dev.weir.pdata.Resource;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.Scope;
import dev.weir.pdata.ScopeItems;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Text;
import dev.weir.pdata.Value;
import dev.weir.pdata.otlp.OtlpFormatException;
import dev.weir.pdata.otlp.OtlpJson;
import dev.weir.pdata.otlp.OtlpProtobuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the OTLP codec costs a point of 25 attributes (22 texts of about 20 characters out of 500
 * for each key, 3 integers), 1,000 points a request, one metric: the shape of java.md 3, so that
 * the figures compare. With {@code -prof gc} the bytes too.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = "-XX:+UseSerialGC")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@OperationsPerInvocation(OtlpBenchmark.POINTS)
@State(org.openjdk.jmh.annotations.Scope.Thread)
public class OtlpBenchmark {
  static final int POINTS = 1000;

  private static final int ATTRIBUTES = 25;
  private static final int INTEGERS = 3;
  private static final int VALUES = 500;
  private static final int METRICS = 8;

  private final Key added = Key.of("k8s.cluster.name");
  private final Value value = Text.of("production-1");
  private Telemetry<Metric> batch = batch(1, false);
  private Telemetry<Metric> parallel = batch(METRICS, true);
  private byte[] bytes = OtlpProtobuf.encode(batch);
  private byte[] parallelBytes = OtlpProtobuf.encode(parallel);
  private byte[] json = OtlpJson.encode(batch);

  /** Makes the requests. */
  public OtlpBenchmark() {}

  private static Telemetry<Metric> batch(int metrics, boolean shared) {
    Random random = new Random(1);
    int rows = POINTS / metrics;
    Attributes[] sets = new Attributes[rows];
    List<Metric> list = new ArrayList<>();
    for (int m = 0; m < metrics; m++) {
      NumberPoints points = new NumberPoints(rows);
      for (int i = 0; i < rows; i++) {
        if (m == 0 || !shared) {
          sets[i] = set(random);
        }
        points.add(sets[i], 1_790_000_000_000_000_000L, 1_795_171_914_947_554_021L + i, i * 7919L);
      }
      list.add(
          Metric.sum(
              "network.flow.metric" + m,
              "A metric of the load generator",
              "By",
              Temporality.CUMULATIVE,
              true,
              points));
    }
    return Telemetry.of(
        Signal.METRICS,
        Resource.of(Attributes.of("service.name", "otlpload")),
        Scope.of("otlpload", "1.0"),
        list);
  }

  private static Attributes set(Random random) {
    Attributes.Builder builder = Attributes.builder();
    for (int i = 0; i < ATTRIBUTES; i++) {
      Key key = Key.of("source.k8s.attribute." + i);
      if (i < ATTRIBUTES - INTEGERS) {
        builder.put(key, "value-of-attribute-" + random.nextInt(VALUES));
      } else {
        builder.put(key, random.nextInt(65_536));
      }
    }
    return builder.build();
  }

  private static Telemetry<Metric> opened(byte[] request) throws OtlpFormatException {
    Telemetry<Metric> decoded = OtlpProtobuf.decode(Signal.METRICS, request);
    for (ResourceItems<Metric> group : decoded.resources()) {
      group.scopes();
    }
    return decoded;
  }

  /** Validates and counts: what every request costs that comes in. */
  @Benchmark
  public Telemetry<Metric> decode() throws OtlpFormatException {
    return OtlpProtobuf.decode(Signal.METRICS, bytes);
  }

  /** In and out again without a look: a gateway without processors. */
  @Benchmark
  public byte[] passThrough() throws OtlpFormatException {
    return OtlpProtobuf.encode(OtlpProtobuf.decode(Signal.METRICS, bytes));
  }

  /** Validates and builds all objects. */
  @Benchmark
  public Telemetry<Metric> decodeAndOpen() throws OtlpFormatException {
    return opened(bytes);
  }

  /** The same for eight metrics of the same rows. */
  @Benchmark
  public Telemetry<Metric> decodeAndOpenParallel() throws OtlpFormatException {
    return opened(parallelBytes);
  }

  /** Encodes objects. */
  @Benchmark
  public byte[] encode() {
    return OtlpProtobuf.encode(batch);
  }

  /** Encodes eight metrics that hold the same instances. */
  @Benchmark
  public byte[] encodeParallel() {
    return OtlpProtobuf.encode(parallel);
  }

  /** How many bytes it would be. */
  @Benchmark
  public int size() {
    return OtlpProtobuf.size(batch);
  }

  /** In, one attribute more for each point, and out. */
  @Benchmark
  public byte[] decodeAddEncode() throws OtlpFormatException {
    Telemetry<Metric> decoded = OtlpProtobuf.decode(Signal.METRICS, bytes);
    for (ResourceItems<Metric> group : decoded.resources()) {
      for (ScopeItems<Metric> scope : group.scopes()) {
        for (Metric metric : scope.items()) {
          Points points = metric.points();
          for (int i = 0; i < points.size(); i++) {
            points.attributes(i, points.attributes(i).with(added, value));
          }
        }
      }
    }
    return OtlpProtobuf.encode(decoded);
  }

  /** Reads JSON. */
  @Benchmark
  public Telemetry<Metric> decodeJson() throws OtlpFormatException {
    return OtlpJson.decode(Signal.METRICS, json);
  }

  /** Writes JSON. */
  @Benchmark
  public byte[] encodeJson() {
    return OtlpJson.encode(batch);
  }
}
