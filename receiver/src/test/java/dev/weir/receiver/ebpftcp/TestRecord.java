package dev.weir.receiver.ebpftcp;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.weir.bpf.ConnectionRecord;
import dev.weir.bpf.Outcome;
import dev.weir.bpf.TcpField;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;

/** A connection record as the kernel would write it, made field by field. */
@SuppressWarnings("EnumOrdinal") // an outcome's ordinal is the kernel's number
final class TestRecord {
  private final MemorySegment memory =
      MemorySegment.ofArray(new long[ConnectionRecord.SIZE / Long.BYTES]);

  static TestRecord of(int kind, int effects) {
    TestRecord record = new TestRecord();
    record.memory.set(JAVA_BYTE, ConnectionRecord.KIND, (byte) kind);
    record.memory.set(JAVA_BYTE, ConnectionRecord.EFFECTS, (byte) effects);
    record.memory.set(JAVA_BYTE, ConnectionRecord.FAMILY, (byte) 4);
    record.memory.set(JAVA_BYTE, ConnectionRecord.WANTED, (byte) 0xff);
    record.memory.set(JAVA_INT, ConnectionRecord.MIN_RTT_US, ConnectionRecord.NO_RTT);
    return record.time(1_000_000_000L).owner("curl", 4711);
  }

  /** A connection that was opened and closed between two snapshots: one record says it all. */
  static TestRecord whole() {
    return of(
        ConnectionRecord.KIND_CLOSE,
        ConnectionRecord.OPENED
            | ConnectionRecord.ACTIVATED
            | ConnectionRecord.DEACTIVATED
            | ConnectionRecord.CLOSED);
  }

  static TestRecord opened() {
    return of(ConnectionRecord.KIND_OPEN, ConnectionRecord.OPENED | ConnectionRecord.ACTIVATED);
  }

  static TestRecord live() {
    return of(ConnectionRecord.KIND_LIVE, 0);
  }

  /** The row behind a live one. */
  static TestRecord fields(long snapshot) {
    TestRecord record = new TestRecord();
    record.memory.set(JAVA_LONG, 0, snapshot);
    record.memory.set(JAVA_BYTE, ConnectionRecord.KIND, (byte) ConnectionRecord.KIND_FIELDS);
    record.memory.set(JAVA_BYTE, ConnectionRecord.WANTED, (byte) 0xff);
    return record;
  }

  TestRecord field(TcpField field, long value) {
    switch (field.width()) {
      case Byte.BYTES -> memory.set(JAVA_BYTE, field.offset(), (byte) value);
      case Integer.BYTES -> memory.set(JAVA_INT, field.offset(), (int) value);
      default -> memory.set(JAVA_LONG, field.offset(), value);
    }
    return this;
  }

  static TestRecord closed() {
    return of(ConnectionRecord.KIND_CLOSE, ConnectionRecord.DEACTIVATED | ConnectionRecord.CLOSED);
  }

  static TestRecord failed(Outcome outcome) {
    return of(ConnectionRecord.KIND_FAIL, ConnectionRecord.FAILED).outcome(outcome);
  }

  TestRecord client(String local, int localPort, String remote, int remotePort) {
    return ends(ConnectionRecord.ROLE_CLIENT, local, localPort, remote, remotePort);
  }

  TestRecord server(String local, int localPort, String remote, int remotePort) {
    return ends(ConnectionRecord.ROLE_SERVER, local, localPort, remote, remotePort);
  }

  TestRecord unknown(String local, int localPort, String remote, int remotePort) {
    return ends(ConnectionRecord.ROLE_UNKNOWN, local, localPort, remote, remotePort);
  }

  private TestRecord ends(int role, String local, int localPort, String remote, int remotePort) {
    memory.set(JAVA_BYTE, ConnectionRecord.ROLE, (byte) role);
    memory.set(JAVA_SHORT, ConnectionRecord.LOCAL_PORT, (short) localPort);
    memory.set(JAVA_SHORT, ConnectionRecord.REMOTE_PORT, (short) remotePort);
    address(ConnectionRecord.LOCAL, local);
    address(ConnectionRecord.REMOTE, remote);
    return this;
  }

  private void address(long at, String literal) {
    byte[] bytes = sixteen(literal);
    MemorySegment.copy(bytes, 0, memory, JAVA_BYTE, at, 16);
    if (InetAddress.ofLiteral(literal).getAddress().length == 16) {
      memory.set(JAVA_BYTE, ConnectionRecord.FAMILY, (byte) 6);
    }
  }

  static byte[] sixteen(String literal) {
    byte[] bytes = InetAddress.ofLiteral(literal).getAddress();
    byte[] out = new byte[16];
    if (bytes.length == 4) {
      out[10] = (byte) 0xff;
      out[11] = (byte) 0xff;
      System.arraycopy(bytes, 0, out, 12, 4);
    } else {
      System.arraycopy(bytes, 0, out, 0, 16);
    }
    return out;
  }

  TestRecord io(long sent, long received) {
    memory.set(JAVA_LONG, ConnectionRecord.SENT, sent);
    memory.set(JAVA_LONG, ConnectionRecord.RECEIVED, received);
    return this;
  }

  TestRecord totals(long sent, long received) {
    memory.set(JAVA_LONG, ConnectionRecord.TOTAL_SENT, sent);
    memory.set(JAVA_LONG, ConnectionRecord.TOTAL_RECEIVED, received);
    return this;
  }

  /** Out, in, retransmits, lost, resets out, resets in. */
  TestRecord segments(int... deltas) {
    for (int i = 0; i < deltas.length; i++) {
      memory.set(JAVA_INT, ConnectionRecord.DELTA + 4L * i, deltas[i]);
      memory.set(JAVA_INT, ConnectionRecord.TOTAL + 4L * i, deltas[i]);
    }
    return this;
  }

  TestRecord times(long start, long established, long time) {
    memory.set(JAVA_LONG, ConnectionRecord.START, start);
    memory.set(JAVA_LONG, ConnectionRecord.ESTABLISHED, established);
    return time(time);
  }

  TestRecord time(long time) {
    memory.set(JAVA_LONG, ConnectionRecord.TIME, time);
    return this;
  }

  TestRecord rtt(int smoothedMicros, int leastMicros) {
    memory.set(JAVA_INT, ConnectionRecord.SRTT_US, smoothedMicros);
    memory.set(JAVA_INT, ConnectionRecord.MIN_RTT_US, leastMicros);
    return this;
  }

  TestRecord owner(String comm, int tgid) {
    return owner(comm.getBytes(StandardCharsets.UTF_8), tgid);
  }

  TestRecord owner(byte[] comm, int tgid) {
    for (int i = 0; i < 16; i++) {
      memory.set(JAVA_BYTE, ConnectionRecord.COMM + i, i < comm.length ? comm[i] : 0);
    }
    memory.set(JAVA_INT, ConnectionRecord.TGID, tgid);
    return this;
  }

  TestRecord where(int netns, long cgroup) {
    memory.set(JAVA_INT, ConnectionRecord.NETNS, netns);
    memory.set(JAVA_LONG, ConnectionRecord.CGROUP, cgroup);
    return this;
  }

  TestRecord identified(long cookie, int generation) {
    memory.set(JAVA_LONG, ConnectionRecord.COOKIE, cookie);
    memory.set(JAVA_INT, ConnectionRecord.GENERATION, generation);
    return this;
  }

  TestRecord outcome(Outcome outcome) {
    memory.set(JAVA_BYTE, ConnectionRecord.OUTCOME, (byte) outcome.ordinal());
    return this;
  }

  TestRecord wanted(int bits) {
    memory.set(JAVA_BYTE, ConnectionRecord.WANTED, (byte) bits);
    return this;
  }

  MemorySegment memory() {
    return memory;
  }
}
