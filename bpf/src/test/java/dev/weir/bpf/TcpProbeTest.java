package dev.weir.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The probe against the running kernel, with traffic on loopback. */
class TcpProbeTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  static ProbeConfig config(int ringSize, boolean events, ProbeConfig.Selection include) {
    return new ProbeConfig(
        ringSize,
        1024,
        64,
        64,
        true,
        List.of(
            new ProbeConfig.ReceiverConfig(events, false, include, ProbeConfig.Selection.NONE)));
  }

  /** Only what goes to {@code port}. */
  static ProbeConfig.Selection port(int port) {
    return new ProbeConfig.Selection(List.of(), List.of(port), List.of(), List.of());
  }

  /** What a record said, copied out of the kernel's memory. */
  record Seen(
      int kind,
      int role,
      int effects,
      int outcome,
      long sent,
      long received,
      int localPort,
      int remotePort,
      String comm,
      int tgid,
      long handshake) {
    static Seen copy(MemorySegment m, long at) {
      return new Seen(
          ConnectionRecord.kind(m, at),
          ConnectionRecord.role(m, at),
          ConnectionRecord.effects(m, at),
          ConnectionRecord.outcome(m, at),
          ConnectionRecord.sent(m, at),
          ConnectionRecord.received(m, at),
          ConnectionRecord.localPort(m, at),
          ConnectionRecord.remotePort(m, at),
          ConnectionRecord.comm(m, at),
          ConnectionRecord.tgid(m, at),
          ConnectionRecord.established(m, at) - ConnectionRecord.start(m, at));
    }
  }

  private static void exchange(ServerSocket server, int up, int down) throws IOException {
    try (Socket client = new Socket()) {
      client.connect(new InetSocketAddress(LOOPBACK, server.getLocalPort()));
      try (Socket accepted = server.accept()) {
        client.getOutputStream().write(new byte[up]);
        assertThat(accepted.getInputStream().readNBytes(up)).hasSize(up);
        accepted.getOutputStream().write(new byte[down]);
        assertThat(client.getInputStream().readNBytes(down)).hasSize(down);
        client.shutdownOutput();
        assertThat(accepted.getInputStream().read()).isEqualTo(-1);
      }
    }
  }

  @Test
  void aShortConnectionComesWholeInOneRecordOfEachEnd() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 64, LOOPBACK);
        TcpProbe probe =
            TcpProbe.open(
                config(1 << 16, false, port(server.getLocalPort())),
                LoggerFactory.getLogger("test"))) {
      assertThat(probe.hooks()).allMatch(h -> h.state() == Hook.State.ATTACHED);

      exchange(server, 1000, 70);
      List<Seen> seen = new ArrayList<>();
      while (seen.size() < 2) {
        probe.drain((m, at) -> seen.add(Seen.copy(m, at)));
      }

      int both = ConnectionRecord.OPENED | ConnectionRecord.CLOSED;
      assertThat(seen).hasSize(2);
      Seen client =
          seen.stream()
              .filter(s -> s.role() == ConnectionRecord.ROLE_CLIENT)
              .findFirst()
              .orElseThrow();
      Seen accepted =
          seen.stream()
              .filter(s -> s.role() == ConnectionRecord.ROLE_SERVER)
              .findFirst()
              .orElseThrow();
      assertThat(client.kind()).isEqualTo(ConnectionRecord.KIND_CLOSE);
      assertThat(client.effects()).isEqualTo(both);
      assertThat(client.sent()).isEqualTo(1000);
      assertThat(client.received()).isEqualTo(70);
      assertThat(client.comm()).isEqualTo("java");
      assertThat(client.tgid()).isEqualTo((int) ProcessHandle.current().pid());
      assertThat(client.outcome()).isZero();
      assertThat(client.handshake()).isPositive();
      assertThat(accepted.effects()).isEqualTo(both);
      assertThat(accepted.sent()).isEqualTo(70);
      assertThat(accepted.received()).isEqualTo(1000);
    }
  }

  @Test
  void aSnapshotAndTheEndAddUpToWhatWasSent() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 64, LOOPBACK);
        TcpProbe probe =
            TcpProbe.open(
                config(1 << 16, false, port(server.getLocalPort())),
                LoggerFactory.getLogger("test"))) {
      AtomicLong sent = new AtomicLong();
      AtomicLong received = new AtomicLong();
      AtomicLong active = new AtomicLong();
      AtomicLong closed = new AtomicLong();
      RecordSink sum =
          (m, at) -> {
            sent.addAndGet(ConnectionRecord.sent(m, at));
            received.addAndGet(ConnectionRecord.received(m, at));
            int effects = ConnectionRecord.effects(m, at);
            active.addAndGet((effects & ConnectionRecord.ACTIVATED) != 0 ? 1 : 0);
            active.addAndGet((effects & ConnectionRecord.DEACTIVATED) != 0 ? -1 : 0);
            closed.addAndGet((effects & ConnectionRecord.CLOSED) != 0 ? 1 : 0);
          };

      try (Socket client = new Socket(LOOPBACK, server.getLocalPort());
          Socket accepted = server.accept()) {
        for (int i = 1; i <= 5; i++) {
          client.getOutputStream().write(new byte[i * 100]);
          assertThat(accepted.getInputStream().readNBytes(i * 100)).hasSize(i * 100);
          assertThat(probe.snapshot(sum)).isEqualTo(2);
        }
        assertThat(active.get()).isEqualTo(2);
        assertThat(sent.get()).isEqualTo(1500);
      }
      while (closed.get() < 2) {
        probe.drain(sum);
      }

      assertThat(sent.get()).isEqualTo(1500);
      assertThat(received.get()).isEqualTo(1500);
      assertThat(active.get()).isZero();
      assertThat(probe.snapshot(sum)).isZero();
    }
  }

  @Test
  void whatTheRingHasNoRoomForIsCountedByWhoTalksToWhom() throws Exception {
    int connections = 400;
    try (ServerSocket server = new ServerSocket(0, 64, LOOPBACK);
        TcpProbe probe =
            TcpProbe.open(
                config(4096, false, port(server.getLocalPort())),
                LoggerFactory.getLogger("test"))) {
      for (int i = 0; i < connections; i++) {
        exchange(server, 10, 3);
      }
      AtomicLong sent = new AtomicLong();
      AtomicLong opened = new AtomicLong();
      AtomicLong closed = new AtomicLong();
      probe.finish(
          (m, at) -> {
            sent.addAndGet(ConnectionRecord.sent(m, at));
            opened.addAndGet(
                (ConnectionRecord.effects(m, at) & ConnectionRecord.OPENED) != 0 ? 1 : 0);
            closed.addAndGet(
                (ConnectionRecord.effects(m, at) & ConnectionRecord.CLOSED) != 0 ? 1 : 0);
          },
          new OverflowSink() {
            @Override
            public void accept(MemorySegment key, MemorySegment sum) {
              assertThat(OverflowEntry.serverPort(key)).isEqualTo(server.getLocalPort());
              acceptTotal(sum);
            }

            @Override
            public void acceptTotal(MemorySegment sum) {
              sent.addAndGet(OverflowEntry.sum(sum, OverflowEntry.SUM_SENT));
              opened.addAndGet(OverflowEntry.sum(sum, OverflowEntry.SUM_OPENED));
              closed.addAndGet(OverflowEntry.sum(sum, OverflowEntry.SUM_CLOSED));
            }
          });

      assertThat(probe.statistics().overflowed()).isPositive();
      assertThat(sent.get()).isEqualTo(13L * connections);
      assertThat(opened.get()).isEqualTo(2L * connections);
      assertThat(closed.get()).isEqualTo(2L * connections);
    }
  }
}
