package dev.weir.pipeline.service;

import dev.weir.pdata.Signal;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;

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
