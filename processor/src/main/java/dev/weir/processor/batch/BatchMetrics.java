package dev.weir.processor.batch;

import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.otlp.OtlpProtobuf;
import dev.weir.pipeline.ComponentContext;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.LongHistogram;
import io.opentelemetry.api.metrics.LongUpDownCounter;
import io.opentelemetry.api.metrics.Meter;
import java.util.List;

/** The own metrics of one processor, with the Collector's names. Thread safe. */
final class BatchMetrics {
  private static final AttributeKey<String> PROCESSOR = AttributeKey.stringKey("processor");

  private final Attributes self;
  private final LongHistogram size;
  private final LongHistogram bytes;
  private final LongCounter bySize;
  private final LongCounter byTimeout;
  private final LongUpDownCounter cardinality;
  private final LongCounter dropped;

  BatchMetrics(ComponentContext context, Signal<?> signal) {
    Meter meter = context.meter();
    self = Attributes.of(PROCESSOR, context.id().toString());
    size =
        meter
            .histogramBuilder("otelcol_processor_batch_batch_send_size")
            .ofLongs()
            .setDescription("Number of units in the batch [Development]")
            .setUnit("{unit}")
            .setExplicitBucketBoundariesAdvice(
                List.of(
                    10L, 25L, 50L, 75L, 100L, 250L, 500L, 750L, 1000L, 2000L, 3000L, 4000L, 5000L,
                    6000L, 7000L, 8000L, 9000L, 10_000L, 20_000L, 30_000L, 50_000L, 100_000L))
            .build();
    bytes =
        meter
            .histogramBuilder("otelcol_processor_batch_batch_send_size_bytes")
            .ofLongs()
            .setDescription(
                "Number of bytes in batch that was sent. Only available on detailed level."
                    + " [Development]")
            .setUnit("By")
            .setExplicitBucketBoundariesAdvice(
                List.of(
                    128L,
                    256L,
                    512L,
                    1024L,
                    2048L,
                    4096L,
                    8192L,
                    16384L,
                    32768L,
                    65536L,
                    131_072L,
                    262_144L,
                    524_288L,
                    1_048_576L,
                    2_097_152L,
                    4_194_304L,
                    8_388_608L,
                    16_777_216L))
            .build();
    bySize =
        counter(
            meter,
            "otelcol_processor_batch_batch_size_trigger_send",
            "Number of times the batch was sent due to a size trigger [Development]",
            "{time}");
    byTimeout =
        counter(
            meter,
            "otelcol_processor_batch_timeout_trigger_send",
            "Number of times the batch was sent due to a timeout trigger [Development]",
            "{time}");
    cardinality =
        meter
            .upDownCounterBuilder("otelcol_processor_batch_metadata_cardinality")
            .setDescription(
                "Number of distinct metadata value combinations being processed [Development]")
            .setUnit("{combination}")
            .build();
    String words = signal.itemsName().replace('_', ' ');
    dropped =
        counter(
            meter,
            "weir_processor_batch_dropped_" + signal.itemsName(),
            "Number of "
                + words
                + " that were accepted, and then not taken by the next component in the pipeline.",
            signal.equals(Signal.METRICS)
                ? "{datapoint}"
                : signal.equals(Signal.LOGS) ? "{record}" : "{span}");
  }

  private static LongCounter counter(Meter meter, String name, String help, String unit) {
    return meter.counterBuilder(name).setDescription(help).setUnit(unit).build();
  }

  /** Returns the bytes of a batch if anybody wants to know, otherwise 0. */
  long bytesOf(Telemetry<?> batch) {
    return bytes.isEnabled() ? OtlpProtobuf.size(batch) : 0;
  }

  /** A batch was taken by the next component. */
  void sent(boolean large, int items, long batchBytes) {
    (large ? bySize : byTimeout).add(1, self);
    size.record(items, self);
    bytes.record(batchBytes, self);
  }

  /** A batch, or a part of it, was not taken by the next component. */
  void dropped(long items) {
    dropped.add(items, self);
  }

  /** So many more, or fewer, kinds of data go apart. */
  void kinds(int more) {
    cardinality.add(more, self);
  }
}
