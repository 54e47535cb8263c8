package dev.weir.pdata.otlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.weir.pdata.Item;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a message of very many very small parts takes of the heap, once opened, against what it
 * weighs: whoever received it holds as much of its limit as that.
 */
@TestInstance(Lifecycle.PER_CLASS)
class AmplificationTest {
  /** Heap a byte of weight: three is what parts are reckoned with, the rest is rounding. */
  private static final double MOST = 4;

  /** Several messages, so that no array is so large that the collector gives it room of its own. */
  private static final int MESSAGES = 16;

  private static final int SIZE = 64 << 10;

  @SuppressWarnings("UnusedVariable") // being held is what it is for
  private @Nullable Object kept;

  /** What was used without anything kept; measuring it takes longer than all the rest. */
  private long before;

  // Bytes of protobuf -----------------------------------------------------------------------------

  private static void varint(ByteArrayOutputStream out, int value) {
    int rest = value;
    while ((rest & ~0x7f) != 0) {
      out.write((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }

  /** Returns a field of bytes. */
  private static byte[] field(int number, byte[]... content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    varint(out, number << 3 | 2);
    varint(out, Arrays.stream(content).mapToInt(c -> c.length).sum());
    for (byte[] each : content) {
      out.writeBytes(each);
    }
    return out.toByteArray();
  }

  private static byte[] bytes(int... values) {
    byte[] all = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      all[i] = (byte) values[i];
    }
    return all;
  }

  private static byte[] many(byte[] part) {
    byte[] all = new byte[SIZE / part.length * part.length];
    for (int i = 0; i < all.length; i += part.length) {
      System.arraycopy(part, 0, all, i, part.length);
    }
    return all;
  }

  /** Returns attributes (field 6 of a log record) whose keys are all different. */
  private static byte[] keys() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; out.size() < SIZE; i++) {
      out.writeBytes(field(6, field(1, bytes(33 + i % 90, 33 + i / 90 % 90, 33 + i / 8100 % 90))));
    }
    return out.toByteArray();
  }

  private static byte[] log(byte[]... content) {
    return field(1, field(2, field(2, content)));
  }

  private static byte[] value(byte[]... values) {
    return log(field(5, field(5, values)));
  }

  private static byte[] metric(int kind, byte[]... points) {
    return field(1, field(2, field(2, field(kind, points))));
  }

  private static byte[] metrics(byte[]... content) {
    return field(1, field(2, many(field(2, content))));
  }

  private static Arguments proto(String name, Signal<?> signal, byte[] message) {
    return Arguments.of(name, signal, message, false);
  }

  private static Arguments json(String name, Signal<?> signal, String frame, String part) {
    int n = SIZE / (part.length() + 1);
    String parts = (part + ",").repeat(n - 1) + part;
    return Arguments.of(
        name, signal, frame.replace("*", parts).getBytes(StandardCharsets.UTF_8), true);
  }

  static Stream<Arguments> tiny() {
    byte[] text = field(1, bytes('a', 'b'));
    String log = "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[*]}]}]}";
    String span = "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[*]}]}]}";
    String metric = "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[*]}]}]}";
    return Stream.of(
        proto("groups", Signal.LOGS, many(field(1))),
        proto("scopes", Signal.LOGS, field(1, many(field(2)))),
        proto("groups of a record", Signal.LOGS, many(field(1, field(2, field(2))))),
        proto("scopes of a record", Signal.LOGS, field(1, many(field(2, field(2))))),
        proto("entities", Signal.LOGS, field(1, field(1, many(field(3))))),
        proto("records", Signal.LOGS, field(1, field(2, many(field(2))))),
        proto("records of a text", Signal.LOGS, field(1, field(2, many(field(2, field(5, text)))))),
        proto(
            "records of an attribute",
            Signal.LOGS,
            field(1, field(2, many(field(2, field(6, field(1, bytes('a')))))))),
        proto("attributes", Signal.LOGS, log(many(field(6)))),
        proto("different attributes", Signal.LOGS, log(keys())),
        proto("values", Signal.LOGS, value(many(field(1)))),
        proto("integers", Signal.LOGS, value(many(field(1, bytes(0x18, 1))))),
        proto("bytes", Signal.LOGS, value(many(field(1, field(7, bytes(1)))))),
        proto("lists", Signal.LOGS, value(many(field(1, field(5))))),
        proto("lists of one", Signal.LOGS, value(many(field(1, field(5, field(1)))))),
        proto("maps of one", Signal.LOGS, value(many(field(1, field(6, field(1)))))),
        proto("spans", Signal.TRACES, field(1, field(2, many(field(2))))),
        proto("events", Signal.TRACES, log(many(field(11)))),
        proto("links", Signal.TRACES, log(many(field(13)))),
        proto(
            "spans of both",
            Signal.TRACES,
            field(1, field(2, many(field(2, field(11), field(13)))))),
        proto("metrics", Signal.METRICS, metrics()),
        proto("gauges", Signal.METRICS, metrics(field(5))),
        proto("histograms", Signal.METRICS, metrics(field(9))),
        proto("exponential histograms", Signal.METRICS, metrics(field(10))),
        proto("summaries", Signal.METRICS, metrics(field(11))),
        proto("gauges of a point", Signal.METRICS, metrics(field(5, field(1)))),
        proto("histograms of a point", Signal.METRICS, metrics(field(9, field(1)))),
        proto("exponential histograms of a point", Signal.METRICS, metrics(field(10, field(1)))),
        proto("summaries of a point", Signal.METRICS, metrics(field(11, field(1)))),
        proto("points", Signal.METRICS, metric(5, many(field(1)))),
        proto("histogram points", Signal.METRICS, metric(9, many(field(1)))),
        proto("exponential points", Signal.METRICS, metric(10, many(field(1)))),
        proto("buckets", Signal.METRICS, metric(10, many(field(1, field(8, bytes(8, 2)))))),
        proto(
            "packed counts",
            Signal.METRICS,
            metric(10, field(1, field(8, field(2, new byte[SIZE]))))),
        proto("single counts", Signal.METRICS, metric(10, field(1, field(8, many(bytes(16, 1)))))),
        proto("summary points", Signal.METRICS, metric(11, many(field(1)))),
        proto("quantiles", Signal.METRICS, metric(11, field(1, many(field(6))))),
        proto("points of a quantile", Signal.METRICS, metric(11, many(field(1, field(6))))),
        proto("exemplars", Signal.METRICS, metric(5, field(1, many(field(5))))),
        proto("points of an exemplar", Signal.METRICS, metric(5, many(field(1, field(5))))),
        json("groups", Signal.LOGS, "{\"resourceLogs\":[*]}", "{}"),
        json("scopes", Signal.LOGS, "{\"resourceLogs\":[{\"scopeLogs\":[*]}]}", "{}"),
        json("records", Signal.LOGS, log, "{}"),
        json("attributes", Signal.LOGS, log.replace("*", "{\"attributes\":[*]}"), "{}"),
        json(
            "values",
            Signal.LOGS,
            log.replace("*", "{\"body\":{\"arrayValue\":{\"values\":[*]}}}"),
            "{}"),
        json(
            "entities",
            Signal.LOGS,
            "{\"resourceLogs\":[{\"resource\":{\"entityRefs\":[*]}}]}",
            "{}"),
        json("spans", Signal.TRACES, span, "{}"),
        json("events", Signal.TRACES, span.replace("*", "{\"events\":[*]}"), "{}"),
        json("links", Signal.TRACES, span.replace("*", "{\"links\":[*]}"), "{}"),
        json("metrics", Signal.METRICS, metric, "{}"),
        json("gauges", Signal.METRICS, metric, "{\"gauge\":{}}"),
        json("histograms", Signal.METRICS, metric, "{\"histogram\":{}}"),
        json("points", Signal.METRICS, metric.replace("*", "{\"sum\":{\"dataPoints\":[*]}}"), "{}"),
        json(
            "histogram points",
            Signal.METRICS,
            metric.replace("*", "{\"histogram\":{\"dataPoints\":[*]}}"),
            "{}"),
        json(
            "exponential points",
            Signal.METRICS,
            metric.replace("*", "{\"exponentialHistogram\":{\"dataPoints\":[*]}}"),
            "{}"),
        json(
            "counts",
            Signal.METRICS,
            metric.replace("*", "{\"histogram\":{\"dataPoints\":[{\"bucketCounts\":[*]}]}}"),
            "1"),
        json(
            "exemplars",
            Signal.METRICS,
            metric.replace("*", "{\"sum\":{\"dataPoints\":[{\"exemplars\":[*]}]}}"),
            "{}"));
  }

  private static <T extends Item> Telemetry<T> decode(
      Signal<T> signal, byte[] message, boolean json, Allowance allowance)
      throws OtlpFormatException {
    return json
        ? OtlpJson.decode(signal, message, 0, message.length, allowance)
        : OtlpProtobuf.decode(signal, message, 0, message.length, allowance);
  }

  private static long used() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private <T extends Item> double ratio(Signal<T> signal, byte[] message, boolean json)
      throws OtlpFormatException {
    AtomicLong weight = new AtomicLong((long) MESSAGES * message.length);
    List<Telemetry<T>> batches = new ArrayList<>();
    for (int i = 0; i < MESSAGES; i++) {
      Telemetry<T> batch = decode(signal, message, json, more -> weight.addAndGet(more) > 0);
      batch.resources().forEach(ResourceItems::scopes);
      batches.add(batch);
    }
    kept = batches;
    return (double) (used() - before) / weight.get();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("tiny")
  void tinyPartsWeighWhatTheyTakeOnceOpened(
      String name, Signal<?> signal, byte[] message, boolean json) throws OtlpFormatException {
    // Somebody else's garbage may stand in one measurement, hardly in three.
    double ratio = before == 0 ? Double.MAX_VALUE : ratio(signal, message, json);
    for (int i = 0; i < 3 && (ratio < 0 || ratio > MOST); i++) {
      kept = null;
      before = used();
      ratio = ratio(signal, message, json);
    }
    System.out.printf(
        "%s %s: %.1f bytes of heap a byte of weight%n", json ? "JSON" : "protobuf", name, ratio);
    assertThat(ratio).isLessThan(MOST);
  }

  @Test
  void ordinaryTelemetryWeighsItsLength() throws OtlpFormatException {
    byte[] time = bytes(0x19, 1, 2, 3, 4, 5, 6, 7, 8);
    byte[] number = bytes(0x31, 1, 2, 3, 4, 5, 6, 7, 8);
    byte[] key = field(1, "k8s.namespace.name".getBytes(StandardCharsets.UTF_8));
    byte[] attribute =
        field(7, key, field(2, field(1, "kube-system".getBytes(StandardCharsets.UTF_8))));
    byte[] point = field(1, time, number, attribute, attribute, attribute);
    Allowance none = more -> false;

    assertThat(decode(Signal.METRICS, metric(7, many(point)), false, none).count())
        .isEqualTo(SIZE / point.length);
    assertThatThrownBy(() -> decode(Signal.METRICS, metric(7, many(field(1))), false, none))
        .isInstanceOf(OtlpLimitException.class)
        .hasMessage("the objects of this request would take too much memory");
  }

  @Test
  void whatIsBuiltBeforeARefusalIsBounded() {
    String parts = "{},".repeat(2_000_000) + "{}";
    byte[] json =
        ("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[" + parts + "]}]}]}")
            .getBytes(StandardCharsets.UTF_8);
    AtomicLong left = new AtomicLong(1 << 20);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long begin = threads.getCurrentThreadAllocatedBytes();

    assertThatThrownBy(() -> decode(Signal.LOGS, json, true, more -> left.addAndGet(-more) >= 0))
        .isInstanceOf(OtlpLimitException.class);

    // Twice its length and the megabyte, and lists that grow.
    assertThat(threads.getCurrentThreadAllocatedBytes() - begin)
        .isLessThan(2 * 2 * (json.length + (1L << 20)));
  }

  @Test
  void whatRepeatsIsNotCopiedEachTime() throws OtlpFormatException {
    // Copies each time would be thousands of times half as much: a hundred megabytes and more.
    byte[] counts = metric(9, field(1, many(bytes(0x31, 0, 0, 0, 0, 0, 0, 0, 0))));
    byte[] bounds = metric(9, field(1, many(bytes(0x39, 0, 0, 0, 0, 0, 0, 0, 0))));
    byte[] exponential = metric(10, field(1, field(8, many(bytes(16, 1)))));
    byte[] pieces = metric(9, field(1, many(field(6, new byte[8]))));
    byte[] entities = field(1, field(1, many(field(3))));

    for (byte[] message : List.of(counts, bounds, exponential, pieces)) {
      assertThat(allocated(Signal.METRICS, message)).isLessThan(64L * SIZE);
    }
    assertThat(allocated(Signal.LOGS, entities)).isLessThan(128L * SIZE);
  }

  private static long allocated(Signal<?> signal, byte[] message) throws OtlpFormatException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long begin = threads.getCurrentThreadAllocatedBytes();
    OtlpProtobuf.decode(signal, message).resources().forEach(ResourceItems::scopes);
    return threads.getCurrentThreadAllocatedBytes() - begin;
  }

  @Test
  void whatIsMergedRepeatsSeldom() throws OtlpFormatException {
    byte[] list = field(5, new byte[0]);
    byte[] once = field(5, field(1));
    byte[] often = Arrays.copyOf(once, once.length + 65 * list.length);
    for (int i = once.length; i < often.length; i += list.length) {
      System.arraycopy(list, 0, often, i, list.length);
    }
    byte[] tooOften = log(field(5, often));
    byte[] justSo = log(field(5, Arrays.copyOf(often, often.length - list.length)));

    assertThat(OtlpProtobuf.decode(Signal.LOGS, justSo).count()).isOne();
    assertThatThrownBy(() -> OtlpProtobuf.decode(Signal.LOGS, tooOften))
        .isInstanceOf(OtlpFormatException.class)
        .hasMessage("proto: field ArrayValue and its like repeat more than 64 times");

    String resource = "\"resource\":{\"attributes\":[{\"key\":\"a\"}]}";
    String json = "{\"resourceLogs\":[{" + (resource + ",").repeat(65) + resource + "}]}";
    assertThatThrownBy(() -> OtlpJson.decode(Signal.LOGS, json.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(OtlpFormatException.class)
        .hasMessageContaining("resource: repeats more than 64 times with its like");
  }
}
