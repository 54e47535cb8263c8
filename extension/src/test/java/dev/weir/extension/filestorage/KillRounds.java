package dev.weir.extension.filestorage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Kills a process with a persistent queue (SIGKILL) at random moments under load and starts it
 * again on the same directory, round after round; at the end one that is let be empties the queue.
 * For the tests and for {@code make bench}.
 */
public final class KillRounds {
  private static final Duration START = Duration.ofSeconds(20);
  private static final Duration DRAIN = Duration.ofSeconds(60);

  /** The greatest time from the first acknowledgement of a round to the kill, in milliseconds. */
  private static final int LONGEST_LOAD = 150;

  /**
   * What came of it.
   *
   * @param rounds how many times the process was killed
   * @param acknowledged how many items were acknowledged
   * @param delivered how many of all items arrived, each counted once
   * @param lost how many were acknowledged and did not arrive
   * @param filesLeft how many files of the queue are left, though it is empty
   */
  public record Summary(int rounds, long acknowledged, long delivered, long lost, long filesLeft) {}

  private final Path directory;
  private final Path store;
  private final Random random;

  /**
   * Makes a run.
   *
   * @param directory an empty one for the queue and the records of what was acknowledged
   * @param seed of the moments
   */
  public KillRounds(Path directory, long seed) throws IOException {
    this.directory = directory;
    this.store = Files.createDirectory(directory.resolve("store"));
    this.random = new Random(seed);
  }

  /**
   * Kills so many times, or, if that is zero, for so long.
   *
   * @param progress is told a line now and then
   * @throws IllegalStateException if the process ended by itself, with its output
   */
  public Summary run(int rounds, Duration budget, Consumer<String> progress)
      throws IOException, InterruptedException {
    long begin = System.nanoTime();
    int round = 0;
    while (rounds > 0 ? round < rounds : System.nanoTime() - begin < budget.toNanos()) {
      round++;
      round(round);
      if (round % 10 == 0) {
        progress.accept(round + " kills, " + size("acked") / Long.BYTES + " items acknowledged");
      }
    }
    Process last = child(0, "drain");
    if (!last.waitFor(DRAIN.toSeconds(), TimeUnit.SECONDS)) {
      last.destroyForcibly().waitFor();
      throw new IllegalStateException("the queue was not emptied within " + DRAIN + log());
    }
    if (last.exitValue() != 0) {
      throw new IllegalStateException("the last process ended with " + last.exitValue() + log());
    }
    Set<Long> acknowledged = ids("acked");
    Set<Long> delivered = ids("delivered");
    Set<Long> lost = new HashSet<>(acknowledged);
    lost.removeAll(delivered);
    long left;
    try (Stream<Path> files = Files.walk(store)) {
      left = files.filter(file -> file.toString().endsWith(SegmentedQueue.SUFFIX)).count();
    }
    return new Summary(round, acknowledged.size(), delivered.size(), lost.size(), left);
  }

  private void round(int round) throws IOException, InterruptedException {
    long before = size("acked");
    Process process = child(round, "load");
    try {
      // A start takes its time: the moment is counted from the first acknowledgement.
      long limit = System.nanoTime() + START.toNanos();
      while (size("acked") == before && System.nanoTime() < limit) {
        if (process.waitFor(2, TimeUnit.MILLISECONDS)) {
          break;
        }
      }
      if (process.waitFor(random.nextInt(LONGEST_LOAD), TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException("the process ended by itself" + log());
      }
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private Process child(int round, String what) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m", "-Xshare:auto"));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), KilledSender.class.getName()));
    command.addAll(List.of(store.toString(), directory.toString(), Integer.toString(round), what));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("log").toFile()))
        .start();
  }

  private Set<Long> ids(String file) throws IOException {
    Set<Long> ids = new HashSet<>();
    Path path = directory.resolve(file);
    if (Files.exists(path)) {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path));
      while (bytes.remaining() >= Long.BYTES) {
        ids.add(bytes.getLong());
      }
    }
    return ids;
  }

  private long size(String file) throws IOException {
    Path path = directory.resolve(file);
    return Files.exists(path) ? Files.size(path) : 0;
  }

  private String log() throws IOException {
    Path log = directory.resolve("log");
    return Files.exists(log) ? ":\n" + Files.readString(log) : "";
  }
}
