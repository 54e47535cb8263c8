package dev.weir.receiver.ebpftcp;

import static dev.weir.receiver.ebpftcp.Column.*;

import dev.weir.bpf.TcpField;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
      2.5),
  INFO_PACING_RATE(
      TcpField.PACING_RATE,
      "By/s",
      Aggregation.SUM,
      "Rate at which the kernel lets segments go; a connection without a limit adds nothing."),
  INFO_MAX_PACING_RATE(
      TcpField.MAX_PACING_RATE,
      "By/s",
      Aggregation.SUM,
      "Limit of that rate, SO_MAX_PACING_RATE; a connection without one adds nothing."),
  INFO_DELIVERY_RATE(
      TcpField.DELIVERY_RATE,
      "By/s",
      Aggregation.SUM,
      "Rate at which data was last seen to arrive."),
  INFO_BUSY_TIME(
      TcpField.BUSY_TIME,
      "s",
      Aggregation.AVERAGE,
      "Time with data to send, since the connection began."),
  INFO_RWND_LIMITED(
      TcpField.RWND_LIMITED,
      "s",
      Aggregation.AVERAGE,
      "Time limited by the peer's receive window, since the connection began."),
  INFO_SNDBUF_LIMITED(
      TcpField.SNDBUF_LIMITED,
      "s",
      Aggregation.AVERAGE,
      "Time limited by the send buffer, since the connection began."),
  INFO_BYTES_SENT(
      TcpField.BYTES_SENT,
      "By",
      Aggregation.SUM,
      "Payload bytes handed to the queue of the own host, those sent again included."),
  INFO_BYTES_RETRANS(TcpField.BYTES_RETRANS, "By", Aggregation.SUM, "Payload bytes sent again."),
  INFO_RTO(
      TcpField.RTO,
      "s",
      Aggregation.AVERAGE,
      "Time to wait for an acknowledgement before sending again."),
  INFO_ATO(
      TcpField.ATO, "s", Aggregation.AVERAGE, "Time by which an acknowledgement may be delayed."),
  INFO_SND_MSS(TcpField.SND_MSS, "By", Aggregation.AVERAGE, "Largest segment sent."),
  INFO_RCV_MSS(
      TcpField.RCV_MSS, "By", Aggregation.AVERAGE, "Estimate of the largest segment received."),
  INFO_UNACKED(TcpField.UNACKED, "{segment}", Aggregation.SUM, "Segments in flight."),
  INFO_SACKED(
      TcpField.SACKED, "{segment}", Aggregation.SUM, "Of those, acknowledged out of order."),
  INFO_LOST(TcpField.LOST, "{segment}", Aggregation.SUM, "Of those, judged lost at this moment."),
  INFO_RETRANS(TcpField.RETRANS, "{segment}", Aggregation.SUM, "Of those, sent again."),
  INFO_PMTU(TcpField.PMTU, "By", Aggregation.AVERAGE, "Path MTU."),
  INFO_RCV_SSTHRESH(
      TcpField.RCV_SSTHRESH,
      "By",
      Aggregation.AVERAGE,
      "What the receive window may grow to at present."),
  INFO_RTTVAR(TcpField.RTTVAR, "s", Aggregation.AVERAGE, "Mean deviation of the round trip time."),
  INFO_SND_SSTHRESH(
      TcpField.SND_SSTHRESH,
      "{segment}",
      Aggregation.AVERAGE,
      "Slow start threshold; connections that never lost anything have none and do not count."),
  INFO_SND_CWND(TcpField.SND_CWND, "{segment}", Aggregation.AVERAGE, "Congestion window."),
  INFO_ADVMSS(TcpField.ADVMSS, "By", Aggregation.AVERAGE, "Largest segment that was advertised."),
  INFO_REORDERING(
      TcpField.REORDERING,
      "{segment}",
      Aggregation.AVERAGE,
      "By how much segments are reordered on the way."),
  INFO_RCV_RTT(
      TcpField.RCV_RTT,
      "s",
      Aggregation.AVERAGE,
      "Round trip time as the receiver estimates it; where it has not, it does not count."),
  INFO_RCV_SPACE(
      TcpField.RCV_SPACE,
      "By",
      Aggregation.AVERAGE,
      "Bytes that the application reads in a round trip."),
  INFO_NOTSENT_BYTES(
      TcpField.NOTSENT_BYTES, "By", Aggregation.SUM, "Bytes written and not yet sent."),
  INFO_DATA_SEGS_IN(
      TcpField.DATA_SEGS_IN,
      "{segment}",
      Aggregation.SUM,
      "Segments with payload received since the connections began."),
  INFO_DATA_SEGS_OUT(
      TcpField.DATA_SEGS_OUT,
      "{segment}",
      Aggregation.SUM,
      "Segments with payload sent since the connections began."),
  INFO_DELIVERED(
      TcpField.DELIVERED,
      "{segment}",
      Aggregation.SUM,
      "Segments that arrived, since the connections began."),
  INFO_DELIVERED_CE(
      TcpField.DELIVERED_CE, "{segment}", Aggregation.SUM, "Of those, marked by congestion (ECN)."),
  INFO_DSACK_DUPS(
      TcpField.DSACK_DUPS, "{segment}", Aggregation.SUM, "Segments that arrived twice, by DSACK."),
  INFO_REORD_SEEN(
      TcpField.REORD_SEEN, "{event}", Aggregation.SUM, "Times that reordering was seen."),
  INFO_RCV_OOOPACK(
      TcpField.RCV_OOOPACK, "{segment}", Aggregation.SUM, "Segments received out of order."),
  INFO_SND_WND(TcpField.SND_WND, "By", Aggregation.AVERAGE, "Window that the peer offers."),
  INFO_RCV_WND(TcpField.RCV_WND, "By", Aggregation.AVERAGE, "Window that is offered to the peer."),
  INFO_SNDBUF(TcpField.SNDBUF, "By", Aggregation.SUM, "Size of the send buffer, SO_SNDBUF."),
  INFO_RCVBUF(TcpField.RCVBUF, "By", Aggregation.SUM, "Size of the receive buffer, SO_RCVBUF."),
  INFO_WMEM_QUEUED(
      TcpField.WMEM_QUEUED, "By", Aggregation.SUM, "Memory of what is queued to be sent."),
  INFO_CA_STATE(
      TcpField.CA_STATE,
      "1",
      Aggregation.MAX,
      "State of congestion control: 0 open, 1 disorder, 2 CWR, 3 recovery, 4 loss."),
  INFO_RETRANSMITS(
      TcpField.RETRANSMITS, "{timeout}", Aggregation.MAX, "Retransmission timeouts in a row."),
  INFO_PROBES(
      TcpField.PROBES,
      "{probe}",
      Aggregation.MAX,
      "Window or keep-alive probes without an answer."),
  INFO_BACKOFF(TcpField.BACKOFF, "1", Aggregation.MAX, "How often the timer was doubled.");

  /** What is exported. */
  enum Kind {
    COUNTER("counter"),
    UP_DOWN_COUNTER("up-down counter"),
    HISTOGRAM("histogram"),
    GAUGE("gauge");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    /** Returns the words for people. */
    String words() {
      return words;
    }
  }

  /** How a gauge is made of the values of a row's connections. */
  enum Aggregation {
    SUM("sum"),
    AVERAGE("average"),
    MAX("greatest");

    private final String words;

    Aggregation(String words) {
      this.words = words;
    }

    /** Returns the word for people. */
    String words() {
      return words;
    }
  }

  private static final String GAUGE_PREFIX = "tcp.info.";
  private static final double MICROS = 1e6;
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

  private final @Nullable TcpField field;
  private final Aggregation aggregation;

  MetricDefinition(String metricName, String unit, Kind kind, String doc, Column... columns) {
    this.metricName = metricName;
    this.unit = unit;
    this.kind = kind;
    this.doc = doc;
    this.columns = List.of(columns);
    this.bounds = List.of();
    this.field = null;
    this.aggregation = Aggregation.SUM;
  }

  MetricDefinition(TcpField field, String unit, Aggregation aggregation, String doc) {
    this.metricName = GAUGE_PREFIX + field.member();
    this.unit = unit;
    this.kind = Kind.GAUGE;
    this.doc = doc;
    this.columns = List.of();
    this.bounds = List.of();
    this.field = field;
    this.aggregation = aggregation;
  }

  MetricDefinition(String metricName, String doc, Double... bounds) {
    this.metricName = metricName;
    this.unit = "s";
    this.kind = Kind.HISTOGRAM;
    this.doc = doc;
    this.columns = List.of();
    this.bounds = List.of(bounds);
    this.field = null;
    this.aggregation = Aggregation.SUM;
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

  /** Returns the field that a gauge shows; null for all but a gauge. */
  @Nullable TcpField field() {
    return field;
  }

  /** Returns how a gauge is made of several connections. */
  Aggregation aggregation() {
    return aggregation;
  }

  /** Returns how many of the kernel's units make one of {@link #unit}: times are microseconds. */
  double divisor() {
    return kind == Kind.GAUGE && unit.equals("s") ? MICROS : 1;
  }

  /** Returns whether it is exported unless the config says otherwise. */
  boolean enabledByDefault() {
    return kind != Kind.GAUGE;
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
