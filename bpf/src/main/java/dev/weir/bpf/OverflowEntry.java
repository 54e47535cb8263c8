package dev.weir.bpf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;

/** Offsets and readers of {@code struct overflow_key} and {@code struct overflow_sum}. */
public final class OverflowEntry {
  /** Bytes of a key. */
  public static final int KEY_SIZE = 64;

  /** Bytes of a sum. */
  public static final int SUM_SIZE = 104;

  // struct overflow_key
  public static final int KEY_NETNS = 0;
  public static final int KEY_SERVER_PORT = 4;
  public static final int KEY_FAMILY = 6;
  public static final int KEY_ROLE = 7;
  public static final int KEY_OUTCOME = 8;
  public static final int KEY_WANTED = 9;
  public static final int KEY_LOCAL_IS_SERVER = 10;
  public static final int KEY_LOCAL = 16;
  public static final int KEY_REMOTE = 32;
  public static final int KEY_COMM = 48;

  // struct overflow_sum
  public static final int SUM_SENT = 0;
  public static final int SUM_RECEIVED = 8;
  public static final int SUM_SEGMENTS_OUT = 16;
  public static final int SUM_SEGMENTS_IN = 24;
  public static final int SUM_RETRANSMITS = 32;
  public static final int SUM_LOST = 40;
  public static final int SUM_RESETS_OUT = 48;
  public static final int SUM_RESETS_IN = 56;
  public static final int SUM_OPENED = 64;
  public static final int SUM_CLOSED = 72;
  public static final int SUM_FAILED = 80;
  public static final int SUM_ACTIVE = 88;
  public static final int SUM_RECORDS = 96;

  private OverflowEntry() {}

  public static int netns(MemorySegment key) {
    return key.get(JAVA_INT, KEY_NETNS);
  }

  public static int serverPort(MemorySegment key) {
    return Short.toUnsignedInt(key.get(JAVA_SHORT, KEY_SERVER_PORT));
  }

  public static int family(MemorySegment key) {
    return key.get(JAVA_BYTE, KEY_FAMILY);
  }

  public static int role(MemorySegment key) {
    return key.get(JAVA_BYTE, KEY_ROLE);
  }

  /** An index of {@link Outcome}. */
  public static int outcome(MemorySegment key) {
    return key.get(JAVA_BYTE, KEY_OUTCOME);
  }

  public static int wanted(MemorySegment key) {
    return Byte.toUnsignedInt(key.get(JAVA_BYTE, KEY_WANTED));
  }

  /** Whether the local end is the server: where the role is unknown, by the lower port. */
  public static boolean localIsServer(MemorySegment key) {
    return role(key) == ConnectionRecord.ROLE_SERVER
        || key.get(JAVA_BYTE, KEY_LOCAL_IS_SERVER) != 0;
  }

  /** Returns the sum at {@code offset}, one of the SUM constants. */
  public static long sum(MemorySegment sums, int offset) {
    return sums.get(JAVA_LONG, offset);
  }
}
