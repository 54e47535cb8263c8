package dev.weir.agent;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Key;
import dev.weir.pdata.Metric;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.ScopeItems;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Value;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The cumulative figures of one collection, by who talks to whom. What both ends of a connection
 * report on one machine is kept apart: {@link #figures} takes the client's view where there is one,
 * so that nothing is counted twice.
 */
final class TopSnapshot {
  private static final Key SOURCE = Key.of("source.address");
  private static final Key DESTINATION = Key.of("destination.address");
  private static final Key PORT = Key.of("destination.port");
  private static final Key REPORTER = Key.of("reporter");
  private static final Key DIRECTION = Key.of("network.io.direction");
  private static final Key SOURCE_PROCESS = Key.of("source.process.executable.name");
  private static final Key DESTINATION_PROCESS = Key.of("destination.process.executable.name");

  /** Who opened to whom. */
  record Pair(String source, String destination, String port) {}

  /** The figures of one pair, all cumulative but for {@link #active}. */
  static final class Figures {
    String sourceProcess = "";
    String destinationProcess = "";
    long active;
    long opened;
    long failed;

    /** Bytes from source to destination. */
    long there;

    /** Bytes from destination to source. */
    long back;

    long retransmits;
    double rttSum;
    long rttCount;

    private void processes(Figures other) {
      if (sourceProcess.isEmpty()) {
        sourceProcess = other.sourceProcess;
      }
      if (destinationProcess.isEmpty()) {
        destinationProcess = other.destinationProcess;
      }
    }
  }

  private final Map<Pair, Figures> client = new HashMap<>();
  private final Map<Pair, Figures> server = new HashMap<>();
  private long start = Long.MAX_VALUE;
  private long time;

  /** Adds up a batch. */
  static TopSnapshot of(Telemetry<Metric> batch) {
    TopSnapshot snapshot = new TopSnapshot();
    for (ResourceItems<Metric> resource : batch.resources()) {
      for (ScopeItems<Metric> scope : resource.scopes()) {
        scope.items().forEach(snapshot::add);
      }
    }
    return snapshot;
  }

  /** Returns when it was taken, nanoseconds since 1970; 0 if it is empty. */
  long time() {
    return time;
  }

  /** Returns when its counters began, nanoseconds since 1970. */
  long start() {
    return Math.min(start, time);
  }

  /** Returns the figures of each pair: the client's, or the server's if the client is elsewhere. */
  Map<Pair, Figures> figures() {
    Map<Pair, Figures> figures = new HashMap<>(server);
    client.forEach(
        (pair, seen) -> {
          Figures other = figures.put(pair, seen);
          if (other != null) {
            seen.processes(other);
          }
        });
    return figures;
  }

  private void add(Metric metric) {
    for (int i = 0; i < metric.count(); i++) {
      Attributes attributes = metric.points().attributes(i);
      time = Math.max(time, metric.points().time(i));
      if (metric.points().startTime(i) > 0) {
        start = Math.min(start, metric.points().startTime(i));
      }
      boolean fromServer = text(attributes, REPORTER).equals("server");
      Figures figures =
          (fromServer ? server : client)
              .computeIfAbsent(
                  new Pair(
                      text(attributes, SOURCE),
                      text(attributes, DESTINATION),
                      text(attributes, PORT)),
                  _ -> new Figures());
      add(metric, i, attributes, fromServer, figures);
    }
  }

  private static void add(
      Metric metric, int i, Attributes attributes, boolean fromServer, Figures figures) {
    switch (metric.name()) {
      case "tcp.connection.active" -> {
        figures.active += metric.numbers().integer(i);
        processes(attributes, figures);
      }
      case "tcp.connection.opened" -> {
        figures.opened += metric.numbers().integer(i);
        processes(attributes, figures);
      }
      case "tcp.connection.failed" -> {
        figures.failed += metric.numbers().integer(i);
        processes(attributes, figures);
      }
      case "tcp.io" -> {
        boolean transmitted = text(attributes, DIRECTION).equals("transmit");
        if (transmitted != fromServer) {
          figures.there += metric.numbers().integer(i);
        } else {
          figures.back += metric.numbers().integer(i);
        }
      }
      case "tcp.retransmits" -> figures.retransmits += metric.numbers().integer(i);
      case "tcp.rtt" -> {
        if (metric.kind() == Metric.Kind.HISTOGRAM) {
          figures.rttCount += metric.histograms().count(i);
          figures.rttSum += metric.histograms().sum(i);
        }
      }
      default -> {
        // Not in the table.
      }
    }
  }

  /** Several processes may talk over one pair: the name that comes first in order is shown. */
  private static void processes(Attributes attributes, Figures figures) {
    figures.sourceProcess = first(figures.sourceProcess, text(attributes, SOURCE_PROCESS));
    figures.destinationProcess =
        first(figures.destinationProcess, text(attributes, DESTINATION_PROCESS));
  }

  private static String first(String a, String b) {
    if (a.isEmpty() || b.isEmpty()) {
      return a + b;
    }
    return a.compareTo(b) <= 0 ? a : b;
  }

  private static String text(Attributes attributes, Key key) {
    @Nullable Value value = attributes.get(key);
    return value == null ? "" : value.toString();
  }
}
