package dev.weir.receiver.ebpftcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Metric;
import dev.weir.pdata.NumberPoints;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Scope;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.slf4j.helpers.NOPLogger;

class MetricOutletTest {
  private final Queue<Outcome> answers = new ConcurrentLinkedQueue<>();
  private final List<Long> taken = new CopyOnWriteArrayList<>();

  private MetricOutlet outlet(boolean delta) {
    MetricOutlet outlet =
        new MetricOutlet(
            "test",
            batch -> {
              taken.add(
                  batch
                      .resources()
                      .getFirst()
                      .scopes()
                      .getFirst()
                      .items()
                      .getFirst()
                      .numbers()
                      .integer(0));
              Outcome answer = answers.poll();
              return answer == null ? Outcome.accepted() : answer;
            },
            delta,
            NOPLogger.NOP_LOGGER,
            0);
    outlet.start();
    return outlet;
  }

  private static Telemetry<Metric> batch(long value) {
    NumberPoints points = new NumberPoints(1);
    points.add(Attributes.EMPTY, 1, 2, value);
    return Telemetry.of(
        Signal.METRICS,
        Resource.EMPTY,
        Scope.EMPTY,
        List.of(Metric.sum("m", "", "", Metric.Temporality.DELTA, true, points)));
  }

  @Test
  void aDeltaThatWasNotTakenIsOfferedAgain() {
    answers.add(Outcome.retry("not now"));
    MetricOutlet outlet = outlet(true);
    outlet.hand(batch(5), 100);

    await().until(() -> outlet.deliveredUpTo() == 100);

    assertThat(taken).containsExactly(5L, 5L);
    assertThat(outlet.retries()).isEqualTo(1);
    assertThat(outlet.underWay()).isFalse();
    outlet.finish(Duration.ofSeconds(1));
  }

  @Test
  void aCumulativeBatchThatWasNotTakenIsLeftToTheNext() {
    answers.add(Outcome.retry("not now"));
    MetricOutlet outlet = outlet(false);
    outlet.hand(batch(5), 100);
    await().until(() -> !outlet.underWay());
    assertThat(outlet.deliveredUpTo()).isZero();
    outlet.hand(batch(6), 200);
    await().until(() -> outlet.deliveredUpTo() == 200);

    assertThat(taken).containsExactly(5L, 6L);
    outlet.finish(Duration.ofSeconds(1));
  }

  @Test
  void whatIsRefusedIsCountedAndDone() {
    answers.add(Outcome.refused("never"));
    answers.add(new Outcome.Partial(1, "one is bad"));
    MetricOutlet outlet = outlet(true);
    outlet.hand(batch(5), 100);
    outlet.hand(batch(6), 200);
    outlet.finish(Duration.ofSeconds(5));

    assertThat(taken).containsExactly(5L, 6L);
    assertThat(outlet.refusedPoints()).isEqualTo(2);
    assertThat(outlet.deliveredUpTo()).isEqualTo(200);
    assertThat(outlet.abandonedPoints()).isZero();
  }

  @Test
  void whatNobodyTakesWithinTheGraceIsCountedAsLost() {
    for (int i = 0; i < 1000; i++) {
      answers.add(Outcome.retry("never in time"));
    }
    MetricOutlet outlet = outlet(true);
    outlet.hand(batch(5), 100);
    outlet.hand(batch(6), 200);
    outlet.finish(Duration.ofMillis(50));

    assertThat(outlet.abandonedPoints()).isEqualTo(2);
  }

  @Test
  void aSlowConsumerHoldsUpNobodyElse() throws InterruptedException {
    CountDownLatch release = new CountDownLatch(1);
    MetricOutlet outlet =
        new MetricOutlet(
            "slow",
            batch -> {
              try {
                release.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              return Outcome.accepted();
            },
            false,
            NOPLogger.NOP_LOGGER,
            0);
    outlet.start();
    outlet.hand(batch(1), 10);

    assertThat(outlet.underWay()).isTrue();
    release.countDown();
    await().until(() -> !outlet.underWay());
    outlet.finish(Duration.ofSeconds(1));
  }

  @Test
  void aConsumerThatThrowsIsABugAndNoEnd() {
    MetricOutlet outlet =
        new MetricOutlet(
            "broken",
            batch -> {
              throw new IllegalStateException("bug");
            },
            true,
            NOPLogger.NOP_LOGGER,
            0);
    outlet.start();
    outlet.hand(batch(1), 10);
    outlet.finish(Duration.ofSeconds(1));

    assertThat(outlet.refusedPoints()).isEqualTo(1);
  }
}
