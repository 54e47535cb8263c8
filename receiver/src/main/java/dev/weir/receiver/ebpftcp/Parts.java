package dev.weir.receiver.ebpftcp;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.weir.bpf.ConnectionRecord;
import dev.weir.bpf.OverflowEntry;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;

/**
 * What a record says of who talks to whom, turned so that source is the side that opened. A scratch
 * that is filled again for each record; owned by one thread.
 *
 * <p>Where it is not known who opened (reporter unknown), the lower port is taken for the server's;
 * of two equal ports, the remote one.
 */
final class Parts {
  private static final boolean LITTLE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;

  long source0;
  long source1;
  long destination0;
  long destination1;
  long comm0;
  long comm1;
  int sourcePort;
  int destinationPort;
  int role;
  int family;
  int tgid;
  int netns;
  long cgroup;

  /** Whether the observed socket is the source's. */
  boolean sourceSide;

  /** Reads a connection record. */
  void read(MemorySegment m, long at) {
    int localPort = ConnectionRecord.localPort(m, at);
    int remotePort = ConnectionRecord.remotePort(m, at);
    role = m.get(JAVA_BYTE, at + ConnectionRecord.ROLE);
    boolean mine =
        role == ConnectionRecord.ROLE_CLIENT
            || (role != ConnectionRecord.ROLE_SERVER && remotePort <= localPort);
    turn(m, at + ConnectionRecord.LOCAL, m, at + ConnectionRecord.REMOTE, mine);
    sourcePort = mine ? localPort : remotePort;
    destinationPort = mine ? remotePort : localPort;
    family = m.get(JAVA_BYTE, at + ConnectionRecord.FAMILY);
    tgid = m.get(JAVA_INT, at + ConnectionRecord.TGID);
    netns = m.get(JAVA_INT, at + ConnectionRecord.NETNS);
    cgroup = m.get(JAVA_LONG, at + ConnectionRecord.CGROUP);
    name(m, at + ConnectionRecord.COMM);
  }

  /** Reads the key of an overflow entry: no client port, no owner but its name. */
  void readOverflow(MemorySegment key) {
    role = OverflowEntry.role(key);
    boolean mine = !OverflowEntry.localIsServer(key);
    turn(key, OverflowEntry.KEY_LOCAL, key, OverflowEntry.KEY_REMOTE, mine);
    sourcePort = 0;
    destinationPort = OverflowEntry.serverPort(key);
    family = OverflowEntry.family(key);
    tgid = 0;
    netns = OverflowEntry.netns(key);
    cgroup = 0;
    name(key, OverflowEntry.KEY_COMM);
  }

  private void turn(
      MemorySegment local, long localAt, MemorySegment remote, long remoteAt, boolean mine) {
    sourceSide = mine;
    long l0 = local.get(JAVA_LONG, localAt);
    long l1 = local.get(JAVA_LONG, localAt + 8);
    long r0 = remote.get(JAVA_LONG, remoteAt);
    long r1 = remote.get(JAVA_LONG, remoteAt + 8);
    source0 = mine ? l0 : r0;
    source1 = mine ? l1 : r1;
    destination0 = mine ? r0 : l0;
    destination1 = mine ? r1 : l1;
  }

  private void name(MemorySegment m, long at) {
    comm0 = m.get(JAVA_LONG, at);
    comm1 = m.get(JAVA_LONG, at + 8);
    long end = zeroBytes(comm0);
    if (end != 0) {
      // What stands after the end of the name is no part of it.
      comm0 &= before(end);
      comm1 = 0;
    } else {
      end = zeroBytes(comm1);
      if (end != 0) {
        comm1 &= before(end);
      }
    }
  }

  /** Marks the zero bytes of {@code word}; exact for the first of them in memory order. */
  private static long zeroBytes(long word) {
    if (LITTLE) {
      return (word - ONES) & ~word & HIGHS;
    }
    // The borrow of the subtraction runs the wrong way here: the exact form.
    return ~(((word & ~HIGHS) + ~HIGHS) | word | ~HIGHS);
  }

  /** Returns the mask of the bytes that stand before the first marked one. */
  private static long before(long marks) {
    if (LITTLE) {
      int bits = Long.numberOfTrailingZeros(marks) & ~7;
      return bits == 0 ? 0 : -1L >>> (64 - bits);
    }
    int bits = Long.numberOfLeadingZeros(marks) & ~7;
    return bits == 0 ? 0 : -1L << (64 - bits);
  }
}
