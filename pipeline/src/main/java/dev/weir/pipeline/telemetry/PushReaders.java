package dev.weir.pipeline.telemetry;

import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.StartException;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporterBuilder;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporterBuilder;
import io.opentelemetry.sdk.metrics.export.AggregationTemporalitySelector;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.MetricReader;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/** Makes the readers that send, by the exporters of the OpenTelemetry SDK. */
final class PushReaders {
  private PushReaders() {}

  static MetricReader of(
      MetricsConfig.Periodic config, BuildInfo build, Map<String, String> resource)
      throws StartException {
    MetricsConfig.Otlp otlp = config.exporter().otlp();
    MetricExporter exporter;
    try {
      exporter =
          otlp == null
              ? new ConsoleExporter(resource, new FileOutputStream(FileDescriptor.out))
              : otlp.target().isGrpc()
                  ? grpc(otlp, timeout(config, otlp), build)
                  : http(otlp, timeout(config, otlp), build);
    } catch (IOException | IllegalArgumentException e) {
      throw new StartException(
          "failed to create meter provider: "
              + e.getMessage()
              + " (service::telemetry::metrics::readers)",
          e);
    }
    return PeriodicMetricReader.builder(exporter)
        .setInterval(Duration.ofMillis(config.intervalMillis()))
        .build();
  }

  /** The SDK's reader knows no limit of its own: the stricter one of the two holds. */
  private static Duration timeout(MetricsConfig.Periodic config, MetricsConfig.Otlp otlp) {
    return Duration.ofMillis(Math.min(config.timeoutMillis(), otlp.target().timeoutMillis()));
  }

  private static MetricExporter http(MetricsConfig.Otlp otlp, Duration timeout, BuildInfo build)
      throws IOException {
    OtlpHttpMetricExporterBuilder builder =
        OtlpHttpMetricExporter.builder().setAggregationTemporalitySelector(temporality(otlp));
    otlp.target()
        .applyTo(
            new OtlpTarget.Setters(
                builder::setEndpoint,
                builder::setCompression,
                builder::setTimeout,
                builder::addHeader,
                builder::setTrustedCertificates,
                builder::setClientTls),
            timeout,
            build);
    return builder.build();
  }

  private static MetricExporter grpc(MetricsConfig.Otlp otlp, Duration timeout, BuildInfo build)
      throws IOException {
    OtlpGrpcMetricExporterBuilder builder =
        OtlpGrpcMetricExporter.builder().setAggregationTemporalitySelector(temporality(otlp));
    otlp.target()
        .applyTo(
            new OtlpTarget.Setters(
                builder::setEndpoint,
                builder::setCompression,
                builder::setTimeout,
                builder::addHeader,
                builder::setTrustedCertificates,
                builder::setClientTls),
            timeout,
            build);
    return builder.build();
  }

  private static AggregationTemporalitySelector temporality(MetricsConfig.Otlp otlp) {
    return switch (otlp.temporality()) {
      case CUMULATIVE -> AggregationTemporalitySelector.alwaysCumulative();
      case DELTA -> AggregationTemporalitySelector.deltaPreferred();
      case LOWMEMORY -> AggregationTemporalitySelector.lowMemory();
    };
  }
}
