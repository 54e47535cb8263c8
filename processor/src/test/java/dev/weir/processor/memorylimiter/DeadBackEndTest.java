package dev.weir.processor.memorylimiter;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A dead back end at full load, in a process with the heap of the shipped launcher: it refuses
 * instead of running out of memory, loses nothing that it accepted, and goes on by itself when the
 * back end is there again. The system property {@code weir.flood.seconds} says how long it is dead.
 */
final class DeadBackEndTest {
  private static final int DEAD = Integer.getInteger("weir.flood.seconds", 6);
  private static final int ALIVE = 8;

  @TempDir Path directory;

  @Test
  void memoryStaysWithinTheLimitAndNothingAcceptedIsLost() throws Exception {
    Path log = directory.resolve("log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-XX:+UseSerialGC", "-Xms6m", "-Xmx128m", "-XX:+ExitOnOutOfMemoryError"));
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            FloodedAgent.class.getName(),
            Integer.toString(DEAD),
            Integer.toString(ALIVE)));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertThat(process.waitFor(DEAD + 60, TimeUnit.SECONDS)).isTrue();
    String output = Files.readString(log).strip();
    assertThat(process.exitValue()).as(output).isZero();
    long[] figures =
        Arrays.stream(output.lines().toList().getLast().split(" "))
            .mapToLong(Long::parseLong)
            .toArray();
    long accepted = figures[0];
    assertThat(accepted).as(output).isPositive();
    assertThat(figures[1]).as("refused: %s", output).isPositive();
    assertThat(figures[2] + figures[3]).as("delivered and counted: %s", output).isEqualTo(accepted);
    assertThat(figures[4]).as("accepted once the back end was back: %s", output).isPositive();
  }
}
