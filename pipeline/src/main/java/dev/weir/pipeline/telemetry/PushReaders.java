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
import java.nio.file.Files;
import java.nio.file.Path;
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
              : otlp.protocol().equals("grpc")
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
    return Duration.ofMillis(Math.min(config.timeoutMillis(), otlp.timeoutMillis()));
  }

  private static MetricExporter http(MetricsConfig.Otlp otlp, Duration timeout, BuildInfo build)
      throws IOException {
    OtlpHttpMetricExporterBuilder builder =
        OtlpHttpMetricExporter.builder()
            .setCompression(otlp.compression())
            .setTimeout(timeout)
            .setAggregationTemporalitySelector(temporality(otlp))
            .addHeader("User-Agent", build.command() + "/" + build.version());
    if (!otlp.endpoint().isEmpty()) {
      builder.setEndpoint(url(otlp));
    }
    otlp.allHeaders().forEach(builder::addHeader);
    if (!otlp.certificate().isEmpty()) {
      builder.setTrustedCertificates(Files.readAllBytes(Path.of(otlp.certificate())));
    }
    if (!otlp.clientKey().isEmpty()) {
      builder.setClientTls(
          Files.readAllBytes(Path.of(otlp.clientKey())),
          Files.readAllBytes(Path.of(otlp.clientCertificate())));
    }
    return builder.build();
  }

  private static MetricExporter grpc(MetricsConfig.Otlp otlp, Duration timeout, BuildInfo build)
      throws IOException {
    OtlpGrpcMetricExporterBuilder builder =
        OtlpGrpcMetricExporter.builder()
            .setCompression(otlp.compression())
            .setTimeout(timeout)
            .setAggregationTemporalitySelector(temporality(otlp))
            .addHeader("User-Agent", build.command() + "/" + build.version());
    if (!otlp.endpoint().isEmpty()) {
      builder.setEndpoint(url(otlp));
    }
    otlp.allHeaders().forEach(builder::addHeader);
    if (!otlp.certificate().isEmpty()) {
      builder.setTrustedCertificates(Files.readAllBytes(Path.of(otlp.certificate())));
    }
    if (!otlp.clientKey().isEmpty()) {
      builder.setClientTls(
          Files.readAllBytes(Path.of(otlp.clientKey())),
          Files.readAllBytes(Path.of(otlp.clientCertificate())));
    }
    return builder.build();
  }

  /** Returns the endpoint as a URL: one without a scheme gets it by {@code insecure}. */
  private static String url(MetricsConfig.Otlp otlp) {
    String endpoint = otlp.endpoint();
    return endpoint.contains("://")
        ? endpoint
        : (otlp.insecure() ? "http://" : "https://") + endpoint;
  }

  private static AggregationTemporalitySelector temporality(MetricsConfig.Otlp otlp) {
    return switch (otlp.temporality()) {
      case CUMULATIVE -> AggregationTemporalitySelector.alwaysCumulative();
      case DELTA -> AggregationTemporalitySelector.deltaPreferred();
      case LOWMEMORY -> AggregationTemporalitySelector.lowMemory();
    };
  }
}
