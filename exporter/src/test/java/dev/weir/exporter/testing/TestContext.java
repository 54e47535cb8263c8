package dev.weir.exporter.testing;

import dev.weir.pdata.Resource;
import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Extension;
import dev.weir.pipeline.Host;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.CollectionRegistration;
import io.opentelemetry.sdk.metrics.export.MetricReader;
import java.time.InstantSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A context for one exporter whose logs and own metrics can be read. */
public final class TestContext {
  private final RecordingLogger logger = new RecordingLogger();
  private final OnDemandReader reader = new OnDemandReader();
  private final Meter meter =
      SdkMeterProvider.builder().registerMetricReader(reader).build().get("test");

  /** Returns a context for the exporter of this ID. */
  public ComponentContext exporter(String id, InstantSource clock) {
    return new ComponentContext(
        ComponentKind.EXPORTER,
        ComponentId.parse(id),
        new BuildInfo("weir", "0.1.0"),
        Resource.EMPTY,
        logger,
        meter,
        clock,
        Map.of());
  }

  /** Returns the log. */
  public RecordingLogger logger() {
    return logger;
  }

  /** Returns the sum over all points of an own metric; 0 if there is none. */
  public long sum(String metric) {
    return sum(metric, null, null);
  }

  /** Returns the sum over the points of an own metric that have this attribute. */
  public long sum(String metric, @Nullable String key, @Nullable String value) {
    long sum = 0;
    for (MetricData data : reader.source.collectAllMetrics()) {
      if (data.getName().equals(metric)) {
        for (LongPointData point : data.getLongSumData().getPoints()) {
          if (key == null
              || String.valueOf(point.getAttributes().get(AttributeKey.stringKey(key)))
                  .equals(value)) {
            sum += point.getValue();
          }
        }
        for (LongPointData point : data.getLongGaugeData().getPoints()) {
          sum += point.getValue();
        }
      }
    }
    return sum;
  }

  /** Returns a host that takes every report and has no extensions. */
  public static Host host() {
    return new Host() {
      @Override
      public @Nullable Extension extension(ComponentId id) {
        return null;
      }

      @Override
      public void report(ComponentId id, Status status, String message) {}

      @Override
      public void fatal(ComponentId id, String message) {
        throw new AssertionError(message);
      }
    };
  }

  /** Reads the own metrics when asked to. */
  private static final class OnDemandReader implements MetricReader {
    private volatile CollectionRegistration source = CollectionRegistration.noop();

    @Override
    public void register(CollectionRegistration registration) {
      source = registration;
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
}
