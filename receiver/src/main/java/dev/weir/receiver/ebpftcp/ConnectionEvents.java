package dev.weir.receiver.ebpftcp;

import dev.weir.bpf.ConnectionRecord;
import dev.weir.bpf.Outcome;
import dev.weir.pdata.Attributes;
import dev.weir.pdata.Key;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Value;
import java.lang.foreign.MemorySegment;
import java.util.Set;

/**
 * Makes a log record of a connection record: who, then the connection's values so far. For one
 * thread.
 */
@SuppressWarnings("EnumOrdinal") // an outcome's ordinal is the kernel's number
final class ConnectionEvents {
  /** A value that log records carry; docs/metrics.md follows from this table. */
  enum ValueDefinition {
    ID("tcp.connection.id", "", "the same in all records of one connection, as one socket saw it"),
    TRANSMIT("tcp.io.transmit", "By", "payload bytes sent since the connection began"),
    RECEIVE("tcp.io.receive", "By", "payload bytes received since the connection began"),
    SEGMENTS_TRANSMIT("tcp.segments.transmit", "{segment}", "segments sent"),
    SEGMENTS_RECEIVE("tcp.segments.receive", "{segment}", "segments received"),
    RETRANSMITS("tcp.retransmits", "{segment}", "segments sent again"),
    LOST("tcp.lost", "{segment}", "segments that the kernel judged lost"),
    RESET_TRANSMIT("tcp.reset.transmit", "{reset}", "RST segments sent"),
    RESET_RECEIVE("tcp.reset.receive", "{reset}", "RST segments received"),
    RTT("tcp.rtt", "s", "smoothed round trip time; absent if none was measured"),
    RTT_MIN("tcp.rtt.min", "s", "least round trip time of the last minutes; absent if none"),
    DURATION(
        "tcp.connection.duration",
        "s",
        "since SYN sent (client) or established (server); absent if the agent was not there"),
    HANDSHAKE("tcp.connection.handshake.duration", "s", "client: from SYN sent to established");

    @SuppressWarnings("ImmutableEnumChecker") // Key is immutable
    private final Key key;

    private final String unit;
    private final String doc;

    ValueDefinition(String name, String unit, String doc) {
      this.key = Key.of(name);
      this.unit = unit;
      this.doc = doc;
    }

    Key key() {
      return key;
    }

    String unit() {
      return unit;
    }

    String doc() {
      return doc;
    }
  }

  private static final int INFO = 9;
  private static final int WARN = 13;

  private final ConnectionAttributes attributes;
  private final boolean errorType;
  private final Identity.Resolver resolver;
  private final Parts parts = new Parts();

  ConnectionEvents(Set<AttributeDefinition> enabled, Identity.Resolver resolver) {
    this.attributes = new ConnectionAttributes(enabled, new AddressTexts());
    this.errorType = enabled.contains(AttributeDefinition.ERROR_TYPE);
    this.resolver =
        enabled.contains(AttributeDefinition.CONTAINER_ID)
                || enabled.contains(AttributeDefinition.K8S_POD_UID)
            ? resolver
            : Identity.Resolver.NOBODY;
  }

  /**
   * Returns the log record of a connection record.
   *
   * @param epochOffset what to add to CLOCK_MONOTONIC to get nanoseconds since 1970
   * @param observed nanoseconds since 1970
   */
  LogRecord of(MemorySegment m, long at, long epochOffset, long observed) {
    parts.read(m, at);
    int kind = ConnectionRecord.kind(m, at);
    boolean failed = kind == ConnectionRecord.KIND_FAIL;
    boolean ended = failed || kind == ConnectionRecord.KIND_CLOSE;
    Attributes who = attributes.of(parts, resolver.resolve(parts.cgroup, parts.tgid));
    int outcome = ConnectionRecord.outcome(m, at);
    if (ended && errorType && outcome > 0 && outcome <= Outcome.OTHER.ordinal()) {
      who = ConnectionAttributes.withError(who, Outcome.values()[outcome]);
    }
    return new LogRecord()
        .times(ConnectionRecord.time(m, at) + epochOffset, observed)
        .severity(failed ? WARN : INFO, failed ? "WARN" : "INFO")
        .eventName(name(kind))
        .attributes(values(who, m, at));
  }

  private static String name(int kind) {
    return switch (kind) {
      case ConnectionRecord.KIND_OPEN -> "tcp.connection.open";
      case ConnectionRecord.KIND_CLOSE -> "tcp.connection.close";
      case ConnectionRecord.KIND_FAIL -> "tcp.connection.fail";
      default -> "tcp.connection.report";
    };
  }

  private static Attributes values(Attributes who, MemorySegment m, long at) {
    int total = ConnectionRecord.TOTAL;
    Attributes.Builder out =
        who.toBuilder()
            .put(
                ValueDefinition.ID.key(),
                Long.toUnsignedString(ConnectionRecord.cookie(m, at), 16)
                    + '-'
                    + Integer.toUnsignedString(ConnectionRecord.generation(m, at)))
            .put(ValueDefinition.TRANSMIT.key(), ConnectionRecord.totalSent(m, at))
            .put(ValueDefinition.RECEIVE.key(), ConnectionRecord.totalReceived(m, at))
            .put(
                ValueDefinition.SEGMENTS_TRANSMIT.key(),
                unsigned(ConnectionRecord.segmentsOut(m, at, total)))
            .put(
                ValueDefinition.SEGMENTS_RECEIVE.key(),
                unsigned(ConnectionRecord.segmentsIn(m, at, total)))
            .put(
                ValueDefinition.RETRANSMITS.key(),
                unsigned(ConnectionRecord.retransmits(m, at, total)))
            .put(ValueDefinition.LOST.key(), unsigned(ConnectionRecord.lost(m, at, total)))
            .put(
                ValueDefinition.RESET_TRANSMIT.key(),
                unsigned(ConnectionRecord.resetsOut(m, at, total)))
            .put(
                ValueDefinition.RESET_RECEIVE.key(),
                unsigned(ConnectionRecord.resetsIn(m, at, total)));
    int smoothed = ConnectionRecord.srttMicros(m, at);
    if (smoothed != 0) {
      out.put(ValueDefinition.RTT.key(), new Value.Real(unsigned(smoothed) / 1e6));
    }
    int least = ConnectionRecord.minRttMicros(m, at);
    if (least != ConnectionRecord.NO_RTT) {
      out.put(ValueDefinition.RTT_MIN.key(), new Value.Real(unsigned(least) / 1e6));
    }
    long start = ConnectionRecord.start(m, at);
    long time = ConnectionRecord.time(m, at);
    if (start != 0 && time >= start) {
      out.put(ValueDefinition.DURATION.key(), new Value.Real((time - start) / 1e9));
    }
    long established = ConnectionRecord.established(m, at);
    if (ConnectionRecord.role(m, at) == ConnectionRecord.ROLE_CLIENT
        && start != 0
        && established >= start) {
      out.put(ValueDefinition.HANDSHAKE.key(), new Value.Real((established - start) / 1e9));
    }
    return out.build();
  }

  private static long unsigned(int value) {
    return Integer.toUnsignedLong(value);
  }
}
