package dev.weir.receiver.ebpftcp;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.weir.bpf.Outcome;
import dev.weir.bpf.OverflowEntry;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** An entry of the overflow hash. */
@SuppressWarnings("EnumOrdinal") // an outcome's ordinal is the kernel's number
final class TestOverflow {
  final MemorySegment key = MemorySegment.ofArray(new long[OverflowEntry.KEY_SIZE / 8]);
  final MemorySegment sum = MemorySegment.ofArray(new long[OverflowEntry.SUM_SIZE / 8]);

  static TestOverflow of(int role, String local, String remote, int serverPort, String comm) {
    TestOverflow entry = new TestOverflow();
    entry.key.set(JAVA_SHORT, OverflowEntry.KEY_SERVER_PORT, (short) serverPort);
    entry.key.set(JAVA_BYTE, OverflowEntry.KEY_ROLE, (byte) role);
    entry.key.set(JAVA_BYTE, OverflowEntry.KEY_FAMILY, (byte) 4);
    entry.key.set(JAVA_BYTE, OverflowEntry.KEY_WANTED, (byte) 0xff);
    MemorySegment.copy(
        TestRecord.sixteen(local), 0, entry.key, JAVA_BYTE, OverflowEntry.KEY_LOCAL, 16);
    MemorySegment.copy(
        TestRecord.sixteen(remote), 0, entry.key, JAVA_BYTE, OverflowEntry.KEY_REMOTE, 16);
    byte[] name = comm.getBytes(StandardCharsets.UTF_8);
    MemorySegment.copy(name, 0, entry.key, JAVA_BYTE, OverflowEntry.KEY_COMM, name.length);
    return entry;
  }

  TestOverflow outcome(Outcome outcome) {
    key.set(JAVA_BYTE, OverflowEntry.KEY_OUTCOME, (byte) outcome.ordinal());
    return this;
  }

  TestOverflow wanted(int bits) {
    key.set(JAVA_BYTE, OverflowEntry.KEY_WANTED, (byte) bits);
    return this;
  }

  TestOverflow put(int offset, long value) {
    sum.set(JAVA_LONG, offset, value);
    return this;
  }
}
