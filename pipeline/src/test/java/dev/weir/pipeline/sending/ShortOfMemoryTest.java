package dev.weir.pipeline.sending;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Signal;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import dev.weir.pipeline.StorageExtension;
import dev.weir.pipeline.StoredQueue;
import dev.weir.pipeline.Time;
import io.opentelemetry.api.common.Attributes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Memory that runs short for a moment, wherever it does: what was accepted is delivered or counted,
 * and what comes later is sent.
 */
final class ShortOfMemoryTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration FLUSH = Duration.ofMillis(200);
  private static final Duration GRACE = Duration.ofSeconds(10);
  private static final ComponentId STORAGE = ComponentId.parse("file_storage");
  private static final String SIZE = "queue_size{data_type=logs, exporter=otlp_grpc}";
  private static final String SENT = "sent_log_records{exporter=otlp_grpc}";
  private static final String IN_FLIGHT = "in_flight_requests{data_type=logs, exporter=otlp_grpc}";
  private static final String FAILED =
      "send_failed_log_records{error.permanent=true, error.type=_OTHER, exporter=otlp_grpc}";

  private final Scene scene = new Scene();

  /** How many more times memory is short. */
  private final AtomicInteger shortages = new AtomicInteger();

  private void maybeShort() {
    if (shortages.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
      throw new OutOfMemoryError("Java heap space");
    }
  }

  private static SendingConfig config(QueueConfig queue) {
    RetryConfig retry = new RetryConfig(true, SECOND, 0.5, 1.5, SECOND, Duration.ZERO);
    return new SendingConfig(Duration.ofSeconds(5), retry, queue);
  }

  private static QueueConfig inMemory() {
    return new QueueConfig(1, false, false, Sizer.REQUESTS, 10, null, null);
  }

  private static QueueConfig stored() {
    return new QueueConfig(1, false, false, Sizer.REQUESTS, 10, STORAGE, null);
  }

  private String value(String key) {
    return String.valueOf(scene.measurements.values().get(key));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aDestinationThatRunsOutOfItCountsAsAFailureAndEndsNoConsumer(boolean batching)
      throws Exception {
    BatchConfig batch = batching ? new BatchConfig(FLUSH, Sizer.ITEMS, 1, 0, List.of()) : null;
    Destination<LogRecord> destination =
        (request, limit) -> {
          maybeShort();
          return scene.send(request, limit);
        };
    SendingExporter<LogRecord> exporter =
        SendingExporter.of(
            scene.context(),
            Signal.LOGS,
            config(new QueueConfig(1, false, false, Sizer.REQUESTS, 10, null, batch)),
            Attributes.empty(),
            destination,
            scene.time,
            () -> 0.5);
    exporter.start(scene);
    shortages.set(1);
    assertThat(exporter.consume(Scene.logs("a", "b")).taken()).isTrue();
    Scene.until(() -> value(SIZE).equals("0"));
    assertThat(exporter.consume(Scene.logs("c")).taken()).isTrue();
    Scene.until(() -> value(SENT).equals("1"));
    assertThat(value(FAILED)).isEqualTo("2");
    assertThat(value(IN_FLIGHT)).isEqualTo("0");
    assertThat(scene.log.lines())
        .contains("ERROR An exporter threw an exception: this is a bug, please report it. {}");
    exporter.stop(GRACE);
    assertThat(scene.delivered).containsExactly(List.of("c"));
  }

  @Test
  void runningOutOfItBesideAnAttemptCountsAsAFailureAndEndsNoConsumer() throws Exception {
    SendingExporter<LogRecord> exporter =
        SendingExporter.of(
            scene.context(),
            Signal.LOGS,
            config(inMemory()),
            Attributes.empty(),
            scene,
            scene.time,
            () -> {
              maybeShort(); // while the wait before the next attempt is computed
              return 0.5;
            });
    exporter.start(scene);
    shortages.set(1);
    scene.answers.add(Outcome.retry("not now"));
    assertThat(exporter.consume(Scene.logs("a", "b")).taken()).isTrue();
    Scene.until(() -> value(SIZE).equals("0"));
    assertThat(exporter.consume(Scene.logs("c")).taken()).isTrue();
    Scene.until(() -> value(SENT).equals("1"));
    assertThat(value(FAILED)).isEqualTo("2");
    assertThat(value(IN_FLIGHT)).isEqualTo("0");
    exporter.stop(GRACE);
    assertThat(scene.delivered).containsExactly(List.of("c"));
  }

  @Test
  void runningOutOfItWhileRequestsArePutTogetherLosesOnlyTheOneAndIsCounted() throws Exception {
    Time time =
        new Time() {
          @Override
          public long nanos() {
            maybeShort(); // the batcher asks when it keeps a request
            return scene.time.nanos();
          }

          @Override
          public void await(Lock lock, Condition condition, long until)
              throws InterruptedException {
            scene.time.await(lock, condition, until);
          }
        };
    BatchConfig two = new BatchConfig(FLUSH, Sizer.ITEMS, 2, 0, List.of());
    SendingExporter<LogRecord> exporter =
        SendingExporter.of(
            scene.context(),
            Signal.LOGS,
            config(new QueueConfig(1, false, false, Sizer.REQUESTS, 10, null, two)),
            Attributes.empty(),
            scene,
            time,
            () -> 0.5);
    exporter.start(scene);
    shortages.set(1);
    assertThat(exporter.consume(Scene.logs("a")).taken()).isTrue();
    Scene.until(() -> value(SIZE).equals("0"));
    assertThat(exporter.consume(Scene.logs("b", "c")).taken()).isTrue();
    Scene.until(() -> value(SENT).equals("2"));
    assertThat(value(FAILED)).isEqualTo("1");
    exporter.stop(GRACE);
    assertThat(scene.delivered).containsExactly(List.of("b", "c"));
  }

  /** A storage in memory that runs out of it where it is told to. */
  private final class Store implements StorageExtension, StoredQueue {
    private final Map<Long, byte[]> records = new ConcurrentHashMap<>();
    private final AtomicLong last = new AtomicLong();
    private final boolean whenRead;

    private Store(boolean whenRead) {
      this.whenRead = whenRead;
    }

    @Override
    public StoredQueue open(ComponentKind kind, ComponentId id, String name, Visitor visitor) {
      return this;
    }

    @Override
    public long append(byte[]... parts) throws IOException {
      if (!whenRead) {
        maybeShort();
      }
      ByteArrayOutputStream whole = new ByteArrayOutputStream();
      for (byte[] part : parts) {
        whole.write(part);
      }
      long number = last.incrementAndGet();
      records.put(number, whole.toByteArray());
      return number;
    }

    @Override
    public byte[] read(long number) throws IOException {
      if (whenRead) {
        maybeShort();
      }
      byte[] record = records.get(number);
      if (record == null) {
        throw new IOException("no record " + number);
      }
      return record;
    }

    @Override
    public void remove(long number) {
      records.remove(number);
    }

    @Override
    public void close() {}
  }

  @Test
  void aStoredRequestThatCannotBeReadForLackOfItIsTriedAgainASecondLater() throws Exception {
    scene.extensions.put(STORAGE, new Store(true));
    shortages.set(2);
    SendingExporter<LogRecord> exporter = scene.started(config(stored()));
    assertThat(exporter.consume(Scene.logs("a")).taken()).isTrue();
    assertThat(exporter.consume(Scene.logs("b")).taken()).isTrue();
    for (int i = 0; i < 2; i++) {
      scene.time.awaitWaiting(SECOND);
      assertThat(scene.delivered).isEmpty();
      assertThat(value(SIZE)).isEqualTo("2");
      scene.time.pass(SECOND);
    }
    Scene.until(() -> value(SIZE).equals("0"));
    assertThat(scene.delivered).containsExactly(List.of("a"), List.of("b"));
    assertThat(scene.log.lines())
        .containsExactly(
            "ERROR A request cannot be taken from the queue. {}",
            "ERROR A request cannot be taken from the queue. {}");
    exporter.stop(GRACE);
  }

  @Test
  void theEndOfTheAgentEndsTheWaitForMemory() throws Exception {
    Store store = new Store(true);
    scene.extensions.put(STORAGE, store);
    shortages.set(1);
    SendingExporter<LogRecord> exporter = scene.started(config(stored()));
    assertThat(exporter.consume(Scene.logs("a")).taken()).isTrue();
    scene.time.awaitWaiting(SECOND);
    exporter.stop(Duration.ZERO);
    assertThat(scene.delivered).isEmpty();
    assertThat(store.records).as("for after the restart").hasSize(1);
  }

  @Test
  void aStoreThatRunsOutOfItRefusesAndKeepsNoRoomInTheQueue() throws Exception {
    scene.extensions.put(STORAGE, new Store(false));
    shortages.set(10);
    SendingExporter<LogRecord> exporter = scene.started(config(stored()));
    for (int i = 0; i < 10; i++) {
      assertThat(exporter.consume(Scene.logs("a")))
          .isEqualTo(
              new Outcome.Retry(
                  "the persistent queue cannot store the request: java.lang.OutOfMemoryError: Java"
                      + " heap space",
                  Code.UNAVAILABLE,
                  null));
    }
    assertThat(value("enqueue_failed_log_records{exporter=otlp_grpc}")).isEqualTo("10");
    assertThat(value(SIZE)).isEqualTo("0");
    assertThat(exporter.consume(Scene.logs("b")).taken()).isTrue();
    Scene.until(() -> value(SENT).equals("1"));
    exporter.stop(GRACE);
    assertThat(scene.delivered).containsExactly(List.of("b"));
  }
}
