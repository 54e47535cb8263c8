package dev.weir.conformance;

import dev.weir.bpf.BpfException;
import dev.weir.bpf.ProbeConfig;
import dev.weir.bpf.ProbeStatistics;
import dev.weir.bpf.TcpProbe;
import dev.weir.testbed.Namespaces;
import dev.weir.testbed.Namespaces.End;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** The probe, read by a thread of its own as the receiver does, for one pair of namespaces. */
final class KernelWatch implements AutoCloseable {
  private static final int DEFAULT_RING = 1 << 22;

  /** How the probe is loaded and read. */
  record Pace(
      int ringSize,
      int rowCapacity,
      int overflowEntries,
      Duration drain,
      Duration snapshot,
      boolean adopt) {
    static final Pace DEFAULT =
        new Pace(DEFAULT_RING, 1024, 8192, Duration.ofMillis(50), Duration.ofSeconds(10), true);

    Pace ring(int bytes) {
      return new Pace(bytes, rowCapacity, overflowEntries, drain, snapshot, adopt);
    }

    Pace rows(int capacity) {
      return new Pace(ringSize, capacity, overflowEntries, drain, snapshot, adopt);
    }

    Pace overflow(int entries) {
      return new Pace(ringSize, rowCapacity, entries, drain, snapshot, adopt);
    }

    Pace drainEvery(Duration interval) {
      return new Pace(ringSize, rowCapacity, overflowEntries, interval, snapshot, adopt);
    }

    Pace snapshotEvery(Duration interval) {
      return new Pace(ringSize, rowCapacity, overflowEntries, drain, interval, adopt);
    }
  }

  private final TcpProbe probe;
  private final KernelLedger ledger = new KernelLedger();
  private final Thread reader;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final AtomicReference<@Nullable ProbeStatistics> statistics = new AtomicReference<>();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile boolean sweepWanted;
  private volatile boolean snapshotWanted;

  private KernelWatch(TcpProbe probe, Pace pace) {
    this.probe = probe;
    reader = Thread.ofPlatform().name("reader").start(() -> read(pace));
  }

  static KernelWatch of(Namespaces net) throws BpfException {
    return of(net, Pace.DEFAULT);
  }

  static KernelWatch of(Namespaces net, Pace pace) throws BpfException {
    return new KernelWatch(open(net, pace), pace);
  }

  /** The probe alone, for what reads it itself. */
  static TcpProbe open(Namespaces net, Pace pace) throws BpfException {
    return open(net, pace, false);
  }

  /** The same, with further fields of live connections. */
  static TcpProbe open(Namespaces net, Pace pace, boolean fields) throws BpfException {
    ProbeConfig.Selection both =
        new ProbeConfig.Selection(
            List.of(),
            List.of(),
            List.of(),
            List.of((int) net.inode(End.CLIENT), (int) net.inode(End.SERVER)));
    ProbeConfig config =
        new ProbeConfig(
            pace.ringSize,
            pace.rowCapacity,
            pace.overflowEntries,
            64,
            pace.adopt,
            List.of(
                new ProbeConfig.ReceiverConfig(
                    false, true, both, ProbeConfig.Selection.NONE, fields)));
    return TcpProbe.open(config, LoggerFactory.getLogger("probe"));
  }

  private void read(Pace pace) {
    try {
      long nextSnapshot = System.nanoTime() + pace.snapshot.toNanos();
      while (stop.getCount() > 0) {
        probe.await(pace.drain);
        probe.drain(ledger);
        if (sweepWanted) {
          sweepWanted = false;
          probe.sweepOwners();
        }
        if (snapshotWanted || System.nanoTime() > nextSnapshot) {
          probe.snapshot(ledger);
          probe.foldOverflow(ledger);
          nextSnapshot = System.nanoTime() + pace.snapshot.toNanos();
          snapshotWanted = false;
        }
        statistics.set(probe.statistics());
      }
      probe.finish(ledger, ledger);
    } catch (Throwable t) {
      failure.set(t);
    }
  }

  KernelLedger ledger() {
    return ledger;
  }

  /** Takes a snapshot now and returns when it is in the ledger. */
  void snapshot() {
    snapshotWanted = true;
    probe.wakeUp();
    Awaitility.await().pollInterval(Duration.ofMillis(5)).until(() -> !snapshotWanted);
  }

  /** Finds out anew who owns which connection. */
  void sweep() {
    sweepWanted = true;
    snapshot();
  }

  /** Returns the probe's own counters of a moment ago. */
  ProbeStatistics statistics() {
    Awaitility.await().until(() -> statistics.get() != null);
    ProbeStatistics now = statistics.get();
    if (now == null) {
      throw new AssertionError();
    }
    return now;
  }

  /** Waits until so many connections of both ends have ended, then stops and returns all sums. */
  KernelLedger finish(long endsOfClients, long endsOfServers) {
    return finish(
        endsOfClients + endsOfServers, Duration.ofSeconds(Integer.getInteger("finish", 20)));
  }

  /** The same, with another patience. */
  KernelLedger finish(long ends, Duration patience) {
    try {
      Awaitility.await()
          .atMost(patience)
          .pollInterval(Duration.ofMillis(20))
          .until(
              () -> {
                snapshotWanted = true; // folds the overflow
                return ends(ledger.client()) + ends(ledger.server()) + ends(ledger.unknown())
                    >= ends;
              });
    } catch (ConditionTimeoutException e) {
      // What came is what the caller compares.
    }
    return finish();
  }

  private static long ends(KernelLedger.Sums sums) {
    return sums.closed() + sums.failed();
  }

  /** Stops and returns all sums. */
  KernelLedger finish() {
    stop.countDown();
    probe.wakeUp();
    try {
      reader.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Throwable thrown = failure.get();
    if (thrown != null) {
      throw new AssertionError("the reader failed", thrown);
    }
    return ledger;
  }

  @Override
  public void close() {
    stop.countDown();
    probe.wakeUp();
    try {
      reader.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    probe.close();
  }
}
