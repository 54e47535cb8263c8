package dev.weir.bench;

import dev.weir.testbed.Namespaces;
import dev.weir.testbed.Traffic;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Whether the whole agent keeps its memory and its totals under many short connections: a million
 * between a few addresses, and 200,000 each from an address of its own. The traffic comes in ten
 * parts; the first two are warm-up, and memory during the last is held against the third.
 */
final class TrafficBenchmark implements Benchmark {
  private static final int CONNECTIONS = 1_000_000;
  private static final int ADDRESSES = 200_000;
  private static final int FEW = 8;
  private static final int PARTS = 10;
  private static final int WARM_UP = 2;
  private static final double MOST_GROWTH_PERCENT = 10;
  private static final int UP = 100;
  private static final int DOWN = 1000;
  private static final int FIRST_ADDRESS = 0x7f010001; // 127.1.0.1

  private final boolean manyAddresses;

  private TrafficBenchmark(boolean manyAddresses) {
    this.manyAddresses = manyAddresses;
  }

  /** A million connections from eight addresses. */
  static TrafficBenchmark connections() {
    return new TrafficBenchmark(false);
  }

  /** 200,000 connections, each from an address of its own. */
  static TrafficBenchmark addresses() {
    return new TrafficBenchmark(true);
  }

  @Override
  public String name() {
    return manyAddresses ? "addresses" : "traffic";
  }

  @Override
  public String about() {
    return manyAddresses
        ? "memory and exact totals under 200,000 client addresses"
        : "memory and exact totals under 1,000,000 short connections";
  }

  @Override
  public List<Result> run(Settings settings, PrintStream progress) throws Exception {
    List<Result> results = new ArrayList<>();
    int each = settings.amount((manyAddresses ? ADDRESSES : CONNECTIONS) / PARTS, 200);
    if (manyAddresses) {
      measure("many addresses", each, each, true, settings, progress, results);
    } else {
      measure("few addresses", each, FEW, false, settings, progress, results);
    }
    return results;
  }

  private static void measure(
      String what,
      int connections,
      int addresses,
      boolean moveOn,
      Settings settings,
      PrintStream progress,
      List<Result> results)
      throws IOException, InterruptedException, ExecutionException {
    try (Namespaces net = Namespaces.create()) {
      String namespace = net.name(Namespaces.End.SERVER);
      net.sysctl(Namespaces.End.SERVER, "net.ipv4.ip_local_port_range", "1024 65000");
      try (RunningAgent agent =
          new RunningAgent(
              settings.dist(),
              // Nobody else's connections, so that totals can be compared.
              "receivers.ebpf_tcp.include={network_namespaces: [/run/netns/" + namespace + "]}")) {
        agent.awaitRunning();
        double cpu = agent.cpuSeconds();
        List<Sample> memory = new ArrayList<>();
        for (int part = 0; part < PARTS; part++) {
          int first = FIRST_ADDRESS + (moveOn ? part * addresses : 0);
          memory.add(part(agent, namespace, first, addresses, connections));
          progress.printf(
              Locale.ROOT,
              "traffic: %s, part %d of %d: %.1f MB%n",
              what,
              part + 1,
              PARTS,
              memory.getLast().median());
        }
        cpu = agent.cpuSeconds() - cpu;
        judge(what, (long) connections * PARTS, agent, memory, cpu, results);
      }
    }
  }

  private static Sample part(
      RunningAgent agent, String namespace, int first, int addresses, int connections)
      throws IOException, InterruptedException, ExecutionException {
    String source =
        (first >>> 24) + "." + (first >> 16 & 255) + "." + (first >> 8 & 255) + "." + (first & 255);
    CompletableFuture<Traffic.Result> traffic =
        CompletableFuture.supplyAsync(
            () ->
                Traffic.runOnLoopback(
                    "churn",
                    "--client-ns",
                    namespace,
                    "--server-ns",
                    namespace,
                    "--source",
                    source,
                    "--source-count",
                    Integer.toString(addresses),
                    "--count",
                    Integer.toString(connections),
                    "--workers",
                    "2",
                    "--up",
                    Integer.toString(UP),
                    "--down",
                    Integer.toString(DOWN),
                    "--limit",
                    "280"));
    Sample memory = new Sample();
    while (true) {
      memory.add(agent.residentMegabytes());
      try {
        traffic.get(100, TimeUnit.MILLISECONDS);
        return memory;
      } catch (TimeoutException e) {
        // still running: the next figure
      }
    }
  }

  private static void judge(
      String what,
      long connections,
      RunningAgent agent,
      List<Sample> memory,
      double cpu,
      List<Result> results)
      throws IOException, InterruptedException {
    double before = memory.get(WARM_UP).median();
    Sample growth = Sample.of((memory.getLast().median() / before - 1) * 100);
    Sample all = new Sample();
    memory.forEach(part -> all.add(part.median()));
    String prefix = String.format(Locale.ROOT, "%s, %,d connections: ", what, connections);
    results.add(Result.figure(prefix + "resident memory", "MB", all));
    results.add(Result.atMost(prefix + "growth after warm-up", "%", growth, MOST_GROWTH_PERCENT));
    results.add(
        Result.figure(prefix + "CPU of the agent", "us each", Sample.of(cpu * 1e6 / connections)));
    // Both ends report.
    results.add(exact(agent, prefix + "opened", "tcp_connection_opened_total{", 2 * connections));
    results.add(exact(agent, prefix + "closed", "tcp_connection_closed_total{", 2 * connections));
    results.add(
        exact(agent, prefix + "bytes", "tcp_io_bytes_total{", 2 * connections * (UP + DOWN)));
  }

  private static Result exact(RunningAgent agent, String what, String beginning, long wanted)
      throws IOException, InterruptedException {
    double sum = agent.awaitSum(beginning, s -> s == wanted);
    return new Result(what, "", Sample.of(sum), "exactly " + wanted, sum == wanted);
  }
}
