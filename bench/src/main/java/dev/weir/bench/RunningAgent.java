package dev.weir.bench;

import dev.weir.testbed.Ports;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The agent as it is shipped: {@code dist/bin/weir} with the shipped config.yaml, its access log
 * thrown away, its ports moved to free ones.
 */
final class RunningAgent implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int OUT_OF_MEMORY = 3; // of -XX:+ExitOnOutOfMemoryError
  private static final double TICK_SECONDS = 0.01; // the same on every Linux

  private final HttpClient http = HttpClient.newHttpClient();
  private final Path errors;
  private final Process process;
  private final URI page;
  private final long started = System.nanoTime();

  /** Starts the agent with values laid over the shipped config, and returns at once. */
  RunningAgent(Path dist, String... values) throws IOException {
    int port = Ports.free();
    page = URI.create("http://localhost:" + port + "/metrics");
    List<String> line =
        new ArrayList<>(
            List.of(
                dist.resolve("bin/weir").toString(),
                "--config",
                dist.resolve("config.yaml").toString(),
                "--set",
                "exporters.prometheus.endpoint=localhost:" + port,
                "--set",
                "service.telemetry.metrics.readers=[{pull: {exporter: {prometheus: {host: localhost,"
                    + " port: "
                    + Ports.free()
                    + "}}}}]"));
    Arrays.stream(values).forEach(value -> line.addAll(List.of("--set", value)));
    errors = Files.createTempFile("weir-bench-", ".err");
    process =
        new ProcessBuilder(line)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(errors.toFile())
            .start();
  }

  /** Returns the sum of the samples whose line begins so; NaN if the page is not there. */
  double sum(String beginning) throws IOException, InterruptedException {
    try {
      HttpResponse<Stream<String>> response =
          http.send(
              HttpRequest.newBuilder(page).timeout(PATIENCE).build(),
              HttpResponse.BodyHandlers.ofLines());
      try (Stream<String> lines = response.body()) {
        return lines
            .filter(line -> line.startsWith(beginning))
            .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
            .sum();
      }
    } catch (IOException | UncheckedIOException e) {
      failIfEnded();
      return Double.NaN;
    }
  }

  /** Waits until everything runs: the page is there before the kernel's programs are. */
  void awaitRunning() throws IOException, InterruptedException {
    await(
        () -> Files.readString(errors).contains(" is running."),
        Duration.ofMillis(20),
        "its start");
  }

  /** Asks until a line that begins so is there; returns seconds since the start of the agent. */
  double awaitLine(String beginning) throws IOException, InterruptedException {
    await(() -> hasLine(beginning), Duration.ofMillis(5), beginning);
    return (System.nanoTime() - started) / 1e9;
  }

  private boolean hasLine(String beginning) throws IOException, InterruptedException {
    try {
      String body =
          http.send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofString())
              .body();
      return body.lines().anyMatch(line -> line.startsWith(beginning));
    } catch (IOException e) {
      failIfEnded();
      return false;
    }
  }

  /** A connection that broke may be all that is seen yet of an agent that dies. */
  private void failIfEnded() throws IOException, InterruptedException {
    if (process.waitFor(1, TimeUnit.SECONDS)) {
      String[] said = Files.readString(errors).strip().split("\n", -1);
      throw new IOException(
          "the agent ended with exit code "
              + process.exitValue()
              + (process.exitValue() == OUT_OF_MEMORY ? " (OutOfMemoryError)" : "")
              + ", saying last: "
              + said[said.length - 1]);
    }
  }

  /** Asks until a sum is as wanted, and returns it; after a while returns what it is. */
  double awaitSum(String beginning, Predicate<Double> wanted)
      throws IOException, InterruptedException {
    double[] last = new double[1];
    try {
      await(
          () -> {
            last[0] = sum(beginning);
            return wanted.test(last[0]);
          },
          Duration.ofMillis(500),
          beginning);
    } catch (IOException e) {
      if (!process.isAlive()) {
        throw e;
      }
    }
    return last[0];
  }

  /** Something to wait for. */
  @FunctionalInterface
  private interface Condition {
    boolean holds() throws IOException, InterruptedException;
  }

  private void await(Condition condition, Duration pause, String what)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - deadline > 0) {
        throw new IOException(
            what + " did not come within " + PATIENCE + ": " + Files.readString(errors));
      }
      if (process.waitFor(pause.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new IOException("the agent has ended: " + Files.readString(errors));
      }
    }
  }

  /** Returns resident memory in megabytes (of a million bytes). */
  double residentMegabytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/" + process.pid() + "/smaps_rollup")).stream()
        .filter(line -> line.startsWith("Rss:"))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) * 1024 / 1e6)
        .findFirst()
        .orElseThrow();
  }

  /** Returns CPU seconds, user and system, since the start. */
  double cpuSeconds() throws IOException {
    byte[] bytes = Files.readAllBytes(Path.of("/proc/" + process.pid() + "/stat"));
    String stat = new String(bytes, StandardCharsets.UTF_8);
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * TICK_SECONDS;
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    http.close();
    Files.delete(errors);
  }
}
