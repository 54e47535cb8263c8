package dev.weir.pipeline.sending;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Retries without a queue, so that the caller sees everything. */
final class RetryingTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final RetryConfig RETRY =
      new RetryConfig(true, SECOND, 0, 1.5, Duration.ofSeconds(30), Duration.ofMinutes(5));
  private static final Outcome DOWN = new Outcome.Retry(Scene.DOWN, Code.UNAVAILABLE, null);

  private final Scene scene = new Scene();

  private static SendingConfig config(RetryConfig retry) {
    return new SendingConfig(Duration.ofSeconds(5), retry, null);
  }

  private CompletableFuture<Outcome> consume(RetryConfig retry) throws Exception {
    var exporter = scene.started(config(retry));
    CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    Thread.ofVirtual().start(() -> outcome.complete(exporter.consume(Scene.logs("a", "b"))));
    return outcome;
  }

  @Test
  void whatFailsForAWhileIsTriedAgainAfterAWaitThatGrows() throws Exception {
    scene.answers.addAll(List.of(DOWN, DOWN, Outcome.accepted()));
    CompletableFuture<Outcome> outcome = consume(RETRY);
    scene.time.awaitWaiting(SECOND);
    assertThat(scene.attempts).isEqualTo(1);
    scene.time.pass(SECOND);
    scene.time.awaitWaiting(Duration.ofMillis(1500));
    scene.time.pass(Duration.ofMillis(1500));
    assertThat(outcome.join()).isEqualTo(Outcome.accepted());
    assertThat(scene.delivered).containsExactly(List.of("a", "b"));
    assertThat(scene.log.lines())
        .containsExactly(
            "INFO Exporting failed. Will retry the request after interval. {error=rpc error: code"
                + " = Unavailable desc = connection refused, interval=1s}",
            "INFO Exporting failed. Will retry the request after interval. {error=rpc error: code"
                + " = Unavailable desc = connection refused, interval=1.5s}");
    assertThat(scene.measurements.values())
        .containsEntry("sent_log_records{exporter=otlp_grpc}", "2")
        .containsEntry("in_flight_requests{data_type=logs, exporter=otlp_grpc}", "0");
    assertThat(scene.timeout).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void theServersDelayCountsIfItIsLonger() throws Exception {
    scene.answers.add(new Outcome.Retry(Scene.DOWN, Code.UNAVAILABLE, Duration.ofSeconds(7)));
    scene.answers.add(new Outcome.Retry(Scene.DOWN, Code.UNAVAILABLE, Duration.ofMillis(10)));
    CompletableFuture<Outcome> outcome = consume(RETRY);
    scene.time.awaitWaiting(Duration.ofSeconds(7));
    scene.time.pass(Duration.ofSeconds(7));
    scene.time.awaitWaiting(Duration.ofMillis(1500));
    scene.time.pass(Duration.ofMillis(1500));
    assertThat(outcome.join()).isEqualTo(Outcome.accepted());
    assertThat(scene.log.lines().getFirst())
        .contains("error=Throttle (7s), error: rpc error: code = Unavailable desc =")
        .contains("interval=7s");
  }

  @Test
  void whatWouldWaitPastTheMaximumIsGivenUp() throws Exception {
    scene.always = DOWN;
    RetryConfig short3 =
        new RetryConfig(true, SECOND, 0, 1.5, Duration.ofSeconds(2), Duration.ofSeconds(3));
    CompletableFuture<Outcome> outcome = consume(short3);
    scene.time.awaitWaiting(SECOND);
    scene.time.pass(SECOND);
    scene.time.awaitWaiting(Duration.ofMillis(1500));
    scene.time.pass(Duration.ofMillis(1500));
    String error = "no more retries left: rpc error: code = Unavailable desc = connection refused";
    assertThat(outcome.join()).isEqualTo(new Outcome.Retry(error, Code.UNAVAILABLE, null));
    assertThat(scene.attempts).isEqualTo(3);
    assertThat(scene.log.lines().getLast())
        .isEqualTo(
            "ERROR Exporting failed. Rejecting data. Try enabling sending_queue to survive"
                + " temporary failures. {error="
                + error
                + ", rejected_items=2}");
    assertThat(scene.measurements.values())
        .containsEntry("sent_log_records{exporter=otlp_grpc}", "0")
        .containsEntry(
            "send_failed_log_records{error.permanent=false, error.type=Unavailable,"
                + " exporter=otlp_grpc}",
            "2");
  }

  @Test
  void whatWillNeverSucceedIsNotTriedAgain() throws Exception {
    scene.always =
        new Outcome.Refused(
            StatusText.of(Code.INVALID_ARGUMENT, "no such thing"), Code.INVALID_ARGUMENT);
    assertThat(consume(RETRY).join())
        .isEqualTo(
            new Outcome.Refused(
                "not retryable error: Permanent error: rpc error: code = InvalidArgument desc = no"
                    + " such thing",
                Code.INVALID_ARGUMENT));
    assertThat(scene.attempts).isEqualTo(1);
    assertThat(scene.measurements.values())
        .containsEntry(
            "send_failed_log_records{error.permanent=true, error.type=InvalidArgument,"
                + " exporter=otlp_grpc}",
            "2");
  }

  @Test
  void theEndOfTheAgentEndsTheWait() throws Exception {
    scene.always = DOWN;
    var exporter = scene.started(config(RETRY));
    CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    Thread.ofVirtual().start(() -> outcome.complete(exporter.consume(Scene.logs("a"))));
    scene.time.awaitWaiting(SECOND);
    exporter.stop(SECOND);
    assertThat(outcome.join())
        .isEqualTo(
            new Outcome.Retry(
                "interrupted due to shutdown: " + Scene.DOWN, Code.UNAVAILABLE, null));
    assertThat(scene.measurements.values())
        .containsEntry(
            "send_failed_log_records{error.permanent=false, error.type=Shutdown,"
                + " exporter=otlp_grpc}",
            "1");
  }

  @Test
  void withoutRetriesTheAnswerIsTheDescriptionOfTheStatus() throws Exception {
    RetryConfig off = new RetryConfig(false, SECOND, 0, 1.5, SECOND, SECOND);
    scene.always = DOWN;
    assertThat(consume(off).join())
        .isEqualTo(new Outcome.Retry("connection refused", Code.UNAVAILABLE, null));
    assertThat(scene.log.lines())
        .containsExactly(
            "ERROR Exporting failed. Rejecting data. Try enabling retry_on_failure config option to"
                + " retry on retryable errors. Try enabling sending_queue to survive temporary"
                + " failures. {error=rpc error: code = Unavailable desc = connection refused,"
                + " rejected_items=2}");
    scene.always = new Outcome.Refused("what is this", Code.INTERNAL);
    assertThat(consume(off).join())
        .isEqualTo(new Outcome.Refused("Permanent error: what is this", Code.INTERNAL));
    scene.always =
        new Outcome.Retry("Post: context deadline exceeded", Code.DEADLINE_EXCEEDED, null);
    assertThat(consume(off).join())
        .isEqualTo(new Outcome.Retry("Post: context deadline exceeded", Code.UNAVAILABLE, null));
    assertThat(scene.measurements.values().keySet())
        .contains(
            "send_failed_log_records{error.permanent=true, error.type=_OTHER, exporter=otlp_grpc}",
            "send_failed_log_records{error.permanent=false, error.type=Deadline_Exceeded,"
                + " exporter=otlp_grpc}");
  }

  @Test
  void aPartialSuccessIsASuccessThatIsSaidAndCounted() throws Exception {
    scene.always = new Outcome.Partial(1, "too old");
    assertThat(consume(RETRY).join()).isEqualTo(Outcome.accepted());
    assertThat(scene.log.lines())
        .containsExactly("WARN Partial success response {message=too old, dropped_log_records=1}");
    assertThat(scene.measurements.values())
        .containsEntry("sent_log_records{exporter=otlp_grpc}", "2")
        .containsEntry("weir_exporter_rejected_log_records{exporter=otlp_grpc}", "1");
  }

  @Test
  void theWaitsFollowTheFormulaOfTheCollectorsLibrary() {
    RetryConfig config =
        new RetryConfig(true, Duration.ofMillis(500), 0.5, 2, Duration.ofSeconds(3), Duration.ZERO);
    assertThat(waits(config, 0)).containsExactly(250L, 500L, 1000L, 1500L, 1500L);
    assertThat(waits(config, 0.5)).containsExactly(500L, 1000L, 2000L, 3000L, 3000L);
    assertThat(waits(config, 0.999999)).containsExactly(749L, 1499L, 2999L, 4499L, 4499L);
    RetryConfig none = new RetryConfig(true, Duration.ZERO, 0.5, 1.5, Duration.ZERO, Duration.ZERO);
    assertThat(waits(none, 0)).containsOnly(0L);
    RetryConfig zeroMultiplier =
        new RetryConfig(true, SECOND, 0, 0, Duration.ofSeconds(3), Duration.ZERO);
    assertThat(waits(zeroMultiplier, 0)).containsOnly(1000L);
  }

  private static List<Long> waits(RetryConfig config, double chance) {
    BackOff backOff = new BackOff(config, () -> chance);
    List<Long> waits = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      waits.add(backOff.next().toMillis());
    }
    return waits;
  }
}
