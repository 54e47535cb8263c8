package dev.weir.agent;

import dev.weir.pdata.Metric;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.config.Schema;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The end of the pipeline of {@code weir top}: adds up each batch and keeps the latest ones for the
 * screen. Not in the list of built-in components.
 */
final class TopSink implements Exporter<Metric> {
  static final String TYPE = "top";

  private record NoKeys() {}

  /** A screen that cannot keep up skips tables, not memory. */
  private final BlockingQueue<TopSnapshot> snapshots = new ArrayBlockingQueue<>(16);

  /** Returns a factory whose exporter is this one. */
  Factory<?> factory() {
    return ExporterFactory.of(
            Factory.Type.of(TYPE, Factory.Stability.STABLE, Schema.empty(new NoKeys())))
        .withMetrics((_, _) -> this);
  }

  @Override
  public Outcome consume(Telemetry<Metric> batch) {
    TopSnapshot snapshot = TopSnapshot.of(batch);
    while (!snapshots.offer(snapshot)) {
      snapshots.poll();
    }
    return Outcome.accepted();
  }

  /** Returns the next snapshot, or null if none comes within {@code limit}. */
  @Nullable TopSnapshot next(Duration limit) throws InterruptedException {
    return snapshots.poll(limit.toNanos(), TimeUnit.NANOSECONDS);
  }
}
