package dev.weir.pipeline.testing;

import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.PointData;
import io.opentelemetry.sdk.metrics.export.CollectionRegistration;
import io.opentelemetry.sdk.metrics.export.MetricReader;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A meter whose values can be read: {@code name{label=value,...}} to value. */
public final class Measurements implements MetricReader {
  private final SdkMeterProvider provider;
  private @Nullable CollectionRegistration registration;

  /** Makes a meter without values. */
  public Measurements() {
    provider = SdkMeterProvider.builder().registerMetricReader(this).build();
  }

  /** Returns the meter. */
  public Meter meter() {
    return provider.get("test");
  }

  /** Returns all values; of a histogram {@code count/sum}. */
  public Map<String, String> values() {
    Map<String, String> values = new TreeMap<>();
    if (registration == null) {
      return values;
    }
    for (MetricData metric : registration.collectAllMetrics()) {
      for (PointData point : metric.getData().getPoints()) {
        Map<String, Object> labels = new TreeMap<>();
        point.getAttributes().forEach((key, value) -> labels.put(key.getKey(), value));
        String name = metric.getName().replaceFirst("^otelcol_(exporter_|processor_)?", "");
        values.put(
            name + labels,
            switch (point) {
              case LongPointData number -> Long.toString(number.getValue());
              case HistogramPointData histogram ->
                  histogram.getCount() + "/" + (long) histogram.getSum();
              default -> point.toString();
            });
      }
    }
    return values;
  }

  @Override
  public void register(CollectionRegistration made) {
    registration = made;
  }

  @Override
  public CompletableResultCode forceFlush() {
    return CompletableResultCode.ofSuccess();
  }

  @Override
  public CompletableResultCode shutdown() {
    return CompletableResultCode.ofSuccess();
  }

  @Override
  public AggregationTemporality getAggregationTemporality(InstrumentType type) {
    return AggregationTemporality.CUMULATIVE;
  }
}
