package dev.weir.pipeline.sending;

import dev.weir.pdata.Signal;
import dev.weir.pipeline.ComponentId;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.LongHistogram;
import io.opentelemetry.api.metrics.LongUpDownCounter;
import io.opentelemetry.api.metrics.Meter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The own metrics of one exporter of one signal, with the Collector's names, labels and help texts
 * (observed/own-metrics.md). Which of them a level shows is the business of {@code
 * dev.weir.pipeline.telemetry}. Thread safe.
 */
final class SendingMetrics {
  private static final AttributeKey<String> EXPORTER = AttributeKey.stringKey("exporter");
  private static final AttributeKey<String> DATA_TYPE = AttributeKey.stringKey("data_type");
  private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");
  private static final AttributeKey<Boolean> ERROR_PERMANENT =
      AttributeKey.booleanKey("error.permanent");
  private static final List<Long> SIZES =
      List.of(
          10L, 25L, 50L, 75L, 100L, 250L, 500L, 750L, 1000L, 2000L, 3000L, 4000L, 5000L, 6000L,
          7000L, 8000L, 9000L, 10_000L, 20_000L, 30_000L, 50_000L, 100_000L);

  private static final List<Long> BYTES =
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
          16_777_216L);

  private final Meter meter;
  private final String itemsName;
  private final Attributes exporter;
  private final Attributes destination;
  private final Attributes dataType;
  private final LongCounter sent;
  private final LongCounter sendFailed;
  private final LongCounter enqueueFailed;
  private final LongCounter rejected;
  private final LongCounter damaged;
  private final LongUpDownCounter inFlight;
  private final LongHistogram enqueueSize;
  private final LongHistogram enqueueBytes;
  private final LongHistogram batchSize;
  private final LongHistogram batchBytes;
  private final List<AutoCloseable> gauges = new ArrayList<>();

  /**
   * Makes the instruments.
   *
   * @param labels more labels of what is counted at the destination, such as {@code server.address}
   */
  SendingMetrics(Meter meter, Signal<?> signal, ComponentId id, Attributes labels) {
    this.meter = meter;
    this.itemsName = signal.equals(Signal.METRICS) ? "data_points" : signal.itemsName();
    this.exporter = Attributes.of(EXPORTER, id.toString());
    this.destination = labels.toBuilder().put(EXPORTER, id.toString()).build();
    this.dataType = Attributes.of(EXPORTER, id.toString(), DATA_TYPE, signal.signalName());
    String words = signal.itemsName().replace('_', ' ');
    String unit =
        signal.equals(Signal.METRICS)
            ? "{datapoint}"
            : signal.equals(Signal.LOGS) ? "{record}" : "{span}";
    // "log record" without an s: the Collector's own text.
    String sentWords = signal.equals(Signal.LOGS) ? "log record" : words;
    sent =
        counter(
            "otelcol_exporter_sent_" + signal.itemsName(),
            "Number of " + sentWords + " successfully sent to destination. [Alpha]",
            unit);
    sendFailed =
        counter(
            "otelcol_exporter_send_failed_" + signal.itemsName(),
            "Number of "
                + words
                + " in failed attempts to send to destination. At detailed telemetry level,"
                + " includes attributes: error.type (semantic convention), error.permanent."
                + " [Alpha]",
            unit);
    enqueueFailed =
        counter(
            "otelcol_exporter_enqueue_failed_" + signal.itemsName(),
            "Number of " + words + " failed to be added to the sending queue. [Alpha]",
            unit);
    rejected =
        counter(
            "weir_exporter_rejected_" + signal.itemsName(),
            "Number of "
                + words
                + " that a destination said, in a partial success, that it did not take; they are"
                + " counted as sent too.",
            unit);
    damaged =
        counter(
            "weir_exporter_damaged_" + signal.itemsName(),
            "Number of " + words + " in stored requests that could not be read again.",
            unit);
    inFlight =
        meter
            .upDownCounterBuilder("otelcol_exporter_in_flight_requests")
            .setDescription(
                "Number of export requests currently in-flight (including retry backoff)."
                    + " [Development]")
            .setUnit("{request}")
            .build();
    enqueueSize =
        histogram(
            "otelcol_exporter_enqueue_size",
            "Number of units in the request added to the sending queue. Only available on detailed"
                + " level. [Development]",
            "{unit}",
            SIZES);
    enqueueBytes =
        histogram(
            "otelcol_exporter_enqueue_size_bytes",
            "Number of bytes in the request added to the sending queue. Only available on detailed"
                + " level. [Development]",
            "By",
            BYTES);
    batchSize =
        histogram(
            "otelcol_exporter_queue_batch_send_size",
            "Number of units in the batch. Only recorded when batching is enabled. Only available"
                + " on detailed level. [Development]",
            "{unit}",
            SIZES);
    batchBytes =
        histogram(
            "otelcol_exporter_queue_batch_send_size_bytes",
            "Number of bytes in batch that was sent. Only recorded when batching is enabled. Only"
                + " available on detailed level. [Development]",
            "By",
            BYTES);
  }

  private LongCounter counter(String name, String help, String unit) {
    return meter.counterBuilder(name).setDescription(help).setUnit(unit).build();
  }

  private LongHistogram histogram(String name, String help, String unit, List<Long> bounds) {
    return meter
        .histogramBuilder(name)
        .ofLongs()
        .setDescription(help)
        .setUnit(unit)
        .setExplicitBucketBoundariesAdvice(bounds)
        .build();
  }

  /** Shows the size of a queue from now on, until {@link #stop}. */
  void watch(LongSupplier size, LongSupplier capacity) {
    gauge(
        "otelcol_exporter_queue_size",
        "Current size of the retry queue (in batches). [Alpha]",
        size);
    gauge(
        "otelcol_exporter_queue_capacity",
        "Fixed capacity of the retry queue (in batches). [Alpha]",
        capacity);
  }

  private void gauge(String name, String help, LongSupplier value) {
    gauges.add(
        meter
            .gaugeBuilder(name)
            .ofLongs()
            .setDescription(help)
            .setUnit("{batch}")
            .buildWithCallback(m -> m.record(value.getAsLong(), dataType)));
  }

  /** Returns what items of the signal are called in log lines. */
  String itemsName() {
    return itemsName;
  }

  /** A request comes to a queue. */
  void offered(Request<?> request) {
    enqueueSize.record(request.items(), exporter);
    if (enqueueBytes.isEnabled()) { // sizing has its cost
      enqueueBytes.record(request.bytes(), exporter);
    }
  }

  /** A batch that was put together is sent. */
  void batched(Request<?> request) {
    batchSize.record(request.items(), destination);
    if (batchBytes.isEnabled()) {
      batchBytes.record(request.bytes(), destination);
    }
  }

  /** A queue did not take a request. */
  void notEnqueued(int items) {
    enqueueFailed.add(items, exporter);
  }

  void begin() {
    inFlight.add(1, dataType);
  }

  void end() {
    inFlight.add(-1, dataType);
  }

  /** Counts items by what became of them. */
  void count(int items, @Nullable Failure failure) {
    if (failure == null) {
      sent.add(items, destination);
      return;
    }
    sent.add(0, destination);
    if (items > 0) {
      sendFailed.add(
          items,
          destination.toBuilder()
              .put(ERROR_TYPE, failure.errorType())
              .put(ERROR_PERMANENT, failure.permanent())
              .build());
    }
  }

  /** A destination took a request but for some items. */
  void rejected(long items) {
    rejected.add(Math.max(0, items), destination);
  }

  /** A stored request cannot be read. */
  void damaged(int items) {
    damaged.add(items, exporter);
  }

  /** Shows no queue any more. */
  void stop() {
    for (AutoCloseable gauge : gauges) {
      try {
        gauge.close();
      } catch (Exception e) {
        throw new IllegalStateException("an instrument cannot be closed", e);
      }
    }
    gauges.clear();
  }
}
