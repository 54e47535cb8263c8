package dev.weir.processor.memorylimiter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Runs {@link FloodedAgent} in a process with the heap of the shipped launcher: as much as can be
 * brought, before a back end that is dead for a while and then comes back. For the tests and for
 * {@code make bench}.
 */
public final class DeadBackEnd {
  /** So long the back end lives afterwards, in seconds. */
  private static final int ALIVE = 8;

  private static final int PATIENCE = 60;

  /**
   * What came of it, in data points.
   *
   * @param accepted by the agent
   * @param refused by the agent
   * @param delivered to the back end
   * @param counted as failed by the exporter
   * @param afterwards accepted once the back end was there again for a second
   * @param residentMegabytes the greatest resident memory of the process
   */
  public record Summary(
      long accepted,
      long refused,
      long delivered,
      long counted,
      long afterwards,
      double residentMegabytes) {}

  private DeadBackEnd() {}

  /**
   * Runs.
   *
   * @param directory for the output
   * @param seconds how long the back end is dead
   * @param progress is told a line now and then
   * @throws IllegalStateException if the process ran out of memory or into its end, with its output
   */
  public static Summary run(Path directory, int seconds, Consumer<String> progress)
      throws IOException, InterruptedException {
    Path log = directory.resolve("log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-XX:+UseSerialGC", "-Xms6m", "-Xmx128m", "-XX:+ExitOnOutOfMemoryError"));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), FloodedAgent.class.getName()));
    command.addAll(List.of(Integer.toString(seconds), Integer.toString(ALIVE)));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    double most = 0;
    try {
      int waited = 0;
      while (!process.waitFor(1, TimeUnit.SECONDS)) {
        waited++;
        most = Math.max(most, residentMegabytes(process.pid()));
        if (waited % 10 == 0) {
          progress.accept(
              waited + " s of " + (seconds + ALIVE) + ", resident " + Math.round(most) + " MB");
        }
        if (waited > seconds + PATIENCE) {
          throw new IllegalStateException("it does not end: " + Files.readString(log));
        }
      }
    } finally {
      process.destroyForcibly().waitFor();
    }
    String output = Files.readString(log).strip();
    if (process.exitValue() != 0) {
      throw new IllegalStateException("it ended with " + process.exitValue() + ": " + output);
    }
    long[] figures =
        Arrays.stream(output.lines().toList().getLast().split(" "))
            .mapToLong(Long::parseLong)
            .toArray();
    return new Summary(figures[0], figures[1], figures[2], figures[3], figures[4], most);
  }

  /** Returns the greatest that it had so far (proc_pid_status(5)), or 0 once it has ended. */
  private static double residentMegabytes(long pid) throws IOException {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
        if (line.startsWith("VmHWM:")) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024 / 1e6;
        }
      }
    } catch (NoSuchFileException e) {
      return 0;
    }
    return 0;
  }
}
