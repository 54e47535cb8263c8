package dev.weir.exporter.prometheus;

import dev.weir.pdata.Exemplar;
import dev.weir.pdata.Value;
import dev.weir.pipeline.exposition.ExpositionWriter;
import dev.weir.pipeline.exposition.Labels;
import dev.weir.pipeline.exposition.MetricFamily;
import dev.weir.pipeline.exposition.RenderedExemplar;
import dev.weir.pipeline.exposition.Thresholds;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One page while it is written: the writer, what the config says of samples, and whether the header
 * of the current family is written yet, which happens with its first sample. For one thread.
 */
final class PageWriter {
  private static final @Nullable RenderedExemplar[] NO_EXEMPLARS = {};

  private final ExpositionWriter writer;
  private final boolean openMetrics;
  private final boolean timestamps;
  private final boolean created;
  private @Nullable MetricFamily waiting;
  private String lastName = "";

  PageWriter(ExpositionWriter writer, boolean timestamps, boolean created) {
    this.writer = writer;
    this.openMetrics = writer.format().openMetrics();
    this.timestamps = timestamps;
    this.created = created;
  }

  ExpositionWriter writer() {
    return writer;
  }

  boolean openMetrics() {
    return openMetrics;
  }

  /** Goes on with a family; nothing is written before its first sample. */
  void family(MetricFamily next) {
    waiting = next;
  }

  /** Writes the header if it is not written; call it before each series. */
  void header() throws IOException {
    MetricFamily next = waiting;
    if (next != null) {
      String name = next.nameIn(writer.format());
      if (name.equals(lastName)) {
        writer.continueWith(next);
      } else {
        writer.begin(next);
        lastName = name;
      }
      waiting = null;
    }
  }

  /** Returns the timestamp of a sample. */
  long time(long nanos) {
    return timestamps ? nanos / 1_000_000 : ExpositionWriter.NO_TIME;
  }

  /** Writes when a series began, if that is wanted. */
  void created(Labels labels, long startNanos) throws IOException {
    if (created) {
      writer.created(labels, startNanos);
    }
  }

  /** Returns the last exemplar, for a counter. */
  @Nullable RenderedExemplar last(List<Exemplar> exemplars) {
    return openMetrics && !exemplars.isEmpty() ? rendered(exemplars.getLast()) : null;
  }

  /** Returns the last exemplar of each bucket. */
  @Nullable RenderedExemplar[] byBucket(List<Exemplar> exemplars, Thresholds bounds) {
    if (!openMetrics || exemplars.isEmpty()) {
      return NO_EXEMPLARS;
    }
    @Nullable RenderedExemplar[] byBucket = new @Nullable RenderedExemplar[bounds.size() + 1];
    for (Exemplar exemplar : exemplars) {
      RenderedExemplar rendered = rendered(exemplar);
      int bucket = 0;
      while (bucket < bounds.size() && rendered.value() > bounds.value(bucket)) {
        bucket++;
      }
      byBucket[bucket] = rendered;
    }
    return byBucket;
  }

  private static RenderedExemplar rendered(Exemplar exemplar) {
    Labels.Builder labels = Labels.builder();
    if (exemplar.traceId().content().length > 0) {
      labels.add("trace_id", HexFormat.of().formatHex(exemplar.traceId().content()));
    }
    if (exemplar.spanId().content().length > 0) {
      labels.add("span_id", HexFormat.of().formatHex(exemplar.spanId().content()));
    }
    double value =
        switch (exemplar.value()) {
          case Value.Int number -> number.value();
          case Value.Real number -> number.value();
          default -> Double.NaN;
        };
    return new RenderedExemplar(labels.build(), value, exemplar.time());
  }
}
