package dev.weir.receiver.ebpftcp;

import static dev.weir.receiver.ebpftcp.Column.*;

import java.util.List;

/**
 * The metrics of {@code ebpf_tcp}, each defined once: what is exported, docs/metrics.md and the
 * keys under {@code metrics:} follow from this table.
 */
enum MetricDefinition {
  OPENED(
      "tcp.connection.opened",
      "{connection}",
      Kind.COUNTER,
      "Connections established.",
      Column.OPENED),
  CLOSED(
      "tcp.connection.closed",
      "{connection}",
      Kind.COUNTER,
      "Connections that were established and have ended; error.type says how, and is absent after a"
          + " clean end.",
      Column.CLOSED,
      CLOSED_RESET,
      CLOSED_TIMED_OUT,
      CLOSED_OTHER),
  FAILED(
      "tcp.connection.failed",
      "{connection}",
      Kind.COUNTER,
      "Connection attempts that were never established, by error.type.",
      FAILED_REFUSED,
      FAILED_TIMED_OUT,
      FAILED_HOST_UNREACHABLE,
      FAILED_NET_UNREACHABLE,
      FAILED_RESET,
      FAILED_ABORTED,
      FAILED_ADDRESS_UNAVAILABLE,
      FAILED_OTHER),
  ACTIVE(
      "tcp.connection.active",
      "{connection}",
      Kind.UP_DOWN_COUNTER,
      "Connections established at this moment, those older than the agent included.",
      Column.ACTIVE),
  DURATION(
      "tcp.connection.duration",
      "Life of a connection, taken at its end: from SYN sent (client) or established (server).",
      0.001,
      0.005,
      0.01,
      0.05,
      0.1,
      0.5,
      1.0,
      5.0,
      10.0,
      30.0,
      60.0,
      300.0,
      900.0,
      3600.0,
      21600.0,
      86400.0),
  HANDSHAKE(
      "tcp.connection.handshake.duration",
      "Time from SYN sent to established, seen by the client.",
      0.00005,
      0.0001,
      0.00025,
      0.0005,
      0.001,
      0.0025,
      0.005,
      0.01,
      0.025,
      0.05,
      0.1,
      0.25,
      0.5,
      1.0,
      3.0,
      7.0),
  IO(
      "tcp.io",
      "By",
      Kind.COUNTER,
      "Payload bytes that the reporting socket sent and had acknowledged or in flight, or received.",
      SENT,
      RECEIVED),
  SEGMENTS(
      "tcp.segments",
      "{segment}",
      Kind.COUNTER,
      "Segments sent and received, those without payload included.",
      SEGMENTS_OUT,
      SEGMENTS_IN),
  RETRANSMITS(
      "tcp.retransmits", "{segment}", Kind.COUNTER, "Segments sent again.", Column.RETRANSMITS),
  LOST(
      "tcp.lost",
      "{segment}",
      Kind.COUNTER,
      "Segments that the kernel judged lost, ever.",
      Column.LOST),
  RESET(
      "tcp.reset",
      "{reset}",
      Kind.COUNTER,
      "RST segments sent and received.",
      RESETS_OUT,
      RESETS_IN),
  RTT(
      "tcp.rtt",
      "Smoothed round trip time: one sample for each live connection an interval, and one at its"
          + " end.",
      0.00005,
      0.0001,
      0.00025,
      0.0005,
      0.001,
      0.0025,
      0.005,
      0.01,
      0.025,
      0.05,
      0.1,
      0.25,
      0.5,
      1.0,
      2.5),
  RTT_MIN(
      "tcp.rtt.min",
      "Least round trip time of the last minutes: one sample for each live connection an interval,"
          + " and one at its end.",
      0.00005,
      0.0001,
      0.00025,
      0.0005,
      0.001,
      0.0025,
      0.005,
      0.01,
      0.025,
      0.05,
      0.1,
      0.25,
      0.5,
      1.0,
      2.5);

  /** What is exported. */
  enum Kind {
    COUNTER("counter"),
    UP_DOWN_COUNTER("up-down counter"),
    HISTOGRAM("histogram");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    /** Returns the words for people. */
    String words() {
      return words;
    }
  }

  private static final String TWO_REPORTERS =
      " Both ends on one host each report: choose one reporter before you add up.";

  private final String metricName;
  private final String unit;
  private final Kind kind;
  private final String doc;

  @SuppressWarnings("ImmutableEnumChecker") // List.of
  private final List<Column> columns;

  @SuppressWarnings("ImmutableEnumChecker") // List.of
  private final List<Double> bounds;

  MetricDefinition(String metricName, String unit, Kind kind, String doc, Column... columns) {
    this.metricName = metricName;
    this.unit = unit;
    this.kind = kind;
    this.doc = doc;
    this.columns = List.of(columns);
    this.bounds = List.of();
  }

  MetricDefinition(String metricName, String doc, Double... bounds) {
    this.metricName = metricName;
    this.unit = "s";
    this.kind = Kind.HISTOGRAM;
    this.doc = doc;
    this.columns = List.of();
    this.bounds = List.of(bounds);
  }

  /** Returns the metric's name. */
  String metricName() {
    return metricName;
  }

  /** Returns the unit in UCUM notation. */
  String unit() {
    return unit;
  }

  /** Returns what it is. */
  Kind kind() {
    return kind;
  }

  /** Returns the sentence that says what it measures. */
  String doc() {
    return doc;
  }

  /** Returns what goes out as the metric's description, and into HELP. */
  String description() {
    return doc + TWO_REPORTERS;
  }

  /** Returns what it is made of; empty for a histogram. */
  List<Column> columns() {
    return columns;
  }

  /** Returns the default bounds in seconds; empty for all but a histogram. */
  List<Double> bounds() {
    return bounds;
  }

  /** Returns whether it is exported unless the config says otherwise. */
  boolean enabledByDefault() {
    return true;
  }

  /** Returns whether its points carry network.io.direction. */
  boolean directed() {
    return columns.stream().anyMatch(c -> c.variant() == Variant.TRANSMIT);
  }

  /** Returns whether its points carry error.type. */
  boolean byErrorType() {
    return columns.stream().anyMatch(c -> c.variant() > Variant.RECEIVE);
  }
}
