package dev.weir.processor.memorylimiter;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Metric;
import dev.weir.pdata.NumberPoints;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Scope;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.otlp.OtlpProtobuf;
import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Processor;
import dev.weir.pipeline.sending.QueueConfig;
import dev.weir.pipeline.sending.RetryConfig;
import dev.weir.pipeline.sending.SendingConfig;
import dev.weir.pipeline.sending.SendingExporter;
import dev.weir.pipeline.sending.Sizer;
import dev.weir.processor.testing.Stage;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The process of {@link DeadBackEnd}: as much as two threads can bring, decoded as if it had been
 * received, through memory_limiter into a queue before a destination that is dead for a while and
 * then comes back. Prints {@code accepted refused delivered failed late} in data points.
 */
final class FloodedAgent {
  private static final int POINTS = 1000;
  private static final long SECOND = 1_000_000_000L;

  private FloodedAgent() {}

  /** Runs with the seconds that the destination is dead and those that it then lives. */
  public static void main(String[] arguments) throws Exception {
    long begin = System.nanoTime();
    long alive = begin + Long.parseLong(arguments[0]) * SECOND;
    long end = alive + Long.parseLong(arguments[1]) * SECOND;
    AtomicLong delivered = new AtomicLong();
    Stage stage = new Stage();
    RetryConfig retry =
        new RetryConfig(
            true, Duration.ofMillis(100), 0.5, 1.5, Duration.ofSeconds(1), Duration.ZERO);
    QueueConfig queue = new QueueConfig(10, false, false, Sizer.REQUESTS, 1000, null, null);
    SendingExporter<Metric> exporter =
        SendingExporter.of(
            context(stage, ComponentKind.EXPORTER, "otlp_grpc"),
            Signal.METRICS,
            new SendingConfig(Duration.ofSeconds(5), retry, queue),
            io.opentelemetry.api.common.Attributes.empty(),
            (batch, _) -> {
              if (System.nanoTime() - alive < 0) {
                return Outcome.retry("nobody there");
              }
              delivered.addAndGet(OtlpProtobuf.encode(batch).length > 0 ? batch.count() : 0);
              return Outcome.accepted();
            });
    Processor<Metric> limiter =
        Objects.requireNonNull(MemoryLimiterProcessorFactory.create().maker(Signal.METRICS))
            .make(
                context(stage, ComponentKind.PROCESSOR, "memory_limiter"),
                new MemoryLimiterConfig(
                    Duration.ofSeconds(1),
                    0,
                    0,
                    80,
                    20,
                    Duration.ofSeconds(10),
                    Duration.ZERO,
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(30)),
                exporter);
    exporter.start(stage);
    limiter.start(stage);
    byte[] request = OtlpProtobuf.encode(points());
    AtomicLong accepted = new AtomicLong();
    AtomicLong refused = new AtomicLong();
    AtomicLong late = new AtomicLong();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 2; t++) {
      threads.add(
          Thread.ofPlatform()
              .start(() -> bring(limiter, request, end, alive, accepted, refused, late)));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    limiter.stop(Duration.ofSeconds(5));
    exporter.stop(Duration.ofSeconds(20));
    String failed =
        stage.measurements.values().entrySet().stream()
            .filter(each -> each.getKey().startsWith("send_failed"))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElse("0");
    System.out.println(accepted + " " + refused + " " + delivered + " " + failed + " " + late);
  }

  private static void bring(
      Consumer<Metric> into,
      byte[] request,
      long end,
      long alive,
      AtomicLong accepted,
      AtomicLong refused,
      AtomicLong late) {
    while (System.nanoTime() - end < 0) {
      try {
        Outcome outcome =
            into.consume(OtlpProtobuf.decode(Signal.METRICS, request.clone(), 0, request.length));
        if (outcome.taken()) {
          accepted.addAndGet(POINTS);
          if (System.nanoTime() - alive > SECOND) {
            late.addAndGet(POINTS);
          }
        } else {
          refused.addAndGet(POINTS);
        }
      } catch (dev.weir.pdata.otlp.OtlpFormatException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static ComponentContext context(Stage stage, ComponentKind kind, String id) {
    return new ComponentContext(
        kind,
        ComponentId.parse(id),
        new BuildInfo("weir", "0"),
        Resource.EMPTY,
        org.slf4j.helpers.NOPLogger.NOP_LOGGER,
        stage.measurements.meter(),
        InstantSource.system(),
        Map.of());
  }

  /** A thousand points of 25 attributes. */
  private static Telemetry<Metric> points() {
    NumberPoints points = new NumberPoints(POINTS);
    for (int p = 0; p < POINTS; p++) {
      Attributes.Builder set = Attributes.builder();
      for (int a = 0; a < 25; a++) {
        set.put(
            dev.weir.pdata.Key.of("attribute.number." + a),
            dev.weir.pdata.Text.of("value " + p + " " + a));
      }
      points.add(set.build(), 1, 2, p);
    }
    return Telemetry.of(
        Signal.METRICS,
        Resource.EMPTY,
        Scope.of("test", "1"),
        List.of(Metric.gauge("m", "", "1", points)));
  }
}
