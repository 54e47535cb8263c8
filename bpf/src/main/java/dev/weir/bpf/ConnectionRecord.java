package dev.weir.bpf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * Reads {@code struct record} of {@code record.h} where it lies: one connection, seen from one of
 * its sockets. All times are CLOCK_MONOTONIC in nanoseconds, all numbers in the machine's byte
 * order.
 *
 * <p>No object a record: the reader passes hundreds of thousands a second (11 ns each), so this is
 * a set of functions over (memory, offset). A test holds the offsets against the BTF of the
 * compiled object.
 */
public final class ConnectionRecord {
  /** Bytes of a record. */
  public static final int SIZE = 200;

  // Offsets, for whoever hashes or copies parts of a record as they are.
  public static final int TIME = 0;
  public static final int COOKIE = 8;
  public static final int START = 16;
  public static final int ESTABLISHED = 24;
  public static final int CGROUP = 32;
  public static final int SENT = 40;
  public static final int RECEIVED = 48;
  public static final int TOTAL_SENT = 56;
  public static final int TOTAL_RECEIVED = 64;
  public static final int DELTA = 72;
  public static final int TOTAL = 96;
  public static final int SRTT_US = 120;
  public static final int MIN_RTT_US = 124;
  public static final int NETNS = 128;
  public static final int TGID = 132;
  public static final int GENERATION = 136;
  public static final int LOCAL_PORT = 140;
  public static final int REMOTE_PORT = 142;
  public static final int LOCAL = 144;
  public static final int REMOTE = 160;
  public static final int COMM = 176;
  public static final int FAMILY = 192;
  public static final int ROLE = 193;
  public static final int KIND = 194;
  public static final int EFFECTS = 195;
  public static final int OUTCOME = 196;
  public static final int OLD_STATE = 197;
  public static final int WANTED = 198;
  public static final int SOCKET_ERROR = 199;

  // enum kind
  public static final int KIND_LIVE = 1;
  public static final int KIND_OPEN = 2;
  public static final int KIND_CLOSE = 3;
  public static final int KIND_FAIL = 4;
  public static final int KIND_HANDOVER = 5;
  public static final int KIND_RESET = 6;

  /**
   * Not a record but further fields of the connection whose live row came just before: see {@link
   * TcpField}. As long as a record; only the kind and {@link #wanted} lie where a record has them.
   */
  public static final int KIND_FIELDS = 7;

  // enum effect, bits
  public static final int OPENED = 1;
  public static final int ACTIVATED = 2;
  public static final int DEACTIVATED = 4;
  public static final int CLOSED = 8;
  public static final int FAILED = 16;
  public static final int ADOPTED = 32;
  public static final int BACKSTOP = 64;

  // enum role
  public static final int ROLE_UNKNOWN = 0;
  public static final int ROLE_CLIENT = 1;
  public static final int ROLE_SERVER = 2;

  /** {@link #minRttMicros} of a connection that has not measured any. */
  public static final int NO_RTT = -1;

  private ConnectionRecord() {}

  public static long time(MemorySegment m, long at) {
    return m.get(JAVA_LONG, at + TIME);
  }

  public static long cookie(MemorySegment m, long at) {
    return m.get(JAVA_LONG, at + COOKIE);
  }

  /** Client: SYN sent; server: established; 0 unknown. */
  public static long start(MemorySegment m, long at) {
    return m.get(JAVA_LONG, at + START);
  }

  /** 0 never, or unknown. */
  public static long established(MemorySegment m, long at) {
    return m.get(JAVA_LONG, at + ESTABLISHED);
  }

  /** Id of the socket's cgroup v2. */
  public static long cgroup(MemorySegment m, long at) {
    return m.get(JAVA_LONG, at + CGROUP);
  }

  /** Payload bytes sent since the last record; may be negative by what a torn read was too high. */
  public static long sent(MemorySegment m, long at) {
    return m.get(JAVA_LONG, at + SENT);
  }

  /** Payload bytes received since the last record; may be negative like {@link #sent}. */
  public static long received(MemorySegment m, long at) {
    return m.get(JAVA_LONG, at + RECEIVED);
  }

  public static long totalSent(MemorySegment m, long at) {
    return m.get(JAVA_LONG, at + TOTAL_SENT);
  }

  public static long totalReceived(MemorySegment m, long at) {
    return m.get(JAVA_LONG, at + TOTAL_RECEIVED);
  }

  /**
   * One of the six counters of {@code struct segments} in {@code block} ({@link #DELTA}, {@link
   * #TOTAL}).
   */
  private static int segment(MemorySegment m, long at, int block, int index) {
    return m.get(JAVA_INT, at + block + 4L * index);
  }

  /**
   * Segments sent: {@code block} is {@link #DELTA} or {@link #TOTAL}, here and in the next five.
   */
  public static int segmentsOut(MemorySegment m, long at, int block) {
    return segment(m, at, block, 0);
  }

  public static int segmentsIn(MemorySegment m, long at, int block) {
    return segment(m, at, block, 1);
  }

  public static int retransmits(MemorySegment m, long at, int block) {
    return segment(m, at, block, 2);
  }

  public static int lost(MemorySegment m, long at, int block) {
    return segment(m, at, block, 3);
  }

  public static int resetsOut(MemorySegment m, long at, int block) {
    return segment(m, at, block, 4);
  }

  public static int resetsIn(MemorySegment m, long at, int block) {
    return segment(m, at, block, 5);
  }

  /** Smoothed round trip time in microseconds, 0 if none was measured. */
  public static int srttMicros(MemorySegment m, long at) {
    return m.get(JAVA_INT, at + SRTT_US);
  }

  /** Least round trip time in microseconds, {@link #NO_RTT} if none was measured. */
  public static int minRttMicros(MemorySegment m, long at) {
    return m.get(JAVA_INT, at + MIN_RTT_US);
  }

  /** Inode number of the network namespace. */
  public static int netns(MemorySegment m, long at) {
    return m.get(JAVA_INT, at + NETNS);
  }

  /** Owner in the initial PID namespace, 0 unknown. */
  public static int tgid(MemorySegment m, long at) {
    return m.get(JAVA_INT, at + TGID);
  }

  public static int generation(MemorySegment m, long at) {
    return m.get(JAVA_INT, at + GENERATION);
  }

  public static int localPort(MemorySegment m, long at) {
    return Short.toUnsignedInt(m.get(JAVA_SHORT, at + LOCAL_PORT));
  }

  public static int remotePort(MemorySegment m, long at) {
    return Short.toUnsignedInt(m.get(JAVA_SHORT, at + REMOTE_PORT));
  }

  /** Name of the owner's main thread. */
  public static String comm(MemorySegment m, long at) {
    int n = 0;
    while (n < 16 && m.get(JAVA_BYTE, at + COMM + n) != 0) {
      n++;
    }
    byte[] name = new byte[n];
    MemorySegment.copy(m, JAVA_BYTE, at + COMM, name, 0, n);
    return new String(name, StandardCharsets.UTF_8);
  }

  /** 4 or 6: what the packets are. */
  public static int family(MemorySegment m, long at) {
    return m.get(JAVA_BYTE, at + FAMILY);
  }

  public static int role(MemorySegment m, long at) {
    return m.get(JAVA_BYTE, at + ROLE);
  }

  public static int kind(MemorySegment m, long at) {
    return m.get(JAVA_BYTE, at + KIND);
  }

  public static int effects(MemorySegment m, long at) {
    return m.get(JAVA_BYTE, at + EFFECTS);
  }

  /** An index of {@link Outcome}. */
  public static int outcome(MemorySegment m, long at) {
    return m.get(JAVA_BYTE, at + OUTCOME);
  }

  /** TCP state before CLOSE, 0 unknown. */
  public static int oldState(MemorySegment m, long at) {
    return m.get(JAVA_BYTE, at + OLD_STATE);
  }

  /** Bit {@code i}: receiver {@code i} wants it. */
  public static int wanted(MemorySegment m, long at) {
    return Byte.toUnsignedInt(m.get(JAVA_BYTE, at + WANTED));
  }

  /** {@code sk_err}. */
  public static int socketError(MemorySegment m, long at) {
    return Byte.toUnsignedInt(m.get(JAVA_BYTE, at + SOCKET_ERROR));
  }
}
