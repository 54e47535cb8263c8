package dev.weir.extension.filestorage;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process with a persistent queue is killed (SIGKILL) at random moments under load, and started
 * again on the same directory; everything that it acknowledged arrives at least once.
 *
 * <p>As many rounds as fit into 15 seconds, or as many as the system property {@code
 * weir.kill.rounds} says.
 */
final class KillTest {
  private static final int ROUNDS = Integer.getInteger("weir.kill.rounds", 0);
  private static final Duration BUDGET = Duration.ofSeconds(15);

  @TempDir Path directory;

  private Process child(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m", "-Xshare:auto"));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), KilledSender.class.getName()));
    command.addAll(List.of(arguments));
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

  @Test
  void whatWasAcknowledgedArrivesAtLeastOnceWheneverTheProcessIsKilled() throws Exception {
    long seed = Long.getLong("weir.kill.seed", System.nanoTime());
    Random random = new Random(seed);
    long begin = System.nanoTime();
    int round = 0;
    Path store = Files.createDirectory(directory.resolve("store"));
    while (ROUNDS > 0 ? round < ROUNDS : System.nanoTime() - begin < BUDGET.toNanos()) {
      round++;
      long before = size("acked");
      Process process =
          child(store.toString(), directory.toString(), Integer.toString(round), "load");
      // A start takes its time: the moment is counted from the first acknowledgement.
      long limit = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (size("acked") == before && System.nanoTime() < limit) {
        if (process.waitFor(2, TimeUnit.MILLISECONDS)) {
          break;
        }
      }
      boolean ended = process.waitFor(random.nextInt(150), TimeUnit.MILLISECONDS);
      assertThat(ended).as("log: %s", log()).isFalse();
      process.destroyForcibly();
      process.waitFor();
    }
    Process last = child(store.toString(), directory.toString(), "0", "drain");
    assertThat(last.waitFor(60, TimeUnit.SECONDS)).as("log: %s", log()).isTrue();
    assertThat(last.exitValue()).as("log: %s", log()).isZero();
    Set<Long> acknowledged = ids("acked");
    Set<Long> lost = new HashSet<>(acknowledged);
    lost.removeAll(ids("delivered"));
    assertThat(acknowledged).as("seed %d", seed).hasSizeGreaterThan(round);
    assertThat(lost)
        .as("lost of %d acknowledged in %d rounds (seed %d)", acknowledged.size(), round, seed)
        .isEmpty();
    try (var files = Files.walk(store)) {
      assertThat(files.filter(file -> file.toString().endsWith(SegmentedQueue.SUFFIX))).isEmpty();
    }
  }

  private String log() throws IOException {
    Path log = directory.resolve("log");
    return Files.exists(log) ? Files.readString(log) : "";
  }
}
