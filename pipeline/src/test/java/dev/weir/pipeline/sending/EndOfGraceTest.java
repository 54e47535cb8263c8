package dev.weir.pipeline.sending;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Signal;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Time;
import io.opentelemetry.api.common.Attributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The moment at which the time to stop is over: what was accepted is delivered or counted. */
final class EndOfGraceTest {
  private static final Duration FLUSH = Duration.ofMillis(200);
  private static final BatchConfig LARGE = new BatchConfig(FLUSH, Sizer.ITEMS, 1000, 0, List.of());

  private final Scene scene = new Scene();

  private Batcher<LogRecord> batcher(Set<Request<LogRecord>> underWay) {
    return new Batcher<>(
        LARGE,
        1,
        scene.time,
        new Workers("test", scene.time),
        underWay,
        (request, done) -> done.done(null),
        scene.log);
  }

  @Test
  void whatAnInterruptedThreadHasInHandIsKeptByTheBatcher() throws Exception {
    Set<Request<LogRecord>> underWay = ConcurrentHashMap.newKeySet();
    Batcher<LogRecord> batcher = batcher(underWay);
    Thread.currentThread().interrupt();
    boolean added = batcher.add(new Request<>(Scene.logs("a")), failure -> {});
    assertThat(Thread.interrupted()).isTrue();
    assertThat(added).isTrue();
    batcher.abandon();
    assertThat(underWay).hasSize(1);
  }

  @Test
  void whatComesAfterTheRestWasGivenUpIsHandedBack() throws Exception {
    Set<Request<LogRecord>> underWay = ConcurrentHashMap.newKeySet();
    Batcher<LogRecord> batcher = batcher(underWay);
    assertThat(batcher.add(new Request<>(Scene.logs("a")), failure -> {})).isTrue();
    batcher.abandon();
    assertThat(batcher.add(new Request<>(Scene.logs("b")), failure -> {})).isFalse();
    assertThat(underWay).hasSize(1);
  }

  /** Many ends at random moments, with threads at every step between the queue and the wire. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatWasAcceptedIsDeliveredOrCountedWheneverTheTimeIsOver(boolean batching) throws Exception {
    long seed = Long.getLong("weir.race.seed", System.nanoTime());
    Random random = new Random(seed);
    for (int round = 0; round < 150; round++) {
      end(random, batching, "seed " + seed + ", round " + round);
    }
  }

  private void end(Random random, boolean batching, String where) throws Exception {
    Scene one = new Scene();
    AtomicLong delivered = new AtomicLong();
    AtomicLong accepted = new AtomicLong();
    AtomicBoolean going = new AtomicBoolean(true);
    int size = 1 + random.nextInt(40);
    BatchConfig batch =
        batching ? new BatchConfig(Duration.ofMillis(1), Sizer.ITEMS, size, size, List.of()) : null;
    SendingExporter<LogRecord> exporter =
        SendingExporter.of(
            one.context(),
            Signal.LOGS,
            new SendingConfig(
                Duration.ofSeconds(5),
                new RetryConfig(false, FLUSH, 0, 1.5, FLUSH, Duration.ZERO),
                new QueueConfig(2, false, true, Sizer.REQUESTS, 50, null, batch)),
            Attributes.empty(),
            (request, limit) -> {
              Thread.sleep(0, 100_000); // the wire; an interrupt cuts it short
              delivered.addAndGet(request.count());
              return Outcome.accepted();
            },
            Time.SYSTEM,
            () -> 0.5);
    exporter.start(one);
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 3; t++) {
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    while (going.get()) {
                      if (exporter.consume(Scene.logs("a", "b", "c")).taken()) {
                        accepted.addAndGet(3);
                      }
                    }
                  }));
    }
    long least = 1L + random.nextInt(600);
    quickly(() -> accepted.get() >= least);
    exporter.stop(Duration.ofNanos(random.nextInt(3) * 100_000L));
    going.set(false);
    for (Thread thread : threads) {
      thread.join();
    }
    // A thread that was left behind may deliver what has been counted as failed, but counts it
    // once.
    quickly(() -> counted(one) >= accepted.get());
    assertThat(counted(one)).as(where).isEqualTo(accepted.get());
    assertThat(delivered.get()).as(where).isGreaterThanOrEqualTo(counted(one, "sent_"));
  }

  private static void quickly(BooleanSupplier condition) {
    Awaitility.await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .atMost(Duration.ofSeconds(5))
        .until(condition::getAsBoolean);
  }

  private static long counted(Scene one) {
    return counted(one, "sent_") + counted(one, "send_failed_");
  }

  private static long counted(Scene one, String what) {
    long items = 0;
    for (Map.Entry<String, String> each : one.measurements.values().entrySet()) {
      if (each.getKey().startsWith(what + "log_records{")) {
        items += Long.parseLong(each.getValue());
      }
    }
    return items;
  }
}
