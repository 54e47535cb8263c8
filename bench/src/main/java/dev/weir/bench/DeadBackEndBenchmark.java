package dev.weir.bench;

import dev.weir.processor.memorylimiter.DeadBackEnd;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/**
 * Full load before a back end that is dead for minutes and then comes back: the agent's own parts
 * (decoding, memory_limiter, queue, retries) in a process with the heap of the shipped launcher.
 */
final class DeadBackEndBenchmark implements Benchmark {
  private static final int SECONDS = 300;

  @Override
  public String name() {
    return "dead-back-end";
  }

  @Override
  public String about() {
    return "full load before a back end that is dead for five minutes";
  }

  @Override
  public List<Result> run(Settings settings, PrintStream progress) throws Exception {
    int seconds = settings.amount(SECONDS, 5);
    progress.printf(Locale.ROOT, "dead-back-end: dead for %d s%n", seconds);
    try (Scratch scratch = new Scratch()) {
      // It ends at once where it runs out of memory, and then there are no figures.
      DeadBackEnd.Summary summary =
          DeadBackEnd.run(
              scratch.directory(), seconds, line -> progress.println("dead-back-end: " + line));
      long unaccounted = summary.accepted() - summary.delivered() - summary.counted();
      return List.of(
          Result.figure(
              "resident memory at most, heap of 128 MB",
              "MB",
              Sample.of(summary.residentMegabytes())),
          Result.count("accepted", "points", summary.accepted()),
          Result.count("refused", "points", summary.refused(), "above 0", summary.refused() > 0),
          Result.count(
              "accepted - delivered - counted as failed",
              "points",
              unaccounted,
              "exactly 0",
              unaccounted == 0),
          Result.count(
              "accepted once it was back",
              "points",
              summary.afterwards(),
              "above 0",
              summary.afterwards() > 0));
    }
  }
}
