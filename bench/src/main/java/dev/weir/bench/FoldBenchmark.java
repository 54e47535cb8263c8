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
    Sample folded = new Sample();
    Sample times = new Sample();
    Sum sum = new Sum();
    RowFold rows = new RowFold();
    try (MemoryRing ring = new MemoryRing(RING)) {
      SyntheticRecords records = new SyntheticRecords();
      while (ring.add(records.next())) {
        // until it is full
      }
      for (long end = CpuClock.nanos() + WARM_UP_NANOS; CpuClock.nanos() < end; ) {
        ring.lap(sum);
        ring.lap(rows);
      }
      for (int pair = 0; pair < settings.pairs(); pair++) {
        double a = pair % 2 == 0 ? nanos(ring, sum) : 0;
        double b = nanos(ring, rows);
        a = pair % 2 == 0 ? a : nanos(ring, sum);
        raw.add(a);
        folded.add(b);
        times.add(b / a);
        progress.printf(
            Locale.ROOT, "fold: pair %d: %.1f ns raw, %.1f ns folded%n", pair + 1, a, b);
      }
    }
    if (sum.sum == 0 || rows.rows() != SyntheticRecords.ROWS || rows.opened() == 0) {
      throw new IllegalStateException(
          "the records did not arrive: " + rows.rows() + " rows, " + rows.opened() + " opened");
    }
    return List.of(
        Result.figure("ring read of a record", "ns", raw),
        Result.figure("ring read and fold of a record", "ns", folded),
        Result.atMost("fold over bare read", "times", times, MOST_TIMES));
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
