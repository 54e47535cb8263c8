package dev.weir.processor.memorylimiter;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A dead back end at full load, in a process with the heap of the shipped launcher: it refuses
 * instead of running out of memory, loses nothing that it accepted, and goes on by itself when the
 * back end is there again. The system property {@code weir.flood.seconds} says how long it is dead;
 * in {@code make bench ARGS=dead-back-end} it is minutes.
 */
final class DeadBackEndTest {
  private static final int DEAD = Integer.getInteger("weir.flood.seconds", 6);

  @TempDir Path directory;

  @Test
  void memoryStaysWithinTheLimitAndNothingAcceptedIsLost() throws Exception {
    DeadBackEnd.Summary summary = DeadBackEnd.run(directory, DEAD, System.out::println);
    assertThat(summary.accepted()).as("%s", summary).isPositive();
    assertThat(summary.refused()).as("%s", summary).isPositive();
    assertThat(summary.delivered() + summary.counted())
        .as("%s", summary)
        .isEqualTo(summary.accepted());
    assertThat(summary.afterwards()).as("%s", summary).isPositive();
  }
}
