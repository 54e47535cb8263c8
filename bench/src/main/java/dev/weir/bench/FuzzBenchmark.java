package dev.weir.bench;

import dev.weir.extension.filestorage.StoredQueueFuzz;
import dev.weir.pdata.otlp.OtlpFuzz;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Ten minutes of broken input for each of the OTLP codec's encodings and for the files of stored
 * queues, with a new seed each time. It fails with the input that broke something, to be put into
 * the corpus of the tests.
 */
final class FuzzBenchmark implements Benchmark {
  private static final int SECONDS = 600;

  /** Feeds broken input for a while and returns how many. */
  @FunctionalInterface
  private interface Target {
    long run(long seed, Duration duration) throws Exception;
  }

  @Override
  public String name() {
    return "fuzz";
  }

  @Override
  public String about() {
    return "ten minutes each of broken OTLP protobuf, OTLP JSON and stored queues";
  }

  @Override
  public List<Result> run(Settings settings, PrintStream progress) throws Exception {
    List<Result> results = new ArrayList<>();
    try (Scratch scratch = new Scratch()) {
      fuzz("OTLP protobuf", OtlpFuzz::runProtobuf, settings, progress, results);
      fuzz("OTLP JSON", OtlpFuzz::runJson, settings, progress, results);
      fuzz(
          "stored queue",
          (seed, duration) -> StoredQueueFuzz.run(scratch.directory(), seed, duration),
          settings,
          progress,
          results);
    }
    return results;
  }

  private static void fuzz(
      String what, Target target, Settings settings, PrintStream progress, List<Result> results)
      throws Exception {
    int seconds = settings.amount(SECONDS, 2);
    int minutes = Math.max(1, seconds / 60);
    long seed = System.nanoTime();
    progress.printf(Locale.ROOT, "fuzz: %s, %d seconds, seed %d%n", what, seconds, seed);
    long tried = 0;
    for (int minute = 0; minute < minutes; minute++) {
      tried += target.run(seed + tried, Duration.ofSeconds(seconds / minutes));
      progress.printf(Locale.ROOT, "fuzz: %s, %d inputs%n", what, tried);
    }
    results.add(
        Result.count(what + ": broken inputs that did no harm", "inputs", tried, "all", tried > 0));
  }
}
