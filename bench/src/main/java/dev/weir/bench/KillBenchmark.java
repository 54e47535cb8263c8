package dev.weir.bench;

import dev.weir.extension.filestorage.KillRounds;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** A hundred times {@code kill -9} at random moments under load, with a queue on disk. */
final class KillBenchmark implements Benchmark {
  private static final int ROUNDS = 100;

  @Override
  public String name() {
    return "kill";
  }

  @Override
  public String about() {
    return "a hundred times kill -9 under load with a persistent queue";
  }

  @Override
  public List<Result> run(Settings settings, PrintStream progress) throws Exception {
    int rounds = settings.amount(ROUNDS, 3);
    long seed = System.nanoTime();
    progress.printf(Locale.ROOT, "kill: %d times, seed %d%n", rounds, seed);
    try (Scratch scratch = new Scratch()) {
      KillRounds.Summary summary =
          new KillRounds(scratch.directory(), seed)
              .run(rounds, Duration.ZERO, line -> progress.println("kill: " + line));
      return List.of(
          Result.count("killed", "times", summary.rounds()),
          Result.count(
              "acknowledged",
              "items",
              summary.acknowledged(),
              "more than kills",
              summary.acknowledged() > summary.rounds()),
          Result.count(
              "acknowledged and not delivered",
              "items",
              summary.lost(),
              "exactly 0",
              summary.lost() == 0),
          Result.count(
              "files left of the empty queue",
              "files",
              summary.filesLeft(),
              "exactly 0",
              summary.filesLeft() == 0));
    }
  }
}
