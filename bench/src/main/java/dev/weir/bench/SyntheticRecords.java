package dev.weir.bench;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.weir.bpf.ConnectionRecord;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Connection records of a busy node: {@value #CONNECTIONS_SHARE} % whole short connections, the
 * rest live ones, each of one of {@value #ROWS} pairs of addresses in no order.
 */
final class SyntheticRecords {
  static final int ROWS = 2000;
  private static final int CONNECTIONS_SHARE = 80;
  private static final int SERVER_PORT = 8080;
  private static final int PROCESSES = 30;
  private static final long SECOND = 1_000_000_000L;

  private final Random random = new Random(20261120);
  private final int[] processes =
      ProcessHandle.allProcesses().mapToInt(p -> (int) p.pid()).limit(PROCESSES).toArray();
  private final int[] order = IntStream.range(0, ROWS).toArray();
  private int made;
  private final MemorySegment record =
      MemorySegment.ofArray(new long[ConnectionRecord.SIZE / Long.BYTES]);

  /** Returns the next record; the memory is the same each time. */
  MemorySegment next() {
    record.fill((byte) 0);
    int row = nextRow();
    boolean client = row % 2 == 0;
    boolean live = random.nextInt(100) >= CONNECTIONS_SHARE;
    long now = 1000 * SECOND + random.nextLong(SECOND);
    long took = (long) (SECOND * Math.pow(10, -4 + 5 * random.nextDouble()));
    long handshake = 20_000L + random.nextInt(30_000_000);
    int rtt = 20 + random.nextInt(30_000);
    put(ConnectionRecord.TIME, now);
    put(ConnectionRecord.START, now - took - handshake);
    put(ConnectionRecord.ESTABLISHED, now - took);
    put(ConnectionRecord.CGROUP, 1);
    put(ConnectionRecord.SENT, random.nextInt(100_000));
    put(ConnectionRecord.RECEIVED, random.nextInt(100_000));
    for (long counter = 0; counter < 2; counter++) {
      record.set(JAVA_INT, ConnectionRecord.DELTA + 4 * counter, 5 + random.nextInt(100));
    }
    record.set(JAVA_INT, ConnectionRecord.SRTT_US, rtt);
    record.set(JAVA_INT, ConnectionRecord.MIN_RTT_US, rtt / 2);
    record.set(JAVA_INT, ConnectionRecord.NETNS, 0xf0000000);
    record.set(JAVA_INT, ConnectionRecord.TGID, processes[row % processes.length]);
    int ephemeral = 32_768 + random.nextInt(28_000);
    port(ConnectionRecord.LOCAL_PORT, client ? ephemeral : SERVER_PORT);
    port(ConnectionRecord.REMOTE_PORT, client ? SERVER_PORT : ephemeral);
    address(ConnectionRecord.LOCAL, row % 40);
    address(ConnectionRecord.REMOTE, 256 + row / 40);
    byte[] name = Arrays.copyOf(("worker-" + row % 16).getBytes(StandardCharsets.US_ASCII), 16);
    MemorySegment.copy(name, 0, record, JAVA_BYTE, ConnectionRecord.COMM, name.length);
    flag(ConnectionRecord.FAMILY, 4);
    flag(
        ConnectionRecord.ROLE,
        client ? ConnectionRecord.ROLE_CLIENT : ConnectionRecord.ROLE_SERVER);
    flag(ConnectionRecord.KIND, live ? ConnectionRecord.KIND_LIVE : ConnectionRecord.KIND_CLOSE);
    flag(
        ConnectionRecord.EFFECTS,
        live
            ? 0
            : ConnectionRecord.OPENED
                | ConnectionRecord.ACTIVATED
                | ConnectionRecord.DEACTIVATED
                | ConnectionRecord.CLOSED);
    flag(ConnectionRecord.WANTED, 1);
    return record;
  }

  /** Returns each row once in every {@value #ROWS}, each time in another order. */
  private int nextRow() {
    int at = made++ % ROWS;
    int other = at + random.nextInt(ROWS - at);
    int row = order[other];
    order[other] = order[at];
    order[at] = row;
    return row;
  }

  private void put(long at, long value) {
    record.set(JAVA_LONG, at, value);
  }

  private void port(long at, int value) {
    record.set(JAVA_SHORT, at, (short) value);
  }

  private void flag(long at, int value) {
    record.set(JAVA_BYTE, at, (byte) value);
  }

  /** 10.0.x.y, mapped. */
  private void address(long at, int host) {
    byte[] address = new byte[16];
    address[10] = (byte) 0xff;
    address[11] = (byte) 0xff;
    address[12] = 10;
    address[14] = (byte) (host >> 8);
    address[15] = (byte) host;
    MemorySegment.copy(address, 0, record, JAVA_BYTE, at, address.length);
  }
}
