package dev.weir.pipeline.telemetry;

import dev.weir.pipeline.exposition.ExpositionWriter;
import dev.weir.pipeline.exposition.Labels;
import dev.weir.pipeline.exposition.MetricFamily;
import dev.weir.pipeline.exposition.MetricType;
import dev.weir.pipeline.exposition.NameTranslation;
import dev.weir.pipeline.exposition.Thresholds;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.metrics.data.DoublePointData;
import io.opentelemetry.sdk.metrics.data.ExponentialHistogramPointData;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.PointData;
import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The page of the agent's own metrics: families sorted by name, series by labels; metrics of one
 * name from several scopes are one family. What cannot be shown (a second type or a second series
 * of one name) is left out and counted, and the rest of the page is good. Thread safe.
 */
final class OwnPage {
  private static final MetricFamily TARGET_INFO =
      new MetricFamily("target_info", MetricType.GAUGE, "Target metadata");
  private static final MetricFamily ERRORS =
      new MetricFamily(
          "promhttp_metric_handler_errors_total",
          MetricType.COUNTER,
          "Total number of internal errors encountered by the promhttp metric handler.");

  private record Series(Labels labels, PointData point) {}

  private record Family(MetricFamily header, Map<String, Series> series) {}

  private final boolean scopeLabels;
  private final NameTranslation names;
  private final Labels target;
  private final LongAdder leftOut = new LongAdder();

  OwnPage(MetricsConfig.Prometheus config, Map<String, String> resource) {
    this.scopeLabels = !config.withoutScopeInfo();
    this.names =
        new NameTranslation("", false, !config.withoutUnits(), !config.withoutTypeSuffix());
    Labels.Builder labels = Labels.builder();
    resource.forEach((name, value) -> labels.add(names.labelName(name), value));
    this.target = labels.build();
  }

  /**
   * Writes the page.
   *
   * @param failures how many pages could not be handed out
   */
  void write(Collection<MetricData> metrics, LongSupplier failures, ExpositionWriter out)
      throws IOException {
    Map<String, Family> families = new TreeMap<>();
    for (MetricData metric : metrics) {
      collect(metric, families);
    }
    boolean errorsWritten = false;
    boolean targetWritten = false;
    for (Family family : families.values()) {
      String name = family.header().name();
      if (!errorsWritten && name.compareTo(ERRORS.name()) > 0) {
        errorsWritten = errors(failures, out);
      }
      if (!targetWritten && name.compareTo(TARGET_INFO.name()) > 0) {
        targetWritten = target(out);
      }
      out.begin(family.header());
      for (Series series : family.series().values()) {
        sample(series, out);
      }
    }
    if (!errorsWritten) {
      errors(failures, out);
    }
    if (!targetWritten) {
      target(out);
    }
  }

  private boolean errors(LongSupplier failures, ExpositionWriter out) throws IOException {
    out.begin(ERRORS);
    out.integer(
        Labels.of("cause", "encoding"), failures.getAsLong(), ExpositionWriter.NO_TIME, null);
    out.integer(Labels.of("cause", "gathering"), leftOut.sum(), ExpositionWriter.NO_TIME, null);
    return true;
  }

  private boolean target(ExpositionWriter out) throws IOException {
    out.begin(TARGET_INFO);
    out.integer(target, 1, ExpositionWriter.NO_TIME, null);
    return true;
  }

  private void collect(MetricData metric, Map<String, Family> families) {
    MetricType type = type(metric);
    if (type == null) {
      leftOut.increment();
      return;
    }
    String name = names.metricName(metric.getName(), metric.getUnit(), type);
    Family family =
        families.computeIfAbsent(
            name,
            n -> new Family(new MetricFamily(n, type, metric.getDescription()), new TreeMap<>()));
    if (family.header().type() != type) {
      leftOut.increment();
      return;
    }
    for (PointData point : metric.getData().getPoints()) {
      Labels labels = labels(point.getAttributes(), metric.getInstrumentationScopeInfo());
      if (family.series().putIfAbsent(labels.toString(), new Series(labels, point)) != null) {
        leftOut.increment();
      }
    }
  }

  private static @Nullable MetricType type(MetricData metric) {
    return switch (metric.getType()) {
      case LONG_GAUGE, DOUBLE_GAUGE -> MetricType.GAUGE;
      case LONG_SUM ->
          metric.getLongSumData().isMonotonic() ? MetricType.COUNTER : MetricType.GAUGE;
      case DOUBLE_SUM ->
          metric.getDoubleSumData().isMonotonic() ? MetricType.COUNTER : MetricType.GAUGE;
      case HISTOGRAM, EXPONENTIAL_HISTOGRAM -> MetricType.HISTOGRAM;
      case SUMMARY -> null; // nothing here makes one
    };
  }

  private Labels labels(Attributes attributes, InstrumentationScopeInfo scope) {
    Map<String, String> sorted = new TreeMap<>();
    attributes.forEach(
        (key, value) ->
            sorted.merge(
                names.labelName(key.getKey()),
                String.valueOf(value),
                (one, other) -> one + ";" + other));
    if (scopeLabels) {
      sorted.put("otel_scope_name", scope.getName());
      sorted.put("otel_scope_version", scope.getVersion() == null ? "" : scope.getVersion());
      sorted.put("otel_scope_schema_url", scope.getSchemaUrl() == null ? "" : scope.getSchemaUrl());
    }
    Labels.Builder labels = Labels.builder();
    sorted.forEach(labels::add);
    return labels.build();
  }

  private static void sample(Series series, ExpositionWriter out) throws IOException {
    switch (series.point()) {
      case LongPointData point ->
          out.integer(series.labels(), point.getValue(), ExpositionWriter.NO_TIME, null);
      case DoublePointData point ->
          out.real(series.labels(), point.getValue(), ExpositionWriter.NO_TIME, null);
      case HistogramPointData point ->
          out.histogram(
              series.labels(),
              Thresholds.bounds(
                  point.getBoundaries().stream().mapToDouble(Double::doubleValue).toArray()),
              point.getCounts().stream().mapToLong(Long::longValue).toArray(),
              0,
              point.getCount(),
              point.getSum(),
              ExpositionWriter.NO_TIME);
      // The text formats have no exponential buckets: count and sum are left, as in the Collector.
      case ExponentialHistogramPointData point ->
          out.histogram(
              series.labels(),
              Thresholds.bounds(),
              new long[] {point.getCount()},
              0,
              point.getCount(),
              point.getSum(),
              ExpositionWriter.NO_TIME);
      default -> {} // type() lets no others through
    }
  }
}
