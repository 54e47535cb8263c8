package dev.weir.bench;

import dev.weir.pdata.otlp.OtlpFuzz;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * Ten minutes of broken input for the OTLP codec, both encodings, with a new seed each time. It
 * fails with the input that broke something, to be put into the corpus of the tests.
 */
final class FuzzBenchmark implements Benchmark {
  private static final int SECONDS = 600;

  @Override
  public String name() {
    return "fuzz";
  }

  @Override
  public String about() {
    return "ten minutes of broken OTLP, protobuf and JSON";
  }

  @Override
  public List<Result> run(Settings settings, PrintStream progress) throws Exception {
    int seconds = settings.amount(SECONDS, 2);
    long seed = System.nanoTime();
    progress.printf(Locale.ROOT, "fuzz: %d seconds, seed %d%n", seconds, seed);
    Sample tried = new Sample();
    tried.add((double) OtlpFuzz.run(seed, Duration.ofSeconds(seconds)));
    return List.of(Result.figure("broken inputs that did no harm", "inputs", tried));
  }
}
