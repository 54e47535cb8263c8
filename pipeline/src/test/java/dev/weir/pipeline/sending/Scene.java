package dev.weir.pipeline.sending;

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
import dev.weir.pipeline.testing.FakeTime;
import dev.weir.pipeline.testing.LogLines;
import dev.weir.pipeline.testing.Measurements;
import io.opentelemetry.api.common.Attributes;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** An exporter of log records with a destination, a time, a log and a meter of the test's own. */
final class Scene implements Destination<LogRecord>, Host {
  static final String DOWN = StatusText.of(Outcome.Code.UNAVAILABLE, "connection refused");

  final FakeTime time = new FakeTime();
  final LogLines log = new LogLines();
  final Measurements measurements = new Measurements();

  /** What has been sent and taken: the bodies of each request. */
  final List<List<String>> delivered = new CopyOnWriteArrayList<>();

  /** What comes next, before {@link #always}. */
  final ConcurrentLinkedQueue<Outcome> answers = new ConcurrentLinkedQueue<>();

  volatile Outcome always = Outcome.accepted();

  /** How many sends may come through; many unless a test takes them away. */
  final Semaphore gate = new Semaphore(1_000_000);

  volatile int attempts;
  volatile @Nullable Duration timeout;
  final Map<ComponentId, Extension> extensions = new HashMap<>();

  SendingExporter<LogRecord> exporter(SendingConfig config) {
    return SendingExporter.of(
        context(), Signal.LOGS, config, Attributes.empty(), this, time, () -> 0.5);
  }

  SendingExporter<LogRecord> started(SendingConfig config) throws Exception {
    SendingExporter<LogRecord> exporter = exporter(config);
    exporter.start(this);
    return exporter;
  }

  ComponentContext context() {
    return new ComponentContext(
        ComponentKind.EXPORTER,
        ComponentId.parse("otlp_grpc"),
        new BuildInfo("weir", "0"),
        Resource.EMPTY,
        log,
        measurements.meter(),
        InstantSource.system(),
        Map.of());
  }

  @Override
  public Outcome send(Telemetry<LogRecord> batch, Duration limit) throws InterruptedException {
    timeout = limit;
    synchronized (this) {
      attempts++;
    }
    gate.acquire();
    Outcome next = answers.poll();
    Outcome outcome = next == null ? always : next;
    if (outcome.taken()) {
      delivered.add(bodies(batch));
    }
    return outcome;
  }

  /** Returns a batch of log records. */
  static Telemetry<LogRecord> logs(String... bodies) {
    List<LogRecord> records = new ArrayList<>();
    for (String body : bodies) {
      records.add(new LogRecord().body(Text.of(body)));
    }
    return Telemetry.of(Signal.LOGS, Resource.EMPTY, Scope.of("test", "1"), records);
  }

  static List<String> bodies(Telemetry<LogRecord> batch) {
    List<String> bodies = new ArrayList<>();
    batch
        .resources()
        .forEach(
            r ->
                r.scopes()
                    .forEach(s -> s.items().forEach(i -> bodies.add(String.valueOf(i.body())))));
    return bodies;
  }

  static void until(BooleanSupplier condition) {
    await().atMost(Duration.ofSeconds(10)).until(condition::getAsBoolean);
  }

  @Override
  public @Nullable Extension extension(ComponentId id) {
    return extensions.get(id);
  }

  @Override
  public void report(ComponentId id, Status status, String message) {}

  @Override
  public void fatal(ComponentId id, String message) {
    throw new AssertionError(message);
  }
}
