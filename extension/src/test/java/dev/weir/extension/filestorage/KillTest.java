package dev.weir.extension.filestorage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process with a persistent queue is killed (SIGKILL) at random moments under load, and started
 * again on the same directory; everything that it acknowledged arrives at least once.
 *
 * <p>As many rounds as fit into 15 seconds, or as many as the system property {@code
 * weir.kill.rounds} says; {@code make bench ARGS=kill} has a hundred.
 */
final class KillTest {
  private static final int ROUNDS = Integer.getInteger("weir.kill.rounds", 0);
  private static final Duration BUDGET = Duration.ofSeconds(15);

  @TempDir Path directory;

  @Test
  void whatWasAcknowledgedArrivesAtLeastOnceWheneverTheProcessIsKilled() throws Exception {
    long seed = Long.getLong("weir.kill.seed", System.nanoTime());
    KillRounds.Summary summary =
        new KillRounds(directory, seed).run(ROUNDS, BUDGET, System.out::println);
    assertThat(summary.acknowledged()).as("seed %d", seed).isGreaterThan(summary.rounds());
    assertThat(summary.lost()).as("%s (seed %d)", summary, seed).isZero();
    assertThat(summary.filesLeft()).as("%s (seed %d)", summary, seed).isZero();
  }
}
