package dev.weir.bench;

import dev.weir.bpf.BpfException;
import dev.weir.bpf.TcpProbe;
import dev.weir.receiver.ebpftcp.RowFold;
import dev.weir.testbed.Command;
import dev.weir.testbed.Namespaces;
import dev.weir.testbed.Traffic;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;

/**
 * What one look at all live sockets costs: a snapshot of the probe, folded into rows, against
 * {@code ss -tin} into /dev/null in the one namespace that holds them.
 */
final class SnapshotBenchmark implements Benchmark {
  private static final double MOST_PART = 0.25;
  private static final double LEAST_SEEN = 0.99;
  private static final int SOCKETS = 100_000;
  private static final int ADDRESSES = 1000;

  private final Logger log;

  SnapshotBenchmark(Logger log) {
    this.log = log;
  }

  @Override
  public String name() {
    return "snapshot";
  }

  @Override
  public String about() {
    return "CPU of a snapshot of 100,000 live sockets, against ss -tin";
  }

  @Override
  public List<Result> run(Settings settings, PrintStream progress) throws Exception {
    Command.require("ss", "iproute2");
    int connections = settings.amount(SOCKETS / 2, 500);
    try (Namespaces net = Namespaces.create();
        TcpProbe probe = TcpProbe.open(KernelReader.config(false), log);
        LoadProgram load = LoadProgram.unpack()) {
      String name = net.name(Namespaces.End.SERVER);
      progress.println("snapshot: opening " + connections + " connections");
      try (Traffic traffic =
          Traffic.startOnLoopback(
              "hold",
              "--client-ns",
              name,
              "--server-ns",
              name,
              "--source",
              "127.1.0.1",
              "--source-count",
              Integer.toString(ADDRESSES),
              "--count",
              Integer.toString(connections),
              "--up",
              "100",
              "--down",
              "1000",
              "--limit",
              "1200")) {
        traffic.next();
        return compare(probe, load, name, 2 * connections, settings, progress);
      }
    }
  }

  private static List<Result> compare(
      TcpProbe probe,
      LoadProgram load,
      String namespace,
      int sockets,
      Settings settings,
      PrintStream progress)
      throws IOException, InterruptedException, BpfException {
    RowFold rows = RowFold.asShipped();
    // The JIT compiler sees the fold first; the ring keeps what came meanwhile.
    for (int i = 0; i < 3; i++) {
      snapshot(probe, rows, sockets);
    }
    Sample ours = new Sample();
    Sample theirs = new Sample();
    Sample part = new Sample();
    List<String> inside = List.of("ip", "netns", "exec", namespace);
    for (int pair = 0; pair < settings.pairs(); pair++) {
      double a = pair % 2 == 0 ? snapshot(probe, rows, sockets) : 0;
      double b = load.runUnder(inside, "cpu", "ss", "-tin");
      a = pair % 2 == 0 ? a : snapshot(probe, rows, sockets);
      ours.add(a / 1e6);
      theirs.add(b / 1e6);
      part.add(a / b);
      progress.printf(
          Locale.ROOT, "snapshot: pair %d: %.1f ms, ss %.1f ms%n", pair + 1, a / 1e6, b / 1e6);
    }
    return List.of(
        Result.figure("snapshot of " + sockets + " sockets with fold", "ms", ours),
        Result.figure("ss -tin", "ms", theirs),
        Result.atMost("snapshot over ss -tin", "part", part, MOST_PART));
  }

  private static double snapshot(TcpProbe probe, RowFold rows, int sockets) {
    probe.drain(rows);
    long begin = CpuClock.nanos();
    int seen = probe.snapshot(rows);
    long nanos = CpuClock.nanos() - begin;
    // A table that changes while it is read may skip some (docs/design.md, totals, 5).
    if (seen < sockets * LEAST_SEEN) {
      throw new IllegalStateException("of " + sockets + " sockets the snapshot saw " + seen);
    }
    return nanos;
  }
}
