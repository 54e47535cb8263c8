package dev.weir.bpf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.Locale;

/**
 * Reads {@code struct fields} of {@code record.h} where it lies: fields of the kernel's tcp_sock as
 * {@code struct tcp_info} names them. They come in a row of kind {@link
 * ConnectionRecord#KIND_FIELDS} just behind the connection's live row, if a receiver asked for them
 * ({@link ProbeConfig.ReceiverConfig#fields}). Times are microseconds, rates bytes a second.
 */
public enum TcpField {
  PACING_RATE(8, Long.BYTES),
  MAX_PACING_RATE(16, Long.BYTES),
  DELIVERY_RATE(24, Long.BYTES),
  BUSY_TIME(32, Long.BYTES),
  RWND_LIMITED(40, Long.BYTES),
  SNDBUF_LIMITED(48, Long.BYTES),
  BYTES_SENT(56, Long.BYTES),
  BYTES_RETRANS(64, Long.BYTES),
  RTO(72, Integer.BYTES),
  ATO(76, Integer.BYTES),
  SND_MSS(80, Integer.BYTES),
  RCV_MSS(84, Integer.BYTES),
  UNACKED(88, Integer.BYTES),
  SACKED(92, Integer.BYTES),
  LOST(96, Integer.BYTES),
  RETRANS(100, Integer.BYTES),
  PMTU(104, Integer.BYTES),
  RCV_SSTHRESH(108, Integer.BYTES),
  RTTVAR(112, Integer.BYTES),
  SND_SSTHRESH(116, Integer.BYTES),
  SND_CWND(120, Integer.BYTES),
  ADVMSS(124, Integer.BYTES),
  REORDERING(128, Integer.BYTES),
  RCV_RTT(132, Integer.BYTES),
  RCV_SPACE(136, Integer.BYTES),
  NOTSENT_BYTES(140, Integer.BYTES),
  DATA_SEGS_IN(144, Integer.BYTES),
  DATA_SEGS_OUT(148, Integer.BYTES),
  DELIVERED(152, Integer.BYTES),
  DELIVERED_CE(156, Integer.BYTES),
  DSACK_DUPS(160, Integer.BYTES),
  REORD_SEEN(164, Integer.BYTES),
  RCV_OOOPACK(168, Integer.BYTES),
  SND_WND(172, Integer.BYTES),
  RCV_WND(176, Integer.BYTES),
  SNDBUF(180, Integer.BYTES),
  RCVBUF(184, Integer.BYTES),
  WMEM_QUEUED(188, Integer.BYTES),
  CA_STATE(192, Byte.BYTES),
  RETRANSMITS(193, Byte.BYTES),
  PROBES(195, Byte.BYTES),
  BACKOFF(196, Byte.BYTES);

  /** What {@link #read} returns where the kernel has no value, or no limit. */
  public static final long UNKNOWN = -1;

  private static final int SNAPSHOT = 0;

  private final int offset;
  private final int width;

  TcpField(int offset, int width) {
    this.offset = offset;
    this.width = width;
  }

  /** Returns the member's name in the struct. */
  public String member() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns where it lies. */
  public int offset() {
    return offset;
  }

  /** Returns how many bytes it has. */
  public int width() {
    return width;
  }

  /** Returns the value in the row that starts at {@code at}, or {@link #UNKNOWN}. */
  public long read(MemorySegment m, long at) {
    return switch (width) {
      case Byte.BYTES -> Byte.toUnsignedLong(m.get(JAVA_BYTE, at + offset));
      case Integer.BYTES -> {
        int value = m.get(JAVA_INT, at + offset);
        yield value == -1 ? UNKNOWN : Integer.toUnsignedLong(value);
      }
      default -> m.get(JAVA_LONG, at + offset);
    };
  }

  /** Returns the number of the snapshot that wrote the row. */
  public static long snapshot(MemorySegment m, long at) {
    return m.get(JAVA_LONG, at + SNAPSHOT);
  }
}
