package dev.weir.pipeline.sending;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class MemoryQueueTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration GRACE = Duration.ofSeconds(10);
  private static final RetryConfig RETRY =
      new RetryConfig(true, SECOND, 0, 1.5, Duration.ofSeconds(30), Duration.ZERO);
  private static final RetryConfig NO_RETRY =
      new RetryConfig(false, SECOND, 0, 1.5, Duration.ofSeconds(30), Duration.ZERO);
  private static final Outcome DOWN = new Outcome.Retry(Scene.DOWN, Code.UNAVAILABLE, null);
  private static final Outcome FULL =
      new Outcome.Retry("sending queue is full", Code.UNAVAILABLE, null);
  private static final String SIZE = "queue_size{data_type=logs, exporter=otlp_grpc}";
  private static final String CAPACITY = "queue_capacity{data_type=logs, exporter=otlp_grpc}";
  private static final String SENT = "sent_log_records{exporter=otlp_grpc}";

  private final Scene scene = new Scene();

  private static SendingConfig config(RetryConfig retry, QueueConfig queue) {
    return new SendingConfig(Duration.ofSeconds(5), retry, queue);
  }

  private static QueueConfig queue(int consumers, Sizer sizer, long size) {
    return new QueueConfig(consumers, false, false, sizer, size, null, null);
  }

  private static CompletableFuture<Outcome> consume(
      SendingExporter<LogRecord> exporter, String... bodies) {
    CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    Thread.ofVirtual().start(() -> outcome.complete(exporter.consume(Scene.logs(bodies))));
    return outcome;
  }

  @Test
  void whatIsInTheQueueIsSentAndCounted() throws Exception {
    var exporter = scene.started(config(RETRY, queue(1, Sizer.REQUESTS, 10)));
    assertThat(scene.measurements.values()).containsEntry(SIZE, "0").containsEntry(CAPACITY, "10");
    assertThat(exporter.consume(Scene.logs("a", "b"))).isEqualTo(Outcome.accepted());
    assertThat(exporter.consume(Scene.logs("c"))).isEqualTo(Outcome.accepted());
    Scene.until(() -> "3".equals(scene.measurements.values().get(SENT)));
    assertThat(scene.delivered).containsExactly(List.of("a", "b"), List.of("c"));
    assertThat(scene.measurements.values())
        .containsEntry("enqueue_size{exporter=otlp_grpc}", "2/3");
    exporter.stop(GRACE);
    assertThat(scene.measurements.values()).doesNotContainKey(SIZE).doesNotContainKey(CAPACITY);
  }

  /** Ten threads that each hold on to the last batch they sent were 40 MB of an idle gateway. */
  @Test
  void whatWasSentIsNotHeldByAThreadThatWaitsForMore() throws Exception {
    var exporter = scene.started(config(RETRY, queue(1, Sizer.REQUESTS, 10)));
    WeakReference<Telemetry<LogRecord>> sent = send(exporter);
    Scene.until(() -> scene.delivered.size() == 1);
    Scene.until(
        () -> {
          System.gc();
          return sent.get() == null;
        });
    exporter.stop(GRACE);
  }

  private static WeakReference<Telemetry<LogRecord>> send(SendingExporter<LogRecord> exporter) {
    Telemetry<LogRecord> batch = Scene.logs("a");
    assertThat(exporter.consume(batch)).isEqualTo(Outcome.accepted());
    return new WeakReference<>(batch);
  }

  @Test
  void requestsUnderWayCountInTheSizeAsInTheCollector() throws Exception {
    scene.always = DOWN;
    var exporter = scene.started(config(RETRY, queue(1, Sizer.REQUESTS, 10)));
    for (int i = 0; i < 10; i++) {
      assertThat(exporter.consume(Scene.logs("a", "b"))).isEqualTo(Outcome.accepted());
    }
    scene.time.awaitWaiting(SECOND);
    assertThat(exporter.consume(Scene.logs("c", "d", "e"))).isEqualTo(FULL);
    assertThat(scene.measurements.values())
        .containsEntry(SIZE, "10")
        .containsEntry("in_flight_requests{data_type=logs, exporter=otlp_grpc}", "1")
        .containsEntry("enqueue_failed_log_records{exporter=otlp_grpc}", "3");
    assertThat(scene.log.lines())
        .contains(
            "ERROR Exporting failed. Rejecting data. {error=sending queue is full,"
                + " rejected_items=3}");
    scene.always = Outcome.accepted();
    exporter.stop(GRACE);
    // The one that waited is given up, the others had their one attempt.
    assertThat(scene.delivered).hasSize(9);
    assertThat(scene.measurements.values())
        .containsEntry(SENT, "18")
        .containsEntry(
            "send_failed_log_records{error.permanent=false, error.type=Shutdown,"
                + " exporter=otlp_grpc}",
            "2");
    assertThat(scene.log.lines())
        .contains(
            "ERROR Exporting failed. Dropping data. {error=interrupted due to shutdown: "
                + Scene.DOWN
                + ", dropped_items=2}");
  }

  @Test
  void aQueueOfItemsCountsItems() throws Exception {
    scene.gate.drainPermits();
    var exporter = scene.started(config(RETRY, queue(1, Sizer.ITEMS, 5)));
    assertThat(exporter.consume(Scene.logs())).isEqualTo(Outcome.accepted());
    assertThat(exporter.consume(Scene.logs("1", "2", "3", "4", "5", "6")))
        .isEqualTo(new Outcome.Retry("element size too large", Code.UNAVAILABLE, null));
    assertThat(exporter.consume(Scene.logs("1", "2", "3"))).isEqualTo(Outcome.accepted());
    assertThat(exporter.consume(Scene.logs("4", "5", "6"))).isEqualTo(FULL);
    assertThat(exporter.consume(Scene.logs("4", "5"))).isEqualTo(Outcome.accepted());
    assertThat(scene.measurements.values()).containsEntry(SIZE, "5");
    scene.gate.release(100);
    Scene.until(() -> "5".equals(scene.measurements.values().get(SENT)));
    exporter.stop(GRACE);
  }

  @Test
  void aFullQueueCanMakeTheCallerWait() throws Exception {
    scene.gate.drainPermits();
    QueueConfig blocking = new QueueConfig(1, false, true, Sizer.REQUESTS, 1, null, null);
    var exporter = scene.started(config(RETRY, blocking));
    assertThat(exporter.consume(Scene.logs("a"))).isEqualTo(Outcome.accepted());
    CompletableFuture<Outcome> second = consume(exporter, "b");
    Scene.until(() -> scene.attempts == 1);
    assertThat(second).isNotDone();
    scene.gate.release(1);
    assertThat(second.join()).isEqualTo(Outcome.accepted());
    CompletableFuture<Outcome> third = consume(exporter, "c");
    Scene.until(() -> scene.attempts == 2);
    assertThat(third).isNotDone();
    Thread stop = Thread.ofVirtual().start(() -> exporter.stop(GRACE));
    assertThat(third.join())
        .isEqualTo(new Outcome.Retry("sending queue is stopped", Code.UNAVAILABLE, null));
    scene.gate.release(1);
    stop.join();
    assertThat(scene.delivered).containsExactly(List.of("a"), List.of("b"));
  }

  @Test
  void theCallerCanWaitForTheResult() throws Exception {
    scene.gate.drainPermits();
    QueueConfig waiting = new QueueConfig(1, true, false, Sizer.REQUESTS, 10, null, null);
    var exporter = scene.started(config(NO_RETRY, waiting));
    scene.answers.add(Outcome.accepted());
    scene.answers.add(new Outcome.Refused(StatusText.of(Code.NOT_FOUND, "who"), Code.NOT_FOUND));
    CompletableFuture<Outcome> first = consume(exporter, "a");
    Scene.until(() -> scene.attempts == 1);
    assertThat(first).isNotDone();
    scene.gate.release(1);
    assertThat(first.join()).isEqualTo(Outcome.accepted());
    scene.gate.release(1);
    assertThat(consume(exporter, "b").join())
        .isEqualTo(
            new Outcome.Refused(
                "Permanent error: rpc error: code = NotFound desc = who", Code.NOT_FOUND));
    exporter.stop(GRACE);
  }

  @Test
  void asManyAreSentAtOnceAsThereAreConsumers() throws Exception {
    scene.gate.drainPermits();
    var exporter = scene.started(config(RETRY, queue(3, Sizer.REQUESTS, 10)));
    for (int i = 0; i < 5; i++) {
      assertThat(exporter.consume(Scene.logs("a"))).isEqualTo(Outcome.accepted());
    }
    Scene.until(() -> scene.attempts == 3);
    assertThat(scene.measurements.values())
        .containsEntry("in_flight_requests{data_type=logs, exporter=otlp_grpc}", "3");
    scene.gate.release(100);
    Scene.until(() -> "5".equals(scene.measurements.values().get(SENT)));
    exporter.stop(GRACE);
  }

  @Test
  void whatCannotBeSentInTimeIsCountedAndSaid() throws Exception {
    scene.gate.drainPermits();
    var exporter = scene.started(config(RETRY, queue(1, Sizer.REQUESTS, 10)));
    for (int i = 0; i < 4; i++) {
      assertThat(exporter.consume(Scene.logs("a", "b"))).isEqualTo(Outcome.accepted());
    }
    Scene.until(() -> scene.attempts == 1);
    Thread stop = Thread.ofVirtual().start(() -> exporter.stop(GRACE));
    scene.time.awaitWaiting(Duration.ofSeconds(9));
    assertThat(exporter.consume(Scene.logs("late")).taken()).isFalse();
    scene.time.pass(Duration.ofSeconds(9));
    stop.join();
    assertThat(scene.measurements.values())
        .containsEntry(
            "send_failed_log_records{error.permanent=false, error.type=Shutdown,"
                + " exporter=otlp_grpc}",
            "8");
    assertThat(scene.log.lines())
        .contains(
            "ERROR Exporting failed. Dropping data. {error=interrupted due to shutdown: the attempt"
                + " was cut short, dropped_items=2}",
            "ERROR Exporting failed. Dropping data. {error=interrupted due to shutdown: the time to"
                + " stop was over, dropped_items=6}");
  }

  @Test
  void anExceptionInADestinationEndsNoConsumer() throws Exception {
    QueueConfig one = queue(1, Sizer.REQUESTS, 10);
    List<String> sent = new java.util.concurrent.CopyOnWriteArrayList<>();
    SendingExporter<LogRecord> exporter =
        SendingExporter.of(
            scene.context(),
            dev.weir.pdata.Signal.LOGS,
            config(RETRY, one),
            io.opentelemetry.api.common.Attributes.empty(),
            (batch, _) -> {
              String body = Scene.bodies(batch).getFirst();
              if (body.equals("bad")) {
                throw new IllegalStateException("a bug");
              }
              sent.add(body);
              return Outcome.accepted();
            },
            scene.time,
            () -> 0.5);
    exporter.start(scene);
    assertThat(exporter.consume(Scene.logs("bad"))).isEqualTo(Outcome.accepted());
    assertThat(exporter.consume(Scene.logs("good"))).isEqualTo(Outcome.accepted());
    Scene.until(() -> sent.contains("good"));
    assertThat(scene.log.lines())
        .contains(
            "ERROR Exporting failed. Dropping data. {error=not retryable error: Permanent error:"
                + " java.lang.IllegalStateException: a bug, dropped_items=1}");
    exporter.stop(GRACE);
  }

  @Test
  void stoppingWhatWasNeverStartedDoesNothing() {
    scene.exporter(SendingConfig.defaults(SECOND)).stop(GRACE);
    assertThat(scene.log.lines()).isEmpty();
  }
}
