package dev.weir.extension.filestorage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Scope;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Text;
import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Extension;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.sending.BatchConfig;
import dev.weir.pipeline.sending.QueueConfig;
import dev.weir.pipeline.sending.RetryConfig;
import dev.weir.pipeline.sending.SendingConfig;
import dev.weir.pipeline.sending.SendingExporter;
import dev.weir.pipeline.sending.Sizer;
import io.opentelemetry.api.common.Attributes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An exporter whose queue is in a real directory. */
final class PersistentSendingTest implements Host {
  private static final ComponentId STORAGE = ComponentId.parse("file_storage");
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Outcome DOWN = Outcome.retry("nobody there");

  @TempDir Path directory;
  private Shelf shelf = new Shelf(Path.of("."));
  private @Nullable Extension storage;
  private final List<Telemetry<LogRecord>> delivered = new CopyOnWriteArrayList<>();
  private volatile Outcome answer = Outcome.accepted();

  @BeforeEach
  void shelf() throws Exception {
    shelf = new Shelf(directory);
    shelf.segmentSize = 1000;
    storage = shelf.extension();
  }

  private static QueueConfig queue(Sizer sizer, long size, @Nullable BatchConfig batch) {
    return new QueueConfig(2, false, false, sizer, size, STORAGE, batch);
  }

  private SendingExporter<LogRecord> started(QueueConfig queue) throws Exception {
    ComponentContext context =
        new ComponentContext(
            ComponentKind.EXPORTER,
            ComponentId.parse("otlp_grpc"),
            new BuildInfo("weir", "0"),
            Resource.EMPTY,
            shelf.log,
            shelf.measurements.meter(),
            InstantSource.system(),
            Map.of());
    RetryConfig retry = new RetryConfig(true, HOUR, 0, 1, HOUR, Duration.ZERO);
    SendingExporter<LogRecord> exporter =
        SendingExporter.of(
            context,
            Signal.LOGS,
            new SendingConfig(Duration.ofSeconds(5), retry, queue),
            Attributes.empty(),
            (batch, _) -> {
              if (answer.taken()) {
                delivered.add(batch);
              }
              return answer;
            });
    exporter.start(this);
    return exporter;
  }

  private SendingExporter<LogRecord> started() throws Exception {
    return started(queue(Sizer.REQUESTS, 100, null));
  }

  private static Telemetry<LogRecord> logs(String... bodies) {
    List<LogRecord> records = new ArrayList<>();
    for (String body : bodies) {
      records.add(new LogRecord().body(Text.of(body)));
    }
    return Telemetry.of(Signal.LOGS, Resource.EMPTY, Scope.of("test", "1"), records);
  }

  private List<String> bodies() {
    List<String> bodies = new ArrayList<>();
    for (Telemetry<LogRecord> batch : delivered) {
      batch
          .resources()
          .forEach(
              r ->
                  r.scopes()
                      .forEach(s -> s.items().forEach(i -> bodies.add(String.valueOf(i.body())))));
    }
    return bodies;
  }

  private String value(String key) {
    return String.valueOf(shelf.measurements.values().get(key));
  }

  @Test
  void whatIsDeliveredLeavesNothing() throws Exception {
    SendingExporter<LogRecord> exporter = started();
    for (int i = 0; i < 50; i++) {
      assertThat(exporter.consume(logs("a" + i, "b" + i))).isEqualTo(Outcome.accepted());
    }
    exporter.stop(GRACE);
    assertThat(bodies()).hasSize(100).doesNotHaveDuplicates();
    assertThat(shelf.segments()).isEmpty();
    assertThat(value("sent_log_records{exporter=otlp_grpc}")).isEqualTo("100");
  }

  @Test
  void whatTheEndCutsShortComesBackAfterTheRestart() throws Exception {
    answer = DOWN;
    SendingExporter<LogRecord> exporter = started();
    for (int i = 0; i < 10; i++) {
      exporter.consume(logs("a" + i));
    }
    await()
        .until(() -> value("in_flight_requests{data_type=logs, exporter=otlp_grpc}").equals("2"));
    exporter.stop(GRACE);
    assertThat(value("send_failed_log_records{exporter=otlp_grpc}")).isEqualTo("null");
    assertThat(shelf.log.lines())
        .anyMatch(
            line ->
                line.startsWith("INFO Exporting failed. The data stays in the persistent queue."))
        .noneMatch(line -> line.contains("Dropping data"));
    answer = Outcome.accepted();
    SendingExporter<LogRecord> again = started();
    await().until(() -> bodies().size() == 10);
    assertThat(bodies())
        .containsExactlyInAnyOrder("a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9");
    again.stop(GRACE);
    assertThat(shelf.segments()).isEmpty();
    assertThat(shelf.log.lines())
        .contains("INFO Found requests of an earlier run in the persistent queue {requests=10}");
  }

  @Test
  void theSizeIsCountedAgainAfterARestart() throws Exception {
    answer = DOWN;
    SendingExporter<LogRecord> exporter = started(queue(Sizer.ITEMS, 6, null));
    exporter.consume(logs("a", "b", "c"));
    exporter.consume(logs("d", "e"));
    exporter.stop(GRACE);
    SendingExporter<LogRecord> again = started(queue(Sizer.ITEMS, 6, null));
    assertThat(value("queue_size{data_type=logs, exporter=otlp_grpc}")).isEqualTo("5");
    assertThat(again.consume(logs("f", "g")))
        .isEqualTo(new Outcome.Retry("sending queue is full", Code.UNAVAILABLE, null));
    assertThat(again.consume(logs("f"))).isEqualTo(Outcome.accepted());
    again.stop(GRACE);
  }

  @Test
  void whatAClientSaidBesidesIsStoredToo() throws Exception {
    answer = DOWN;
    SendingExporter<LogRecord> exporter = started();
    Telemetry<LogRecord> batch = logs("a");
    Map<String, List<String>> said = Map.of("tenant", List.of("1", ""), "x", List.of());
    batch.metadata(said);
    exporter.consume(batch);
    exporter.stop(GRACE);
    answer = Outcome.accepted();
    SendingExporter<LogRecord> again = started();
    await().until(() -> delivered.size() == 1);
    assertThat(delivered.getFirst().metadata()).isEqualTo(said);
    again.stop(GRACE);
  }

  @Test
  void batchesOfStoredRequestsAreRemovedWhenTheyAreSent() throws Exception {
    BatchConfig three = new BatchConfig(HOUR, Sizer.ITEMS, 3, 3, List.of());
    SendingExporter<LogRecord> exporter = started(queue(Sizer.REQUESTS, 100, three));
    exporter.consume(logs("a"));
    exporter.consume(logs("b", "c", "d", "e"));
    await().until(() -> delivered.size() == 1);
    answer = DOWN;
    exporter.stop(GRACE);
    answer = Outcome.accepted();
    SendingExporter<LogRecord> again = started(queue(Sizer.REQUESTS, 100, three));
    again.stop(GRACE);
    // The second request was sent in part, and so comes again whole.
    assertThat(bodies()).containsExactly("a", "b", "c", "b", "c", "d", "e");
    assertThat(shelf.segments()).isEmpty();
  }

  @Test
  void aFullDiskRefusesAndTheRestIsDelivered() throws Exception {
    answer = DOWN;
    SendingExporter<LogRecord> exporter = started();
    assertThat(exporter.consume(logs("a"))).isEqualTo(Outcome.accepted());
    shelf.room.set(10);
    assertThat(exporter.consume(logs("b")))
        .isEqualTo(
            new Outcome.Retry(
                "the persistent queue cannot store the request: "
                    + shelf.queueDirectory()
                    + ": No space left on device",
                Code.UNAVAILABLE,
                null));
    shelf.room.set(Long.MAX_VALUE);
    assertThat(exporter.consume(logs("c"))).isEqualTo(Outcome.accepted());
    assertThat(value("enqueue_failed_log_records{exporter=otlp_grpc}")).isEqualTo("1");
    assertThat(value("queue_size{data_type=logs, exporter=otlp_grpc}")).isEqualTo("2");
    exporter.stop(GRACE);
    answer = Outcome.accepted();
    started().stop(GRACE);
    assertThat(bodies()).containsExactlyInAnyOrder("a", "c");
  }

  @Test
  void aForceThatFailsIsNoAcknowledgement() throws Exception {
    shelf.fsync = true;
    storage = shelf.extension();
    SendingExporter<LogRecord> exporter = started();
    shelf.forceFails = true;
    assertThat(exporter.consume(logs("a")).taken()).isFalse();
    shelf.forceFails = false;
    assertThat(exporter.consume(logs("b"))).isEqualTo(Outcome.accepted());
    exporter.stop(GRACE);
    assertThat(bodies()).containsExactly("b");
  }

  @Test
  void aDamagedRequestIsDroppedCountedAndSaid() throws Exception {
    answer = DOWN;
    SendingExporter<LogRecord> exporter = started();
    for (int i = 0; i < 3; i++) {
      exporter.consume(logs("x" + i, "y" + i));
    }
    exporter.stop(GRACE);
    Path file = shelf.segments().getFirst();
    byte[] content = Files.readAllBytes(file);
    content[content.length / 2] ^= 1;
    Files.write(file, content);
    answer = Outcome.accepted();
    started().stop(GRACE);
    assertThat(bodies()).hasSize(4).contains("x0", "y0", "x2", "y2");
    assertThat(value("weir_storage_corrupt_records{extension=file_storage, reason=damaged}"))
        .isEqualTo("1");
  }

  @Test
  void aRecordThatIsNoRequestIsDroppedCountedAndSaid() throws Exception {
    var queue = shelf.open();
    queue.append(new byte[] {1, 0, 0, 0, 7, 0, 0, 0, 2, 0, 0, 10, 99});
    queue.close();
    SendingExporter<LogRecord> exporter = started();
    await().until(() -> value("weir_exporter_damaged_log_records{exporter=otlp_grpc}").equals("7"));
    assertThat(exporter.consume(logs("good"))).isEqualTo(Outcome.accepted());
    exporter.stop(GRACE);
    assertThat(bodies()).containsExactly("good");
    assertThat(shelf.log.lines())
        .anyMatch(line -> line.startsWith("ERROR A stored request is damaged. Dropping it."));
  }

  @Test
  void aStorageThatIsNotThereIsSaid() {
    storage = null;
    assertThatThrownBy(this::started)
        .isInstanceOf(StartException.class)
        .hasMessage(
            "no storage client extension found: sending_queue::storage names \"file_storage\","
                + " which is not in service::extensions");
    storage = new Extension() {};
    assertThatThrownBy(this::started)
        .isInstanceOf(StartException.class)
        .hasMessage(
            "requested extension is not a storage extension: sending_queue::storage names"
                + " \"file_storage\"");
  }

  @Override
  public @Nullable Extension extension(ComponentId id) {
    return id.equals(STORAGE) ? storage : null;
  }

  @Override
  public void report(ComponentId id, Status status, String message) {}

  @Override
  public void fatal(ComponentId id, String message) {
    throw new AssertionError(message);
  }
}
