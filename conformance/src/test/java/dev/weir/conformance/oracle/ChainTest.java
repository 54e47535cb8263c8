package dev.weir.conformance.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testbed.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * telemetrygen, Weir, the real Collector, Weir, file: every item arrives once, for each signal,
 * each transport and each compression. Each of these is a lane of its own through the three
 * processes.
 */
@Tag("oracle")
class ChainTest {
  private record Lane(String transport, String compression) {
    String name() {
      return transport + "_" + compression;
    }

    /** An exporter that sends to a port. */
    String exporter(int port) {
      return transport.equals("grpc")
          ? "  otlp_grpc/%s: {endpoint: 'localhost:%d', tls: {insecure: true}, compression: %s}\n"
              .formatted(name(), port, compression)
          : "  otlp_http/%s: {endpoint: 'http://localhost:%d', compression: %s}\n"
              .formatted(name(), port, compression);
    }

    String exporterName() {
      return (transport.equals("grpc") ? "otlp_grpc/" : "otlp_http/") + name();
    }

    String receiver() {
      return "  otlp/%1$s: {protocols: {%2$s: {endpoint: 'localhost:@%1$s@'}}}\n"
          .formatted(name(), transport);
    }
  }

  private static final List<Lane> LANES = lanes();

  private static List<Lane> lanes() {
    List<Lane> lanes = new ArrayList<>();
    for (String compression : List.of("none", "gzip", "snappy", "zstd")) {
      lanes.add(new Lane("grpc", compression));
    }
    for (String compression : List.of("none", "gzip", "zlib", "deflate", "snappy", "zstd", "lz4")) {
      lanes.add(new Lane("http", compression));
    }
    return lanes;
  }

  /** So many each worker of telemetrygen makes. */
  private static final int COUNT = 40;

  private static final List<String> SIGNALS = List.of("metrics", "traces", "logs");

  /** The last in the chain: a lane's receiver writes to the lane's file. */
  private static String last() {
    StringBuilder receivers = new StringBuilder("receivers:\n");
    StringBuilder exporters = new StringBuilder("exporters:\n");
    StringBuilder pipelines = new StringBuilder();
    for (Lane lane : LANES) {
      receivers.append(lane.receiver());
      for (String signal : SIGNALS) {
        String file = lane.name() + "_" + signal;
        exporters.append(
            "  file/%1$s: {path: '@dir@/%1$s.json', flush_interval: 50ms}\n".formatted(file));
        pipelines.append(
            "    %s/%s: {receivers: [otlp/%s], exporters: [file/%s]}\n"
                .formatted(signal, lane.name(), lane.name(), file));
      }
    }
    return receivers + "" + exporters + service(pipelines);
  }

  /** In the middle: each lane's receiver sends on in the lane's way. */
  private static String middle(Subject last) {
    StringBuilder receivers = new StringBuilder("receivers:\n");
    StringBuilder exporters = new StringBuilder("exporters:\n");
    StringBuilder pipelines = new StringBuilder();
    for (Lane lane : LANES) {
      receivers.append(lane.receiver());
      exporters.append(lane.exporter(last.port(lane.name())));
      for (String signal : SIGNALS) {
        pipelines.append(
            "    %1$s/%2$s: {receivers: [otlp/%2$s], exporters: [%3$s]}\n"
                .formatted(signal, lane.name(), lane.exporterName()));
      }
    }
    return receivers + "" + exporters + service(pipelines);
  }

  /** The first: one receiver, and everything goes to every lane. */
  private static String first(Subject middle) {
    StringBuilder exporters = new StringBuilder("exporters:\n");
    List<String> names = new ArrayList<>();
    for (Lane lane : LANES) {
      exporters.append(lane.exporter(middle.port(lane.name())));
      names.add(lane.exporterName());
    }
    StringBuilder pipelines = new StringBuilder();
    for (String signal : SIGNALS) {
      pipelines.append(
          "    %s: {receivers: [otlp], processors: [batch], exporters: %s}\n"
              .formatted(signal, names));
    }
    return """
    receivers:
      otlp: {protocols: {grpc: {endpoint: 'localhost:@grpc@'}, http: {endpoint: 'localhost:@http@'}}}
    processors:
      batch: {timeout: 50ms}
    """
        + exporters
        + service(pipelines);
  }

  private static String service(CharSequence pipelines) {
    return "service:\n  telemetry: {metrics: {level: none}}\n  pipelines:\n" + pipelines;
  }

  private static void generate(Subject to, String signal, String transport) {
    List<String> line =
        new ArrayList<>(
            List.of(
                Oracle.telemetrygen().toString(),
                signal,
                "--otlp-insecure",
                "--otlp-endpoint",
                "localhost:" + to.port(transport),
                "--" + signal,
                Integer.toString(COUNT),
                "--workers",
                "2",
                "--rate",
                "0",
                "--telemetry-attributes",
                "by=\"" + transport + "\""));
    if (transport.equals("http")) {
      line.add("--otlp-http");
    }
    Command done = Command.attempt(line, Duration.ofSeconds(30));
    assertThat(done.exitCode()).as(done::toString).isZero();
  }

  /** How often each item is in a file: by what telemetrygen made unlike in each. */
  private static Map<String, Integer> items(Path file, String signal) {
    Map<String, Integer> items = new TreeMap<>();
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    for (String line : lines) {
      switch (signal) {
        case "metrics" ->
            each(Json.object(line), items, "resourceMetrics", "scopeMetrics", "metrics");
        case "traces" -> each(Json.object(line), items, "resourceSpans", "scopeSpans", "spans");
        default -> each(Json.object(line), items, "resourceLogs", "scopeLogs", "logRecords");
      }
    }
    return items;
  }

  private static void each(Map<?, ?> in, Map<String, Integer> items, String... keys) {
    for (Object resource : Json.array(in, keys[0])) {
      for (Object scope : Json.array(Json.asObject(resource), keys[1])) {
        for (Object item : Json.array(Json.asObject(scope), keys[2])) {
          items.merge(String.valueOf(item), 1, Integer::sum);
        }
      }
    }
  }

  /** Two runs of two workers each; a trace has two spans. */
  private static int expected(String signal) {
    return (signal.equals("traces") ? 8 : 4) * COUNT;
  }

  private static int total(Map<String, Integer> items) {
    return items.values().stream().mapToInt(Integer::intValue).sum();
  }

  @Test
  void everyItemArrivesOnceByEveryWay() {
    try (Subject last = Subject.start(Subject.Kind.WEIR, last());
        Subject middle = Subject.start(Subject.Kind.COLLECTOR, middle(last));
        Subject first = Subject.start(Subject.Kind.WEIR, first(middle))) {
      for (String signal : SIGNALS) {
        generate(first, signal, "grpc");
        generate(first, signal, "http");
      }
      for (Lane lane : LANES) {
        for (String signal : SIGNALS) {
          Path file = last.file(lane.name() + "_" + signal + ".json");
          Awaitility.await(lane.name() + " " + signal)
              .atMost(Duration.ofSeconds(20))
              .until(() -> total(items(file, signal)) >= expected(signal));
        }
      }
      for (Subject subject : List.of(first, middle, last)) {
        subject.terminate();
        assertThat(subject.exitCode()).as(subject::toString).isZero();
      }
      Map<String, Map<String, Integer>> reference = new TreeMap<>();
      for (Lane lane : LANES) {
        for (String signal : SIGNALS) {
          Map<String, Integer> items =
              items(last.file(lane.name() + "_" + signal + ".json"), signal);
          assertThat(total(items)).as(lane.name() + " " + signal).isEqualTo(expected(signal));
          // Every lane carries the very same items.
          assertThat(items)
              .as(lane.name() + " " + signal)
              .isEqualTo(reference.computeIfAbsent(signal, s -> items));
        }
      }
    }
  }
}
