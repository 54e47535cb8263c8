package dev.weir.exporter.accesslog;

import dev.weir.pipeline.ComponentId;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableLongGauge;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/** The exporter's own metrics. Thread safe. */
final class AccessLogMetrics {
  /** Why a line was not written. */
  enum Reason {
    /** The buffer was full: the destination is slower than the events. */
    BUFFER_FULL,
    /** The line alone is longer than the buffer. */
    TOO_LONG,
    /** The destination gave an error: disk full, pipe closed. */
    WRITE_FAILED,
    /** Still in the buffer when the time to stop was over. */
    STOP_TIMEOUT,
    /** Delivered after the stop. */
    STOPPED;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final AttributeKey<String> EXPORTER = AttributeKey.stringKey("exporter");
  private static final AttributeKey<String> REASON = AttributeKey.stringKey("reason");

  private final Meter meter;
  private final Attributes self;
  private final Map<Reason, Attributes> reasons = new EnumMap<>(Reason.class);
  private final LongCounter sent;
  private final LongCounter sendFailed;
  private final LongCounter enqueueFailed;
  private final LongCounter dropped;
  private final LongCounter rotations;
  private final LongCounter reopened;

  AccessLogMetrics(Meter meter, ComponentId id) {
    this.meter = meter;
    this.self = Attributes.of(EXPORTER, id.toString());
    for (Reason reason : Reason.values()) {
      reasons.put(reason, Attributes.of(EXPORTER, id.toString(), REASON, reason.word()));
    }
    // The first three under the Collector's names, descriptions and units.
    sent =
        counter(
            "otelcol_exporter_sent_log_records",
            "{record}",
            "Number of log record successfully sent to destination. [Alpha]");
    sendFailed =
        counter(
            "otelcol_exporter_send_failed_log_records",
            "{record}",
            "Number of log records in failed attempts to send to destination. At detailed telemetry"
                + " level, includes attributes: error.type (semantic convention), error.permanent."
                + " [Alpha]");
    enqueueFailed =
        counter(
            "otelcol_exporter_enqueue_failed_log_records",
            "{record}",
            "Number of log records failed to be added to the sending queue. [Alpha]");
    dropped = counter("weir_access_log_dropped_lines", "{line}", "Lines not written, by reason.");
    rotations =
        counter("weir_access_log_rotations", "{file}", "Files put aside because of their size.");
    reopened =
        counter(
            "weir_access_log_reopened_files",
            "{file}",
            "Times the file was opened again because another program had moved it away.");
  }

  private LongCounter counter(String name, String unit, String description) {
    return meter.counterBuilder(name).setUnit(unit).setDescription(description).build();
  }

  void written(long lines) {
    sent.add(lines, self);
  }

  void dropped(long lines, Reason reason) {
    if (lines == 0) {
      return;
    }
    dropped.add(lines, reasons.getOrDefault(reason, self));
    switch (reason) {
      case BUFFER_FULL, TOO_LONG, STOPPED -> enqueueFailed.add(lines, self);
      case WRITE_FAILED, STOP_TIMEOUT -> sendFailed.add(lines, self);
    }
  }

  void rotated() {
    rotations.add(1, self);
  }

  void reopened() {
    reopened.add(1, self);
  }

  /** Begins to report how full the buffer is; closing the result ends that. */
  ObservableLongGauge buffered(LongSupplier bytes) {
    return meter
        .gaugeBuilder("weir_access_log_buffered_bytes")
        .ofLongs()
        .setUnit("By")
        .setDescription("Bytes of lines that wait or are on their way.")
        .buildWithCallback(measurement -> measurement.record(bytes.getAsLong(), self));
  }
}
