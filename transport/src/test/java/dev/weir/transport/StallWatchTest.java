package dev.weir.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;
import org.slf4j.helpers.NOPLogger;

final class StallWatchTest {
  private static final long SECOND = 1_000_000_000L;

  private final long[] now = {7};
  private final Queue<Runnable> due = new ArrayDeque<>();
  private final List<Long> delays = new ArrayList<>();
  private final List<String> ended = new ArrayList<>();
  private final StallWatch watch =
      new StallWatch(
          Duration.ofSeconds(30),
          NOPLogger.NOP_LOGGER,
          () -> now[0],
          (delay, task) -> {
            delays.add(delay);
            due.add(task);
          });

  private StallWatch.Incoming begin(String name) {
    return watch.begin(request -> ended.add(name));
  }

  /** Lets time pass in rounds. */
  private void pass(int rounds) {
    for (int i = 0; i < rounds; i++) {
      now[0] += 7_500_000_000L;
      Runnable round = due.poll();
      if (round != null) {
        round.run();
      }
    }
  }

  @Test
  void aRequestFromWhichNothingComesIsEnded() {
    begin("silent");
    pass(3);
    assertThat(ended).isEmpty();
    pass(1);
    assertThat(ended).containsExactly("silent");
    assertThat(watch.ended()).isEqualTo(1);
    assertThat(watch.message())
        .isEqualTo("the request stopped half way: nearly nothing of it has come for 30s");
  }

  @Test
  void aRequestThatComesSlowlyGoesOn() {
    StallWatch.Incoming slow = begin("slow");
    for (int i = 0; i < 100; i++) {
      slow.received(1 + i);
      pass(3);
    }
    assertThat(ended).isEmpty();
    pass(4);
    assertThat(ended).containsExactly("slow");
  }

  @Test
  void aRequestThatDripsIsEnded() {
    StallWatch.Incoming drips = begin("drips");
    drips.received(1_000_000);
    pass(1);
    drips.received(5_000);
    pass(1);
    drips.received(5_000);
    pass(2);
    assertThat(ended).isEmpty();
    pass(1);
    assertThat(ended).containsExactly("drips");
  }

  @Test
  void aHundredthOfWhatIsHeldIsEnough() {
    StallWatch.Incoming slow = begin("slow");
    slow.received(1_000_000);
    pass(1);
    for (int i = 0; i < 50; i++) {
      slow.received(3_000 + 60L * i);
      pass(1);
    }
    assertThat(ended).isEmpty();
  }

  @Test
  void whatHasComeWholeIsNotWatched() {
    begin("whole").done();
    pass(10);
    assertThat(ended).isEmpty();
    assertThat(watch.ended()).isZero();
  }

  @Test
  void nothingRunsWhileNothingComes() {
    begin("whole").done();
    pass(1);
    assertThat(due).isEmpty();
    begin("next");
    assertThat(due).hasSize(1);
    begin("another");
    assertThat(due).hasSize(1);
    pass(4);
    assertThat(ended).containsExactlyInAnyOrder("next", "another");
    assertThat(due).isEmpty();
    assertThat(delays).containsOnly(SECOND * 30 / 4);
  }

  @Test
  void oneThatCannotBeEndedDoesNotKeepTheOthers() {
    watch.begin(
        request -> {
          throw new IllegalStateException("already closed");
        });
    pass(2);
    begin("later");
    pass(4);
    assertThat(ended).containsExactly("later");
  }

  @Test
  void aServerThatStopsWatchesNothing() {
    StallWatch stopped =
        new StallWatch(
            Duration.ofSeconds(30),
            NOPLogger.NOP_LOGGER,
            () -> now[0],
            (delay, task) -> {
              throw new RejectedExecutionException("stopped");
            });
    stopped.begin(request -> ended.add("late")).done();
    assertThat(ended).isEmpty();
  }
}
