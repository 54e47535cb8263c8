package dev.weir.pipeline.sending;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.otlp.OtlpProtobuf;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Batching behind the queue of an exporter. */
final class BatcherTest {
  private static final Duration FLUSH = Duration.ofMillis(200);
  private static final Duration GRACE = Duration.ofSeconds(10);
  private static final String SIZE = "queue_size{data_type=logs, exporter=otlp_grpc}";
  private static final RetryConfig NO_RETRY =
      new RetryConfig(false, FLUSH, 0, 1.5, FLUSH, Duration.ZERO);

  private final Scene scene = new Scene();

  private static SendingConfig config(boolean wait, int consumers, BatchConfig batch) {
    return new SendingConfig(
        Duration.ofSeconds(5),
        NO_RETRY,
        new QueueConfig(consumers, wait, false, Sizer.REQUESTS, 10, null, batch));
  }

  private static BatchConfig items(long min, long max, String... keys) {
    return new BatchConfig(FLUSH, Sizer.ITEMS, min, max, List.of(keys));
  }

  private SendingExporter<LogRecord> started(BatchConfig batch) throws Exception {
    return scene.started(config(false, 2, batch));
  }

  @Test
  void requestsWaitUntilTheyAreEnoughTogether() throws Exception {
    var exporter = started(items(3, 0));
    exporter.consume(Scene.logs("a"));
    scene.time.awaitWaiting(FLUSH);
    exporter.consume(Scene.logs("b"));
    assertThat(scene.measurements.values()).containsEntry(SIZE, "2");
    exporter.consume(Scene.logs("c", "d"));
    Scene.until(() -> "0".equals(scene.measurements.values().get(SIZE)));
    assertThat(scene.delivered).containsExactly(List.of("a", "b", "c", "d"));
    assertThat(scene.measurements.values())
        .containsEntry("sent_log_records{exporter=otlp_grpc}", "4")
        .containsEntry("queue_batch_send_size{exporter=otlp_grpc}", "1/4")
        .containsKey("queue_batch_send_size_bytes{exporter=otlp_grpc}");
    exporter.stop(GRACE);
  }

  @Test
  void whatIsNotEnoughIsSentWhenItHasWaitedLongEnough() throws Exception {
    var exporter = started(items(100, 0));
    exporter.consume(Scene.logs("a"));
    scene.time.awaitWaiting(FLUSH);
    scene.time.pass(Duration.ofMillis(199));
    exporter.consume(Scene.logs("b"));
    scene.time.awaitWaiting(Duration.ofMillis(1));
    Scene.until(() -> "2".equals(scene.measurements.values().get(SIZE)));
    assertThat(scene.delivered).isEmpty();
    scene.time.pass(Duration.ofMillis(1));
    Scene.until(() -> !scene.delivered.isEmpty());
    // The second may have come a moment later.
    exporter.stop(GRACE);
    assertThat(scene.delivered.stream().flatMap(List::stream)).containsExactly("a", "b");
  }

  @Test
  void whatIsTooMuchIsCut() throws Exception {
    scene.gate.drainPermits();
    var exporter = scene.started(config(true, 10, items(2, 3)));
    CompletableFuture<Outcome> first = consume(exporter, Scene.logs("a"));
    scene.time.awaitWaiting(FLUSH);
    CompletableFuture<Outcome> second =
        consume(exporter, Scene.logs("b", "c", "d", "e", "f", "g", "h"));
    Scene.until(() -> scene.attempts == 3);
    scene.gate.release(2);
    Scene.until(() -> scene.delivered.size() == 2);
    assertThat(second).isNotDone();
    scene.gate.release(1);
    assertThat(first.join()).isEqualTo(Outcome.accepted());
    assertThat(second.join()).isEqualTo(Outcome.accepted());
    assertThat(scene.delivered)
        .containsExactlyInAnyOrder(
            List.of("a", "b", "c"), List.of("d", "e", "f"), List.of("g", "h"));
    exporter.stop(GRACE);
  }

  @Test
  void theResultOfARequestThatWasCutIsThatOfAllItsPieces() throws Exception {
    scene.answers.add(Outcome.accepted());
    scene.answers.add(new Outcome.Refused("no", Code.INTERNAL));
    scene.answers.add(new Outcome.Retry("later", Code.UNAVAILABLE, null));
    var exporter = scene.started(config(true, 1, items(1, 1)));
    Outcome outcome = consume(exporter, Scene.logs("a", "b", "c")).join();
    assertThat(outcome).isEqualTo(new Outcome.Refused("Permanent error: no; later", Code.INTERNAL));
    assertThat(scene.measurements.values())
        .containsEntry("sent_log_records{exporter=otlp_grpc}", "1")
        .containsEntry(
            "send_failed_log_records{error.permanent=true, error.type=_OTHER, exporter=otlp_grpc}",
            "1")
        .containsEntry(
            "send_failed_log_records{error.permanent=false, error.type=_OTHER,"
                + " exporter=otlp_grpc}",
            "1");
    exporter.stop(GRACE);
  }

  @Test
  void bytesAreCountedAsTheyWillBeSent() throws Exception {
    Telemetry<LogRecord> two = Scene.logs("0123456789", "0123456789");
    int size = OtlpProtobuf.size(two);
    var exporter = started(new BatchConfig(FLUSH, Sizer.BYTES, size - 5, size, List.of()));
    exporter.consume(
        Scene.logs("0123456789", "1123456789", "2123456789", "3123456789", "x".repeat(200), "z"));
    exporter.stop(GRACE);
    assertThat(scene.delivered)
        .containsExactlyInAnyOrder(
            List.of("0123456789", "1123456789"),
            List.of("2123456789", "3123456789"),
            List.of("x".repeat(200)),
            List.of("z"));
    assertThat(scene.log.lines())
        .containsExactly(
            "WARN One item alone is larger than max_size. It is sent alone. {size="
                + OtlpProtobuf.size(Scene.logs("x".repeat(200)))
                + ", max_size="
                + size
                + "}");
  }

  @Test
  void requestsOfDifferentMetadataGoApart() throws Exception {
    var exporter = started(items(2, 0, "Tenant"));
    exporter.consume(of("1", "a"));
    exporter.consume(of("2", "b"));
    exporter.consume(Scene.logs("c"));
    exporter.consume(of("1", "d"));
    Scene.until(() -> scene.delivered.size() == 1);
    assertThat(scene.delivered).containsExactly(List.of("a", "d"));
    exporter.stop(GRACE);
    assertThat(scene.delivered)
        .containsExactlyInAnyOrder(List.of("a", "d"), List.of("b"), List.of("c"));
  }

  private static Telemetry<LogRecord> of(String tenant, String body) {
    Telemetry<LogRecord> batch = Scene.logs(body);
    batch.metadata(Map.of("tenant", List.of(tenant), "other", List.of(body)));
    return batch;
  }

  @Test
  void theQueueFillsWhileAllConsumersAreBusy() throws Exception {
    scene.gate.drainPermits();
    var exporter = started(items(1, 0));
    for (int i = 0; i < 10; i++) {
      assertThat(exporter.consume(Scene.logs("a")).taken()).isTrue();
    }
    Scene.until(() -> scene.attempts == 2);
    assertThat(exporter.consume(Scene.logs("a")))
        .isEqualTo(new Outcome.Retry("sending queue is full", Code.UNAVAILABLE, null));
    scene.gate.release(100);
    exporter.stop(GRACE);
    assertThat(scene.measurements.values())
        .containsEntry("sent_log_records{exporter=otlp_grpc}", "10");
  }

  @Test
  void whatCannotBeSentInTimeIsCountedAndSaid() throws Exception {
    scene.gate.drainPermits();
    var exporter = started(items(2, 0));
    for (int i = 0; i < 9; i++) {
      assertThat(exporter.consume(Scene.logs("a")).taken()).isTrue();
    }
    Scene.until(() -> scene.attempts == 2);
    Thread stop = Thread.ofVirtual().start(() -> exporter.stop(GRACE));
    scene.time.awaitWaiting(Duration.ofSeconds(9));
    scene.time.pass(Duration.ofSeconds(9));
    stop.join();
    assertThat(scene.measurements.values())
        .containsEntry(
            "send_failed_log_records{error.permanent=false, error.type=Shutdown,"
                + " exporter=otlp_grpc}",
            "9")
        .doesNotContainKey(SIZE);
  }

  private static CompletableFuture<Outcome> consume(
      SendingExporter<LogRecord> exporter, Telemetry<LogRecord> batch) {
    CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    Thread.ofVirtual().start(() -> outcome.complete(exporter.consume(batch)));
    return outcome;
  }
}
