package dev.weir.bpf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of notes of closing connections; the kernel's part is played by the test. */
class ClosingSlotsTest {
  private static final int FREE = 0;
  private static final int BUSY = 2;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment slots =
      arena.allocate((long) ClosingSlots.SIZE * ClosingSlots.SLOTS, 8);
  private final ClosingSlots closing = new ClosingSlots(slots, arena);
  private final List<Taken> taken = new ArrayList<>();

  private record Taken(long sent, long received, int segments, int effects) {}

  @AfterEach
  void free() {
    arena.close();
  }

  private void note(int slot, int seen) {
    long at = (long) slot * ClosingSlots.SIZE;
    slots.set(JAVA_INT, at + ClosingSlots.SEEN, seen);
    slots.set(JAVA_LONG, at + ClosingSlots.BASE_SENT, 100);
    slots.set(JAVA_LONG, at + ClosingSlots.BASE_RECEIVED, 7);
    slots.set(JAVA_INT, at + ClosingSlots.BASE, 5);
    long record = at + ClosingSlots.RECORD;
    slots.set(JAVA_LONG, record + ConnectionRecord.TOTAL_SENT, 150);
    slots.set(JAVA_LONG, record + ConnectionRecord.TOTAL_RECEIVED, 7);
    slots.set(JAVA_INT, record + ConnectionRecord.TOTAL, 3);
    slots.set(JAVA_BYTE, record + ConnectionRecord.KIND, (byte) ConnectionRecord.KIND_CLOSE);
    slots.set(JAVA_INT, at + ClosingSlots.STATE, BUSY);
  }

  private void collect(int snapshot) {
    closing.collect(
        snapshot,
        2,
        ClosingSlots.SLOTS,
        (m, at) ->
            taken.add(
                new Taken(
                    ConnectionRecord.sent(m, at),
                    ConnectionRecord.received(m, at),
                    ConnectionRecord.segmentsOut(m, at, ConnectionRecord.DELTA),
                    ConnectionRecord.effects(m, at))));
  }

  @Test
  void whatTwoSnapshotsMissAndNothingFreedIsReportedOnce() {
    note(3, 10);
    collect(11); // the first that meets the note: it may have been written while this ran
    collect(12);
    assertThat(taken).isEmpty();
    collect(13);
    collect(14);

    // Segments that a later row had reported already are not taken back.
    assertThat(taken)
        .containsExactly(
            new Taken(
                50,
                0,
                0,
                ConnectionRecord.OPENED | ConnectionRecord.CLOSED | ConnectionRecord.BACKSTOP));
    assertThat(slots.get(JAVA_INT, 3L * ClosingSlots.SIZE + ClosingSlots.STATE)).isEqualTo(FREE);
    assertThat(closing.taken()).isEqualTo(1);
  }

  @Test
  void aSocketThatSnapshotsStillFindIsLeftAlone() {
    note(0, 10);
    for (int snapshot = 11; snapshot < 40; snapshot++) {
      // It is skipped every other time.
      if (snapshot % 2 == 0) {
        slots.set(JAVA_INT, ClosingSlots.SEEN, snapshot);
      }
      collect(snapshot);
    }

    assertThat(taken).isEmpty();
    assertThat(closing.busy()).isEqualTo(1);
  }

  @Test
  void aNoteThatTheKernelFreedIsForgotten() {
    note(0, 10);
    collect(11);
    slots.set(JAVA_INT, ClosingSlots.STATE, FREE);
    collect(12);
    note(0, 12); // the slot serves another connection
    collect(13);
    collect(14);

    assertThat(taken).isEmpty();
    collect(15);
    assertThat(taken).hasSize(1);
  }

  @Test
  void whatWasActiveIsNotActiveAnyMore() {
    note(0, 10);
    slots.set(JAVA_INT, ClosingSlots.REPORTED, 3);
    collect(11);
    collect(12);
    collect(13);

    assertThat(taken)
        .extracting(Taken::effects)
        .containsExactly(
            ConnectionRecord.CLOSED | ConnectionRecord.DEACTIVATED | ConnectionRecord.BACKSTOP);
  }
}
