package dev.weir.processor.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.otlp.OtlpProtobuf;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import dev.weir.pipeline.Processor;
import dev.weir.pipeline.ProcessorFactory;
import dev.weir.pipeline.config.SchemaTable;
import dev.weir.pipeline.testing.FakeTime;
import dev.weir.pipeline.testing.LifecycleContract;
import dev.weir.processor.testing.Stage;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BatchProcessorTest {
  private static final Path README = Path.of("src/main/java/dev/weir/processor/batch/README.md");
  private static final Duration TIMEOUT = Duration.ofMillis(200);
  private static final Duration GRACE = Duration.ofSeconds(5);

  private final FakeTime time = new FakeTime();
  private final Stage stage = new Stage();
  private final ProcessorFactory<BatchProcessorConfig> factory = BatchProcessorFactory.of(time);

  private Processor<LogRecord> started(Duration timeout, int size, int max, String... keys)
      throws Exception {
    return stage.started(factory, new BatchProcessorConfig(timeout, size, max, List.of(keys), 2));
  }

  @Test
  void batchesWaitUntilTheyAreEnoughTogether() throws Exception {
    Processor<LogRecord> processor = started(TIMEOUT, 3, 0);
    assertThat(processor.consume(Stage.logs("a"))).isEqualTo(Outcome.accepted());
    processor.consume(Stage.logs("b"));
    assertThat(stage.arrived).isEmpty();
    processor.consume(Stage.logs("c", "d"));
    assertThat(stage.arrived).containsExactly(List.of("a", "b", "c", "d"));
    assertThat(stage.measurements.values())
        .containsEntry("batch_batch_size_trigger_send{processor=batch}", "1")
        .containsEntry("batch_batch_send_size{processor=batch}", "1/4")
        .containsEntry("batch_metadata_cardinality{processor=batch}", "1")
        .containsEntry(
            "batch_batch_send_size_bytes{processor=batch}",
            "1/" + OtlpProtobuf.size(stage.batches.getFirst()));
    processor.stop(GRACE);
    assertThat(stage.arrived).hasSize(1);
  }

  @Test
  void whatIsNotEnoughIsHandedOnWhenItHasWaitedLongEnough() throws Exception {
    Processor<LogRecord> processor = started(TIMEOUT, 100, 0);
    processor.consume(Stage.logs("a"));
    time.awaitWaiting(TIMEOUT);
    time.pass(Duration.ofMillis(150));
    processor.consume(Stage.logs("b"));
    assertThat(stage.arrived).isEmpty();
    time.awaitWaiting(Duration.ofMillis(50));
    time.pass(Duration.ofMillis(50));
    await().until(() -> !stage.arrived.isEmpty());
    assertThat(stage.arrived).containsExactly(List.of("a", "b"));
    await()
        .untilAsserted(
            () ->
                assertThat(stage.measurements.values())
                    .containsEntry("batch_timeout_trigger_send{processor=batch}", "1"));
    processor.stop(GRACE);
  }

  @Test
  void whatWasHandedOnIsNotHeldByTheThreadThatWaitsForMore() throws Exception {
    Processor<LogRecord> processor = started(TIMEOUT, 100, 0);
    processor.consume(Stage.logs("a"));
    time.awaitWaiting(TIMEOUT);
    time.pass(TIMEOUT);
    await().until(() -> !stage.batches.isEmpty());
    WeakReference<Telemetry<LogRecord>> handedOn = new WeakReference<>(stage.batches.removeFirst());
    await()
        .until(
            () -> {
              System.gc();
              return handedOn.get() == null;
            });
    processor.stop(GRACE);
  }

  @Test
  void aLargeBatchIsCutAndTheRestWaits() throws Exception {
    Processor<LogRecord> processor = started(TIMEOUT, 2, 3);
    processor.consume(Stage.logs("a", "b", "c", "d", "e", "f", "g"));
    assertThat(stage.arrived).containsExactly(List.of("a", "b", "c"), List.of("d", "e", "f"));
    processor.stop(GRACE);
    assertThat(stage.arrived).last().isEqualTo(List.of("g"));
    assertThat(stage.measurements.values())
        .containsEntry("batch_batch_size_trigger_send{processor=batch}", "2")
        .containsEntry("batch_timeout_trigger_send{processor=batch}", "1");
  }

  @Test
  void withoutATimeoutEverythingIsHandedOnAtOnce() throws Exception {
    Processor<LogRecord> processor = started(Duration.ZERO, 100, 0);
    processor.consume(Stage.logs("a"));
    assertThat(stage.arrived).containsExactly(List.of("a"));
    processor.stop(GRACE);
  }

  @Test
  void whatIsNotTakenIsSaidAndCounted() throws Exception {
    stage.answer = Outcome.retry("sending queue is full");
    Processor<LogRecord> processor = started(TIMEOUT, 2, 0);
    assertThat(processor.consume(Stage.logs("a", "b", "c"))).isEqualTo(Outcome.accepted());
    assertThat(stage.log.lines())
        .containsExactly("WARN Sender failed {error=sending queue is full}");
    assertThat(stage.measurements.values())
        .containsEntry("weir_processor_batch_dropped_log_records{processor=batch}", "3")
        .doesNotContainKey("batch_batch_size_trigger_send{processor=batch}");
    processor.stop(GRACE);
  }

  @Test
  void whatFailsBehindItForLackOfMemoryIsCountedAndTheRestGoesOn() throws Exception {
    stage.failure = new OutOfMemoryError("Java heap space");
    Processor<LogRecord> processor = started(TIMEOUT, 3, 0);
    assertThat(processor.consume(Stage.logs("a", "b", "c"))).isEqualTo(Outcome.accepted());
    assertThat(processor.consume(Stage.logs("d", "e"))).isEqualTo(Outcome.accepted());
    time.awaitWaiting(TIMEOUT);
    time.pass(TIMEOUT);
    await()
        .untilAsserted(
            () ->
                assertThat(stage.measurements.values())
                    .containsEntry(
                        "weir_processor_batch_dropped_log_records{processor=batch}", "5"));
    assertThat(stage.log.lines())
        .containsOnly("WARN Sender failed {error=java.lang.OutOfMemoryError: Java heap space}");
    stage.failure = null;
    processor.consume(Stage.logs("f"));
    time.awaitWaiting(TIMEOUT);
    time.pass(TIMEOUT);
    await().until(() -> !stage.arrived.isEmpty());
    assertThat(stage.arrived).containsExactly(List.of("f"));
    processor.stop(GRACE);
  }

  @Test
  void dataOfDifferentMetadataGoesApartUpToALimit() throws Exception {
    Processor<LogRecord> processor = started(TIMEOUT, 2, 0, "Tenant");
    processor.consume(of("1", "a"));
    processor.consume(of("2", "b"));
    assertThat(processor.consume(of("3", "c")))
        .isEqualTo(
            new Outcome.Refused("too many batcher metadata-value combinations", Code.INTERNAL));
    processor.consume(of("1", "d"));
    assertThat(stage.arrived).containsExactly(List.of("a", "d"));
    assertThat(stage.batches.getFirst().metadata()).isEqualTo(Map.of("tenant", List.of("1")));
    assertThat(stage.measurements.values())
        .containsEntry("batch_metadata_cardinality{processor=batch}", "2");
    processor.stop(GRACE);
    assertThat(stage.arrived).last().isEqualTo(List.of("b"));
  }

  private static Telemetry<LogRecord> of(String tenant, String body) {
    Telemetry<LogRecord> batch = Stage.logs(body);
    batch.metadata(Map.of("tenant", List.of(tenant), "other", List.of(body)));
    return batch;
  }

  @Test
  void groupsAreNotLookedInto() throws Exception {
    Processor<LogRecord> processor = started(TIMEOUT, 4, 0);
    byte[] bytes = OtlpProtobuf.encode(Stage.logs("a", "b"));
    processor.consume(OtlpProtobuf.decode(Signal.LOGS, bytes));
    var seen = OtlpProtobuf.decode(Signal.LOGS, bytes);
    var group = seen.resources().getFirst();
    // What follows reads the bodies, so look before it does.
    assertThat(group.encoded()).isNotNull();
    processor.consume(seen);
    assertThat(stage.batches.getFirst().resources()).hasSize(2).contains(group);
    processor.stop(GRACE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {timeout: -1s}|timeout must be greater or equal to 0
          {send_batch_max_size: 10}|send_batch_max_size must be greater or equal to send_batch_size
          {metadata_keys: [x, X]}|duplicate entry in metadata_keys: "x" (case-insensitive)
          """,
      quoteCharacter = '\u0001')
  void whatTheCollectorRefusesIsRefusedInItsWords(String body, String message) {
    assertThat(Stage.errors(factory, "processors: {batch: " + body + "}"))
        .contains(message)
        .contains("test.yaml:1");
  }

  @Test
  void theReadmeSaysWhatTheSchemaSaysAndItsExampleLoads() throws Exception {
    String readme = Files.readString(README);
    assertThat(SchemaTable.of(BatchProcessorConfig.SCHEMA).differences(readme)).isEmpty();
    assertThat(Stage.config(factory, Stage.example(readme)))
        .isEqualTo(new BatchProcessorConfig(Duration.ofSeconds(1), 8192, 10_000, List.of(), 1000));
  }

  @Test
  void itKeepsTheLifecycle() throws Exception {
    LifecycleContract.of(BatchProcessorFactory.create(), BatchProcessorConfig.SCHEMA.defaults())
        .check();
  }
}
