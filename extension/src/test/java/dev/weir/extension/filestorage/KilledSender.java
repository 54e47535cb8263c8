package dev.weir.extension.filestorage;

import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Scope;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Value;
import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Extension;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Time;
import dev.weir.pipeline.sending.QueueConfig;
import dev.weir.pipeline.sending.RetryConfig;
import dev.weir.pipeline.sending.SendingConfig;
import dev.weir.pipeline.sending.SendingExporter;
import dev.weir.pipeline.sending.Sizer;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.MeterProvider;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.helpers.NOPLogger;

/**
 * The process that {@link KillRounds} kills: four threads bring log records with numbers, each
 * number is written to {@code acked} once its request was accepted, and to {@code delivered} once
 * it was sent. Both are written by one system call a request, so that the files outlive the
 * process.
 */
final class KilledSender {
  private KilledSender() {}

  /** Runs until it is killed, or, told to drain, until the queue is empty. */
  public static void main(String[] arguments) throws Exception {
    Path store = Path.of(arguments[0]);
    Path out = Path.of(arguments[1]);
    long round = Long.parseLong(arguments[2]);
    boolean load = arguments[3].equals("load");
    FileStorageConfig config =
        new FileStorageConfig(store, false, "0750", Duration.ofSeconds(5), 0, round % 2 == 1);
    FileStorageExtension storage =
        new FileStorageExtension(
            context(ComponentKind.EXTENSION, "file_storage"),
            config,
            Disk.ofMachine(config.filePermissions()),
            64 * 1024,
            Time.SYSTEM);
    Host host =
        new Host() {
          @Override
          public @Nullable Extension extension(ComponentId id) {
            return storage;
          }

          @Override
          public void report(ComponentId id, Status status, String message) {}

          @Override
          public void fatal(ComponentId id, String message) {
            throw new AssertionError(message);
          }
        };
    storage.start(host);
    FileOutputStream delivered = new FileOutputStream(out.resolve("delivered").toFile(), true);
    FileOutputStream acked = new FileOutputStream(out.resolve("acked").toFile(), true);
    Random random = new Random(round);
    QueueConfig queue =
        new QueueConfig(
            4, false, true, Sizer.REQUESTS, 200, ComponentId.parse("file_storage"), null);
    RetryConfig retry =
        new RetryConfig(true, Duration.ofMillis(1), 0.5, 1.5, Duration.ofMillis(20), Duration.ZERO);
    SendingExporter<LogRecord> exporter =
        SendingExporter.of(
            context(ComponentKind.EXPORTER, "otlp_grpc"),
            Signal.LOGS,
            new SendingConfig(Duration.ofSeconds(5), retry, queue),
            Attributes.empty(),
            (batch, _) -> {
              synchronized (random) {
                if (load && random.nextInt(3) == 0) {
                  return Outcome.retry("not now");
                }
              }
              write(delivered, batch);
              return Outcome.accepted();
            });
    exporter.start(host);
    if (load) {
      AtomicLong next = new AtomicLong(round << 32);
      for (int t = 0; t < 3; t++) {
        Thread.ofPlatform().daemon().start(() -> bring(exporter, next, acked));
      }
      bring(exporter, next, acked);
    }
    exporter.stop(Duration.ofSeconds(50));
    storage.stop(Duration.ZERO);
  }

  static ComponentContext context(ComponentKind kind, String id) {
    return new ComponentContext(
        kind,
        ComponentId.parse(id),
        new BuildInfo("weir", "0"),
        Resource.EMPTY,
        NOPLogger.NOP_LOGGER,
        MeterProvider.noop().get("test"),
        InstantSource.system(),
        Map.of());
  }

  private static void bring(
      SendingExporter<LogRecord> exporter, AtomicLong next, FileOutputStream acked) {
    Random random = new Random();
    while (true) {
      List<LogRecord> records = new ArrayList<>();
      for (int i = random.nextInt(20); i >= 0; i--) {
        records.add(new LogRecord().body(new Value.Int(next.incrementAndGet())));
      }
      Telemetry<LogRecord> batch =
          Telemetry.of(Signal.LOGS, Resource.EMPTY, Scope.of("test", "1"), records);
      if (exporter.consume(batch.copy()).taken()) {
        write(acked, batch);
      }
    }
  }

  private static void write(FileOutputStream file, Telemetry<LogRecord> batch) {
    ByteBuffer ids = ByteBuffer.allocate(batch.count() * Long.BYTES);
    batch
        .resources()
        .forEach(
            r ->
                r.scopes()
                    .forEach(
                        s ->
                            s.items()
                                .forEach(i -> ids.putLong(Long.parseLong(i.body().toString())))));
    try {
      file.write(ids.array());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
