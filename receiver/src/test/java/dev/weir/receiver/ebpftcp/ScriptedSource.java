package dev.weir.receiver.ebpftcp;

import dev.weir.bpf.ConnectionSource;
import dev.weir.bpf.OverflowSink;
import dev.weir.bpf.ProbeStatistics;
import dev.weir.bpf.RecordSink;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A source that says what a test tells it to. */
final class ScriptedSource implements ConnectionSource {
  final Queue<TestRecord> ring = new ConcurrentLinkedQueue<>();
  final List<TestRecord> live = new CopyOnWriteArrayList<>();
  final Queue<TestOverflow> overflow = new ConcurrentLinkedQueue<>();
  final Queue<MemorySegment> totals = new ConcurrentLinkedQueue<>();
  final AtomicInteger snapshots = new AtomicInteger();
  final AtomicInteger sweeps = new AtomicInteger();
  final AtomicInteger drains = new AtomicInteger();
  volatile boolean finished;
  volatile boolean closed;
  volatile boolean breakNext;
  private final Semaphore wakes = new Semaphore(0);

  @Override
  public void await(Duration atMost) {
    try {
      if (wakes.tryAcquire(Math.min(atMost.toNanos(), 2_000_000), TimeUnit.NANOSECONDS)) {
        wakes.drainPermits();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void wakeUp() {
    wakes.release();
  }

  @Override
  public int drain(RecordSink sink) {
    if (breakNext) {
      throw new IllegalStateException("broken by the test");
    }
    int n = 0;
    for (TestRecord record = ring.poll(); record != null; record = ring.poll()) {
      sink.accept(record.memory(), 0);
      n++;
    }
    drains.incrementAndGet();
    return n;
  }

  @Override
  public int snapshot(RecordSink sink) {
    for (TestRecord record : live) {
      sink.accept(record.memory(), 0);
    }
    snapshots.incrementAndGet();
    return live.size();
  }

  @Override
  public void foldOverflow(OverflowSink sink) {
    for (TestOverflow entry = overflow.poll(); entry != null; entry = overflow.poll()) {
      sink.accept(entry.key, entry.sum);
    }
    for (MemorySegment total = totals.poll(); total != null; total = totals.poll()) {
      sink.acceptTotal(total);
    }
  }

  @Override
  public void sweepOwners() {
    sweeps.incrementAndGet();
  }

  @Override
  public ProbeStatistics statistics() {
    return new ProbeStatistics(
        11,
        22,
        4096,
        3,
        1,
        4,
        Map.of("tcp_state", 5L),
        6,
        7,
        8,
        Map.of("storage", 9L),
        Map.of("storage", 100L),
        snapshots.get(),
        live.size(),
        1_500_000_000L,
        10,
        11,
        12,
        13);
  }

  @Override
  public void finish(RecordSink records, OverflowSink sink) {
    snapshot(records);
    drain(records);
    foldOverflow(sink);
    finished = true;
  }

  @Override
  public void close() {
    closed = true;
  }
}
