package dev.weir.bench;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.weir.bpf.BpfException;
import dev.weir.bpf.MemoryRing;
import dev.weir.bpf.RecordSink;
import dev.weir.receiver.ebpftcp.EbpfTcpConfig;
import dev.weir.receiver.ebpftcp.RowFold;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One side of {@link FoldBenchmark}, in a JVM of its own: in one that runs both, the reader's loop
 * is compiled for two kinds of sink, and the bare read becomes slower than it is in the agent.
 */
enum FoldSide {
  /** Adds 20 longs of each record up. */
  RAW,
  /** Folds, and looks no container up. */
  WITHOUT_CONTAINERS,
  /** Folds as the agent does. */
  AS_SHIPPED;

  private static final int LONGS = 20;
  private static final long MEASURED_NANOS = 200_000_000L;
  private static final long WARM_UP_NANOS = 1_500_000_000L;

  /** Runs this side in a new JVM with the options of this one; returns nanoseconds a record. */
  double fork() throws IOException, InterruptedException {
    List<String> line = new ArrayList<>();
    line.add(ProcessHandle.current().info().command().orElseThrow());
    line.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    line.addAll(
        List.of("-cp", System.getProperty("java.class.path"), FoldSide.class.getName(), name()));
    Process process =
        new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try {
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IOException(this + ": exit code " + process.exitValue());
      }
      return Double.parseDouble(out.strip());
    } finally {
      process.destroyForcibly();
    }
  }

  /** Measures the side that the argument names. */
  public static void main(String[] arguments) throws IOException, BpfException {
    System.out.printf(Locale.ROOT, "%.3f%n", valueOf(arguments[0]).measure());
  }

  private double measure() throws IOException, BpfException {
    try (MemoryRing ring = new MemoryRing((int) EbpfTcpConfig.SCHEMA.defaults().ringSize())) {
      SyntheticRecords records = new SyntheticRecords();
      while (ring.add(records.next())) {
        // until it is full
      }
      if (this == RAW) {
        Sum sum = new Sum();
        double nanos = measure(ring, sum);
        if (sum.sum == 0) {
          throw new IllegalStateException("no record came");
        }
        return nanos;
      }
      RowFold rows = this == AS_SHIPPED ? RowFold.asShipped() : RowFold.withoutContainers();
      double nanos = measure(ring, rows);
      if (rows.rows() < SyntheticRecords.ROWS || rows.opened() == 0) {
        throw new IllegalStateException("the records did not arrive: " + rows.rows() + " rows");
      }
      return nanos;
    }
  }

  private static double measure(MemoryRing ring, RecordSink sink) {
    for (long end = CpuClock.nanos() + WARM_UP_NANOS; CpuClock.nanos() < end; ) {
      ring.lap(sink);
    }
    long records = 0;
    long begin = CpuClock.nanos();
    long now = begin;
    while (now - begin < MEASURED_NANOS) {
      records += ring.lap(sink);
      now = CpuClock.nanos();
    }
    return (double) (now - begin) / records;
  }

  /** Adds up what a record is made of, so that all of it has been read. */
  private static final class Sum implements RecordSink {
    private long sum;

    @Override
    public void accept(MemorySegment memory, long offset) {
      long s = 0;
      for (int i = 0; i < LONGS; i++) {
        s += memory.get(JAVA_LONG, offset + 8L * i);
      }
      sum += s;
    }
  }
}
