package dev.weir.bench;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@code make bench} runs: every benchmark, or those that are named, then one table. Exit code
 * 1 if a bound is missed.
 */
public final class Main {
  private static final String USAGE =
      """
      usage: make bench ARGS="[BENCHMARK...] [--pairs N] [--scale X] [--dist DIR] [--collector FILE]"

        --pairs N   alternating pairs of each comparison (11)
        --scale X   multiplies connections, sockets and seconds (1); for trying out: 0.05
        --dist DIR  the distribution that is measured (dist)
        --collector FILE  the Collector that relay and footprint measure against (build/oracle.sh makes it)

      Benchmarks, all by default:
      """;

  private Main() {}

  /** Runs what the arguments say. */
  public static void main(String[] arguments) throws InterruptedException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.exit(run(arguments, out));
  }

  private static List<Benchmark> all() {
    Logger log = LoggerFactory.getLogger("bench");
    return List.of(
        new KernelBenchmark(log),
        new FoldBenchmark(),
        new SnapshotBenchmark(log),
        TrafficBenchmark.connections(),
        TrafficBenchmark.addresses(),
        new IdleBenchmark(),
        new FuzzBenchmark(),
        new DeadBackEndBenchmark(),
        new KillBenchmark(),
        RelayBenchmark.throughput(),
        RelayBenchmark.footprint(),
        new JmhBenchmark());
  }

  private static int run(String[] arguments, PrintStream out) throws InterruptedException {
    List<Benchmark> chosen = new ArrayList<>();
    int pairs = Settings.FULL_PAIRS;
    double scale = 1;
    Path dist = Path.of("dist");
    Path collector = Path.of("otelcol");
    try {
      for (int i = 0; i < arguments.length; i++) {
        switch (arguments[i]) {
          case "--pairs" -> pairs = positive(Integer.parseInt(value(arguments, ++i)));
          case "--scale" -> scale = Double.parseDouble(value(arguments, ++i));
          case "--dist" -> dist = Path.of(value(arguments, ++i));
          case "--collector" -> collector = Path.of(value(arguments, ++i));
          default -> chosen.add(named(arguments[i]));
        }
      }
      if (!(scale > 0)) {
        throw new IllegalArgumentException("--scale must be above 0");
      }
    } catch (IllegalArgumentException e) {
      out.println("bench: " + e.getMessage());
      out.print(USAGE);
      all().forEach(b -> out.printf(Locale.ROOT, "  %-13s %s%n", b.name(), b.about()));
      return 2;
    }
    Settings settings =
        new Settings(pairs, scale, dist.toAbsolutePath(), collector.toAbsolutePath());
    Report report = new Report();
    for (Benchmark benchmark : chosen.isEmpty() ? all() : chosen) {
      try {
        benchmark.run(settings, out).forEach(result -> report.add(benchmark.name(), result));
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception e) {
        e.printStackTrace(out);
        report.failed(
            benchmark.name(), String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
      }
    }
    out.println();
    report.print(out);
    if (!settings.full()) {
      out.printf(
          Locale.ROOT, "%nA short run (%d pairs, scale %s): no figures to keep.%n", pairs, scale);
    }
    return report.good() ? 0 : 1;
  }

  private static Benchmark named(String name) {
    return all().stream()
        .filter(b -> b.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no benchmark \"" + name + "\""));
  }

  private static String value(String[] arguments, int at) {
    if (at >= arguments.length) {
      throw new IllegalArgumentException(arguments[at - 1] + " needs a value");
    }
    return arguments[at];
  }

  private static int positive(int n) {
    if (n < 1) {
      throw new IllegalArgumentException("--pairs must be at least 1");
    }
    return n;
  }
}
