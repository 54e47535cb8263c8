package dev.weir.receiver.otlp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.logs.OtlpGrpcLogRecordExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.logs.export.SimpleLogRecordProcessor;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The OpenTelemetry SDK's exporters, unmodified, as applications use them. */
final class OpenTelemetrySdkTest {
  @ParameterizedTest
  @CsvSource({"grpc, none", "grpc, gzip", "http, none", "http, gzip"})
  void allThreeSignalsComeThrough(String transport, String compression) throws Exception {
    try (Served served = Served.start()) {
      boolean grpc = transport.equals("grpc");
      String grpcUrl = "http://127.0.0.1:" + served.receiver.grpcPort();
      SpanExporter spans =
          grpc
              ? OtlpGrpcSpanExporter.builder()
                  .setEndpoint(grpcUrl)
                  .setCompression(compression)
                  .build()
              : OtlpHttpSpanExporter.builder()
                  .setEndpoint(served.http() + "/v1/traces")
                  .setCompression(compression)
                  .build();
      try (SdkTracerProvider traces =
          SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(spans)).build()) {
        traces.get("test").spanBuilder("work").startSpan().end();
        assertThat(traces.forceFlush().join(10, TimeUnit.SECONDS).isSuccess()).isTrue();
      }
      MetricExporter points =
          grpc
              ? OtlpGrpcMetricExporter.builder()
                  .setEndpoint(grpcUrl)
                  .setCompression(compression)
                  .build()
              : OtlpHttpMetricExporter.builder()
                  .setEndpoint(served.http() + "/v1/metrics")
                  .setCompression(compression)
                  .build();
      try (SdkMeterProvider metrics =
          SdkMeterProvider.builder()
              .registerMetricReader(PeriodicMetricReader.create(points))
              .build()) {
        metrics.get("test").counterBuilder("requests").build().add(3);
        assertThat(metrics.forceFlush().join(10, TimeUnit.SECONDS).isSuccess()).isTrue();
      }
      LogRecordExporter records =
          grpc
              ? OtlpGrpcLogRecordExporter.builder()
                  .setEndpoint(grpcUrl)
                  .setCompression(compression)
                  .build()
              : OtlpHttpLogRecordExporter.builder()
                  .setEndpoint(served.http() + "/v1/logs")
                  .setCompression(compression)
                  .build();
      try (SdkLoggerProvider logs =
          SdkLoggerProvider.builder()
              .addLogRecordProcessor(SimpleLogRecordProcessor.create(records))
              .build()) {
        logs.get("test")
            .logRecordBuilder()
            .setBody("hello")
            .setAttribute(AttributeKey.stringKey("k"), "v")
            .emit();
        assertThat(logs.forceFlush().join(10, TimeUnit.SECONDS).isSuccess()).isTrue();
      }
      assertThat(items(served, Signal.TRACES)).isEqualTo(1);
      assertThat(items(served, Signal.METRICS)).isPositive();
      assertThat(items(served, Signal.LOGS)).isEqualTo(1);
    }
  }

  private static int items(Served served, Signal<?> signal) {
    return served.got.stream()
        .filter(batch -> batch.signal().equals(signal))
        .mapToInt(Telemetry::count)
        .sum();
  }
}
