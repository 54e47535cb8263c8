package dev.weir.bench;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.weir.bpf.MemoryRing;
import dev.weir.bpf.RecordSink;
import dev.weir.receiver.ebpftcp.RowFold;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/**
 * What the receiver spends on a record: the agent's ring reader over one ring of records, on one
 * side with a sink that only adds 20 longs of each up, on the other with the receiver's rows.
 */
final class FoldBenchmark implements Benchmark {
  private static final double MOST_TIMES = 10;
  private static final int RING = 4 << 20;
  private static final int LONGS = 20;
  private static final long SIDE_NANOS = 200_000_000L;
  private static final long WARM_UP_NANOS = 3_000_000_000L;

  @Override
  public String name() {
    return "fold";
  }

  @Override
  public String about() {
    return "a record from the ring into its row, against the bare read";
  }

  /** Adds up what a record is made of, so that all of it has been read. */
  private static final class Sum implements RecordSink {
    private long sum;

    @Override
    public void accept(java.lang.foreign.MemorySegment memory, long offset) {
      long s = 0;
      for (int i = 0; i < LONGS; i++) {
        s += memory.get(JAVA_LONG, offset + 8L * i);
      }
      sum += s;
    }
  }

  @Override
  public List<Result> run(Settings settings, PrintStream progress) throws Exception {
    Sample raw = new Sample();
    Sample bare = new Sample();
    Sample folded = new Sample();
    Sample times = new Sample();
    Sum sum = new Sum();
    RowFold withoutContainers = RowFold.withoutContainers();
    RowFold asShipped = RowFold.asShipped();
    List<RecordSink> sinks = List.of(sum, withoutContainers, asShipped);
    try (MemoryRing ring = new MemoryRing(RING)) {
      SyntheticRecords records = new SyntheticRecords();
      while (ring.add(records.next())) {
        // until it is full
      }
      for (long end = CpuClock.nanos() + WARM_UP_NANOS; CpuClock.nanos() < end; ) {
        sinks.forEach(ring::lap);
      }
      for (int pair = 0; pair < settings.pairs(); pair++) {
        double[] nanos = new double[sinks.size()];
        for (int i = 0; i < nanos.length; i++) {
          int which = pair % 2 == 0 ? i : nanos.length - 1 - i;
          nanos[which] = nanos(ring, sinks.get(which));
        }
        raw.add(nanos[0]);
        bare.add(nanos[1]);
        folded.add(nanos[2]);
        times.add(nanos[2] / nanos[0]);
        progress.printf(
            Locale.ROOT,
            "fold: pair %d: %.1f ns raw, %.1f ns without containers, %.1f ns as shipped%n",
            pair + 1,
            nanos[0],
            nanos[1],
            nanos[2]);
      }
    }
    if (sum.sum == 0 || asShipped.rows() < SyntheticRecords.ROWS || asShipped.opened() == 0) {
      throw new IllegalStateException("the records did not arrive: " + asShipped.rows() + " rows");
    }
    return List.of(
        Result.figure("ring read of a record", "ns", raw),
        Result.figure("read and fold, containers not looked up", "ns", bare),
        Result.figure("read and fold as shipped", "ns", folded),
        Result.atMost("fold as shipped over bare read", "times", times, MOST_TIMES));
  }

  private static double nanos(MemoryRing ring, RecordSink sink) {
    long records = 0;
    long begin = CpuClock.nanos();
    long now = begin;
    while (now - begin < SIDE_NANOS) {
      records += ring.lap(sink);
      now = CpuClock.nanos();
    }
    return (double) (now - begin) / records;
  }
}
