package dev.weir.bench;

import dev.weir.bpf.ConnectionRecord;
import dev.weir.bpf.ProbeConfig;
import dev.weir.bpf.TcpProbe;
import dev.weir.receiver.ebpftcp.EbpfTcpConfig;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;

/**
 * The real probe with every hook, and a thread that reads its ring as the receiver does: every 50
 * ms, or when the ring fills. It runs in this process, so that its CPU is not that of the load.
 */
final class KernelReader implements AutoCloseable {
  private static final Duration WAIT = Duration.ofMillis(50);

  private final CompletableFuture<TcpProbe> opened = new CompletableFuture<>();
  private final CompletableFuture<Long> ended = new CompletableFuture<>();
  private final Thread thread;
  private volatile boolean stopping;

  /** Loads and attaches; returns when everything is attached. */
  KernelReader(boolean events, Logger log) throws InterruptedException {
    thread = new Thread(() -> read(events, log), "bench-reader");
    thread.start();
    try {
      opened.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Returns what the agent loads the probe with by default. */
  static ProbeConfig config(boolean events) {
    EbpfTcpConfig defaults = EbpfTcpConfig.SCHEMA.defaults();
    return new ProbeConfig(
        (int) defaults.ringSize(),
        (int) defaults.rowCapacity(),
        (int) defaults.overflowEntries(),
        (int) defaults.filterEntries(),
        true,
        List.of(
            new ProbeConfig.ReceiverConfig(
                events, true, ProbeConfig.Selection.NONE, ProbeConfig.Selection.NONE)));
  }

  private void read(boolean events, Logger log) {
    long[] closed = new long[1];
    try (TcpProbe probe = TcpProbe.open(config(events), log)) {
      opened.complete(probe);
      while (!stopping) {
        probe.await(WAIT);
        drain(probe, closed);
      }
      drain(probe, closed);
      ended.complete(closed[0]);
    } catch (Exception e) {
      opened.completeExceptionally(e);
      ended.completeExceptionally(e);
    }
  }

  private static void drain(TcpProbe probe, long[] closed) {
    probe.drain(
        (m, at) -> {
          if ((ConnectionRecord.effects(m, at) & ConnectionRecord.CLOSED) != 0) {
            closed[0]++;
          }
        });
  }

  /** Ends and returns how many closed connections it has read. */
  long stop() throws InterruptedException {
    stopping = true;
    opened.join().wakeUp();
    thread.join();
    return ended.join();
  }

  @Override
  public void close() {
    if (thread.isAlive()) {
      try {
        stop();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
