package dev.weir.bench;

import dev.weir.testbed.BpfTool;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;

/**
 * What the programs in the kernel cost those who talk: CPU of a load generator without and with the
 * probe. Each round runs the load without, with, without; every other round backwards. The
 * difference is taken against the mean of the two without, and those two against each other show
 * the noise.
 */
final class KernelBenchmark implements Benchmark {
  private static final double MOST_PERCENT = 10;
  private static final double LEAST_NOISE_PERCENT = 1;
  private static final double MOST_NOISE_PERCENT = 3;
  private static final int CHURN = 20_000;
  private static final int RR = 200_000;

  private final Logger log;

  KernelBenchmark(Logger log) {
    this.log = log;
  }

  @Override
  public String name() {
    return "kernel";
  }

  @Override
  public String about() {
    return "CPU of connect + exchange + close, and of request/response, without and with all hooks";
  }

  /** One run of the load. */
  private enum Side {
    WITHOUT,
    METRICS,
    METRICS_AND_EVENTS
  }

  @Override
  public List<Result> run(Settings settings, PrintStream progress) throws Exception {
    long foreign =
        BpfTool.programNames().values().stream()
            .filter(name -> name.startsWith("on_") || name.equals("snapshot"))
            .count();
    if (foreign > 0) {
      progress.println(
          "kernel: another agent's programs seem to be attached (" + foreign + "): both sides pay");
    }
    List<Result> results = new ArrayList<>();
    try (LoadProgram load = LoadProgram.unpack()) {
      churn(load, settings, progress, results);
      rr(load, settings, progress, results);
    }
    return results;
  }

  private void churn(
      LoadProgram load, Settings settings, PrintStream progress, List<Result> results)
      throws IOException, InterruptedException {
    int n = settings.amount(CHURN, 2000);
    List<Side> sides = List.of(Side.METRICS, Side.METRICS_AND_EVENTS);
    Comparison churn = compare(load, "churn", n, sides, settings, progress);
    results.add(Result.figure("churn: connect, exchange, close, no probe", "us", churn.base));
    results.add(Result.atMost("churn with metrics", "% more", churn.more.getFirst(), MOST_PERCENT));
    results.add(
        Result.atMost(
            "churn with metrics and events", "% more", churn.more.getLast(), MOST_PERCENT));
    results.add(Result.figure("churn, null pair", "% more", churn.nothing));
  }

  private void rr(LoadProgram load, Settings settings, PrintStream progress, List<Result> results)
      throws IOException, InterruptedException {
    int n = settings.amount(RR, 20_000);
    Comparison rr = compare(load, "rr", n, List.of(Side.METRICS_AND_EVENTS), settings, progress);
    Sample more = rr.more.getFirst();
    // A machine too noisy to tell must not pass for that.
    double noise =
        Math.clamp(2 * rr.nothing.magnitudes().median(), LEAST_NOISE_PERCENT, MOST_NOISE_PERCENT);
    results.add(Result.figure("request/response, no probe", "us", rr.base));
    results.add(
        new Result(
            "request/response with metrics and events",
            "% more",
            more,
            String.format(Locale.ROOT, "noise: %.1f", noise),
            more.median() <= noise));
    results.add(Result.figure("request/response, null pair", "% more", rr.nothing));
  }

  /**
   * What the rounds came to.
   *
   * @param base microseconds an operation without the probe
   * @param more percent more with it, for each side
   * @param nothing percent by which two runs without differ
   */
  private record Comparison(Sample base, List<Sample> more, Sample nothing) {}

  private Comparison compare(
      LoadProgram load,
      String kind,
      int n,
      List<Side> sides,
      Settings settings,
      PrintStream progress)
      throws IOException, InterruptedException {
    List<Sample> more = new ArrayList<>();
    sides.forEach(_ -> more.add(new Sample()));
    Comparison all = new Comparison(new Sample(), more, new Sample());
    List<Side> order = new ArrayList<>(List.of(Side.WITHOUT));
    order.addAll(sides);
    order.add(Side.WITHOUT);
    for (int round = 0; round < settings.pairs(); round++) {
      List<Side> now = round % 2 == 0 ? order : order.reversed();
      double[] nanos = new double[now.size()];
      for (int i = 0; i < nanos.length; i++) {
        nanos[i] = measure(load, kind, n, now.get(i));
      }
      double without = (nanos[0] + nanos[nanos.length - 1]) / 2;
      all.base.add(without / 1000);
      all.nothing.add(percent(nanos[nanos.length - 1], nanos[0]));
      StringBuilder line = new StringBuilder();
      for (int i = 1; i < nanos.length - 1; i++) {
        double percent = percent(nanos[i], without);
        all.more.get(sides.indexOf(now.get(i))).add(percent);
        line.append(String.format(Locale.ROOT, ", %s %+.1f %%", now.get(i), percent));
      }
      progress.printf(
          Locale.ROOT,
          "kernel: %s round %d of %d: %.2f us%s%n",
          kind,
          round + 1,
          settings.pairs(),
          without / 1000,
          line);
    }
    return all;
  }

  private static double percent(double with, double without) {
    return (with / without - 1) * 100;
  }

  private double measure(LoadProgram load, String kind, int n, Side side)
      throws IOException, InterruptedException {
    if (side == Side.WITHOUT) {
      return load.run(kind, Integer.toString(n));
    }
    try (KernelReader reader = new KernelReader(side == Side.METRICS_AND_EVENTS, log)) {
      double nanos = load.run(kind, Integer.toString(n));
      long closed = reader.stop();
      // Both ends of each: a probe that saw nothing would cost nothing.
      if (kind.equals("churn") && closed < 2L * n) {
        throw new IllegalStateException("of " + n + " connections " + closed + " ends were read");
      }
      return nanos;
    }
  }
}
