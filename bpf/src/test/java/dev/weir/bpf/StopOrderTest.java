package dev.weir.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/** Rule 9 of "How totals stay exact": snapshot, detach, two more snapshots. */
class StopOrderTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  /** Without the snapshots after the detach, what a connection moved before it is lost. */
  @ParameterizedTest
  @CsvSource({"2, 150", "0, 100"})
  void whatMovesBetweenTheLastSnapshotAndTheDetachIsCounted(int passes, long counted)
      throws Exception {
    AtomicLong sent = new AtomicLong();
    OverflowSink nothing =
        new OverflowSink() {
          @Override
          public void accept(MemorySegment key, MemorySegment sum) {}

          @Override
          public void acceptTotal(MemorySegment sum) {}
        };
    try (ServerSocket server = new ServerSocket(0, 64, LOOPBACK);
        TcpProbe probe =
            TcpProbe.open(
                TcpProbeTest.config(1 << 16, false, TcpProbeTest.port(server.getLocalPort())),
                LoggerFactory.getLogger("test"));
        Socket client = new Socket(LOOPBACK, server.getLocalPort());
        Socket accepted = server.accept()) {
      move(client, accepted, 100);

      probe.finish(
          (m, at) -> sent.addAndGet(ConnectionRecord.sent(m, at)),
          nothing,
          () -> move(client, accepted, 50),
          passes);

      assertThat(sent.get()).isEqualTo(counted);
    }
  }

  private static void move(Socket from, Socket to, int bytes) {
    try {
      from.getOutputStream().write(new byte[bytes]);
      assertThat(to.getInputStream().readNBytes(bytes)).hasSize(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
