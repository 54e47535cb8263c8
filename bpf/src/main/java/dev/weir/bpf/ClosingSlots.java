package dev.weir.bpf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * Finds connections that ended unseen: {@code struct slot} in {@code state.h} tells why there are
 * any.
 *
 * <p>The kernel notes what a connection will have sent and received when its application closes it,
 * and frees the note when it reports the end. Each snapshot stamps the notes of the sockets that it
 * meets. A note that is neither freed nor stamped by two snapshots in a row, both begun after it
 * was written, belongs to a socket that is gone: its figures become the record that the kernel
 * could not make. Two, because one snapshot may skip a socket. Should both have skipped a living
 * one, the kernel finds the note taken and reports nothing: never twice.
 *
 * <p>Cost: one pass over the states of the slots in use a snapshot, at most {@value #SLOTS} loads,
 * 160 us.
 */
final class ClosingSlots {
  /** How many connections may be closing at once; more than that are not insured, and counted. */
  static final int SLOTS = 8192;

  static final int SIZE = 264;
  static final int STATE = 0;
  static final int SEEN = 4;
  static final int BASE_SENT = 16;
  static final int BASE_RECEIVED = 24;
  static final int BASE = 32;
  static final int REPORTED = 56;
  static final int ADOPTED = 60;
  static final int RECORD = 64;

  private static final int BUSY = 2;
  private static final int TAKEN = 3;
  private static final int FREE = 0;
  private static final int REPORTED_OPENED = 1;
  private static final int REPORTED_ACTIVE = 2;
  private static final int SEGMENT_COUNTERS = 6;
  private static final VarHandle INT = JAVA_INT.varHandle();

  private final MemorySegment slots;
  private final MemorySegment scratch;
  private final int[] firstMet;
  private long busy;
  private long taken;

  /**
   * Makes a reader.
   *
   * @param slots the mapped slots
   * @param arena keeps the scratch record
   */
  ClosingSlots(MemorySegment slots, Arena arena) {
    this.slots = slots;
    this.scratch = arena.allocate(ConnectionRecord.SIZE, 8);
    this.firstMet = new int[SLOTS];
  }

  /** Returns how many connections were closing at the last pass. */
  long busy() {
    return busy;
  }

  /** Returns how many ends were found this way. */
  long taken() {
    return taken;
  }

  /**
   * Hands over what ended unseen; to be called after each snapshot.
   *
   * @param snapshot the number of the snapshot that has just ended
   * @param patience how many snapshots in a row must have missed a socket
   * @param used how many slots were ever handed out: the rest is not touched, to keep it out of
   *     memory
   */
  void collect(int snapshot, int patience, long used, RecordSink sink) {
    long now = 0;
    // Slot 0 is tried before any is handed out.
    for (int i = 0; i < Math.min(used + 1, SLOTS); i++) {
      long at = (long) i * SIZE;
      int state = (int) INT.getAcquire(slots, at + STATE);
      if (state != BUSY) {
        firstMet[i] = 0;
        continue;
      }
      now++;
      int seen = slots.get(JAVA_INT, at + SEEN);
      if (firstMet[i] == 0 || seen == snapshot) {
        // Written during this snapshot or before: the next is the first that must find the socket.
        firstMet[i] = snapshot;
        continue;
      }
      if (snapshot - Math.max(seen, firstMet[i]) >= patience
          && INT.compareAndSet(slots, at + STATE, BUSY, TAKEN)) {
        take(at);
        sink.accept(scratch, 0);
        taken++;
        firstMet[i] = 0;
        INT.setRelease(slots, at + STATE, FREE);
      }
    }
    busy = now;
  }

  private void take(long slot) {
    MemorySegment.copy(slots, slot + RECORD, scratch, 0, ConnectionRecord.SIZE);
    scratch.set(
        JAVA_LONG,
        ConnectionRecord.SENT,
        ConnectionRecord.totalSent(scratch, 0) - slots.get(JAVA_LONG, slot + BASE_SENT));
    scratch.set(
        JAVA_LONG,
        ConnectionRecord.RECEIVED,
        ConnectionRecord.totalReceived(scratch, 0) - slots.get(JAVA_LONG, slot + BASE_RECEIVED));
    for (int i = 0; i < SEGMENT_COUNTERS; i++) {
      long offset = (long) Integer.BYTES * i;
      // What a later row has reported may be ahead of what was noted here: segments after the
      // close.
      int delta =
          scratch.get(JAVA_INT, ConnectionRecord.TOTAL + offset)
              - slots.get(JAVA_INT, slot + BASE + offset);
      scratch.set(JAVA_INT, ConnectionRecord.DELTA + offset, Math.max(delta, 0));
    }
    int reported = slots.get(JAVA_INT, slot + REPORTED);
    boolean adopted = slots.get(JAVA_INT, slot + ADOPTED) != 0;
    int effects = ConnectionRecord.CLOSED | ConnectionRecord.BACKSTOP;
    effects |= adopted ? ConnectionRecord.ADOPTED : 0;
    effects |= !adopted && (reported & REPORTED_OPENED) == 0 ? ConnectionRecord.OPENED : 0;
    effects |= (reported & REPORTED_ACTIVE) != 0 ? ConnectionRecord.DEACTIVATED : 0;
    scratch.set(JAVA_BYTE, ConnectionRecord.EFFECTS, (byte) effects);
  }
}
