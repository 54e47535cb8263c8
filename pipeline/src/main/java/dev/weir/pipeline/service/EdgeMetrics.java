package dev.weir.pipeline.service;

import dev.weir.pdata.Signal;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import java.util.List;

/**
 * The counters at the edges of components, with the Collector's names and help texts
 * (observed/own-metrics.md). Asking twice for one counter is allowed and gives the same.
 */
final class EdgeMetrics {
  static final AttributeKey<String> RECEIVER = AttributeKey.stringKey("receiver");
  static final AttributeKey<String> TRANSPORT = AttributeKey.stringKey("transport");
  static final AttributeKey<String> EXPORTER = AttributeKey.stringKey("exporter");
  static final AttributeKey<String> PROCESSOR = AttributeKey.stringKey("processor");
  static final AttributeKey<String> OTEL_SIGNAL = AttributeKey.stringKey("otel.signal");
  static final AttributeKey<String> COMPONENT_KIND =
      AttributeKey.stringKey("otelcol.component.kind");
  static final AttributeKey<String> COMPONENT_ID = AttributeKey.stringKey("otelcol.component.id");

  private static final List<Double> DURATION_BOUNDS =
      List.of(
          1e-6, 1e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 1.0, 10.0);

  private final Meter meter;

  EdgeMetrics(Meter meter) {
    this.meter = meter;
  }

  LongCounter accepted(Signal<?> signal) {
    return counter(
        "otelcol_receiver_accepted_" + signal.itemsName(),
        "Number of " + words(signal) + " successfully pushed into the pipeline. [Alpha]",
        unit(signal));
  }

  LongCounter refused(Signal<?> signal) {
    return counter(
        "otelcol_receiver_refused_" + signal.itemsName(),
        "Number of " + words(signal) + " that could not be pushed into the pipeline. [Alpha]",
        unit(signal));
  }

  LongCounter failed(Signal<?> signal) {
    return counter(
        "otelcol_receiver_failed_" + signal.itemsName(),
        "The number of "
            + words(signal)
            + " that failed to be processed by the receiver due to internal errors. [Alpha]",
        unit(signal));
  }

  LongCounter sent(Signal<?> signal) {
    // "log record" without an s: the Collector's own text.
    String words = signal.equals(Signal.LOGS) ? "log record" : words(signal);
    return counter(
        "otelcol_exporter_sent_" + signal.itemsName(),
        "Number of " + words + " successfully sent to destination. [Alpha]",
        unit(signal));
  }

  LongCounter sendFailed(Signal<?> signal) {
    return counter(
        "otelcol_exporter_send_failed_" + signal.itemsName(),
        "Number of "
            + words(signal)
            + " in failed attempts to send to destination. At"
            + " detailed telemetry level, includes attributes: error.type (semantic convention),"
            + " error.permanent. [Alpha]",
        unit(signal));
  }

  LongCounter incoming() {
    return counter(
        "otelcol_processor_incoming_items",
        "Number of items passed to the processor. [Alpha]",
        "{item}");
  }

  LongCounter outgoing() {
    return counter(
        "otelcol_processor_outgoing_items",
        "Number of items emitted from the processor. [Alpha]",
        "{item}");
  }

  /**
   * With bounds for what a processor takes; the Collector has none below five seconds, so that all
   * of its measurements fall into the first bucket.
   */
  DoubleHistogram internalDuration() {
    return meter
        .histogramBuilder("otelcol_processor_internal_duration")
        .setDescription(
            "Duration of time taken to process a batch of telemetry data through the processor."
                + " [Alpha]")
        .setUnit("s")
        .setExplicitBucketBoundariesAdvice(DURATION_BOUNDS)
        .build();
  }

  LongCounter exceptions() {
    return counter(
        "weir_component_exceptions",
        "Number of batches that were refused because a component threw an exception, which is a"
            + " bug.",
        "{batch}");
  }

  private LongCounter counter(String name, String help, String unit) {
    return meter.counterBuilder(name).setDescription(help).setUnit(unit).build();
  }

  private static String words(Signal<?> signal) {
    return signal.itemsName().replace('_', ' ');
  }

  private static String unit(Signal<?> signal) {
    if (signal.equals(Signal.METRICS)) {
      return "{datapoint}";
    }
    return signal.equals(Signal.LOGS) ? "{record}" : "{span}";
  }
}
