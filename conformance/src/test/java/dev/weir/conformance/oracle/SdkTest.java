package dev.weir.conformance.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.logs.OtlpGrpcLogRecordExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** OpenTelemetry's own SDK for Java, with its exporters as they are, sends to Weir. */
class SdkTest {
  private static final String CONFIGURATION =
      """
      receivers:
        otlp: {protocols: {grpc: {endpoint: 'localhost:@grpc@'}, http: {endpoint: 'localhost:@http@'}}}
      exporters:
        otlp_grpc: {endpoint: '127.0.0.1:@backend_grpc@', tls: {insecure: true}, compression: none}
      service:
        telemetry: {metrics: {level: none}}
        pipelines:
          metrics: {receivers: [otlp], exporters: [otlp_grpc]}
          traces: {receivers: [otlp], exporters: [otlp_grpc]}
          logs: {receivers: [otlp], exporters: [otlp_grpc]}
      """;

  private static final Resource RESOURCE =
      Resource.create(Attributes.of(AttributeKey.stringKey("service.name"), "an application"));

  @ParameterizedTest
  @CsvSource({"grpc, none", "grpc, gzip", "http, none", "http, gzip"})
  void spansMetricsAndLogsOfTheSdkArrive(String transport, String compression) throws Exception {
    try (Backend backend = Backend.start();
        Subject weir = Subject.start(Subject.Kind.WEIR, backend.filledIn(CONFIGURATION))) {
      SpanExporter spans;
      MetricExporter metrics;
      LogRecordExporter logs;
      if (transport.equals("grpc")) {
        String endpoint = "http://localhost:" + weir.port("grpc");
        spans =
            OtlpGrpcSpanExporter.builder()
                .setEndpoint(endpoint)
                .setCompression(compression)
                .build();
        metrics =
            OtlpGrpcMetricExporter.builder()
                .setEndpoint(endpoint)
                .setCompression(compression)
                .build();
        logs =
            OtlpGrpcLogRecordExporter.builder()
                .setEndpoint(endpoint)
                .setCompression(compression)
                .build();
      } else {
        String endpoint = "http://localhost:" + weir.port("http");
        spans =
            OtlpHttpSpanExporter.builder()
                .setEndpoint(endpoint + "/v1/traces")
                .setCompression(compression)
                .build();
        metrics =
            OtlpHttpMetricExporter.builder()
                .setEndpoint(endpoint + "/v1/metrics")
                .setCompression(compression)
                .build();
        logs =
            OtlpHttpLogRecordExporter.builder()
                .setEndpoint(endpoint + "/v1/logs")
                .setCompression(compression)
                .build();
      }
      try (SdkTracerProvider tracers =
              SdkTracerProvider.builder()
                  .setResource(RESOURCE)
                  .addSpanProcessor(BatchSpanProcessor.builder(spans).build())
                  .build();
          SdkMeterProvider meters =
              SdkMeterProvider.builder()
                  .setResource(RESOURCE)
                  .registerMetricReader(PeriodicMetricReader.builder(metrics).build())
                  .build();
          SdkLoggerProvider loggers =
              SdkLoggerProvider.builder()
                  .setResource(RESOURCE)
                  .addLogRecordProcessor(BatchLogRecordProcessor.builder(logs).build())
                  .build()) {
        for (int i = 0; i < 100; i++) {
          Span span = tracers.get("lib").spanBuilder("span " + i).startSpan();
          span.addEvent("happened").setAttribute("i", i).end();
          meters.get("lib").counterBuilder("counted").build().add(i);
          meters.get("lib").histogramBuilder("timed").build().record(i / 8.0);
          loggers
              .get("lib")
              .logRecordBuilder()
              .setSeverity(Severity.INFO)
              .setBody("line " + i)
              .emit();
        }
        assertThat(tracers.forceFlush().join(10, TimeUnit.SECONDS).isSuccess()).isTrue();
        assertThat(meters.forceFlush().join(10, TimeUnit.SECONDS).isSuccess()).isTrue();
        assertThat(loggers.forceFlush().join(10, TimeUnit.SECONDS).isSuccess()).isTrue();
        List<String> expected = new ArrayList<>(List.of("counted 4950", "timed 100 618.75"));
        for (int i = 0; i < 100; i++) {
          expected.add("span " + i);
          expected.add("line " + i);
        }
        Awaitility.await()
            .atMost(Duration.ofSeconds(10))
            .untilAsserted(
                () -> assertThat(arrived(backend)).containsExactlyInAnyOrderElementsOf(expected));
      }
    }
  }

  private static List<String> arrived(Backend backend) throws InvalidProtocolBufferException {
    List<String> arrived = new ArrayList<>();
    for (Backend.Arrival arrival : backend.arrivals()) {
      if (arrival.path().contains("trace")) {
        ExportTraceServiceRequest.parseFrom(arrival.body())
            .getResourceSpansList()
            .forEach(
                r ->
                    r.getScopeSpansList()
                        .forEach(s -> s.getSpansList().forEach(i -> arrived.add(i.getName()))));
      } else if (arrival.path().contains("logs")) {
        ExportLogsServiceRequest.parseFrom(arrival.body())
            .getResourceLogsList()
            .forEach(
                r ->
                    r.getScopeLogsList()
                        .forEach(
                            s ->
                                s.getLogRecordsList()
                                    .forEach(i -> arrived.add(i.getBody().getStringValue()))));
      } else {
        ExportMetricsServiceRequest.parseFrom(arrival.body())
            .getResourceMetricsList()
            .forEach(
                r ->
                    r.getScopeMetricsList()
                        .forEach(
                            s ->
                                s.getMetricsList()
                                    .forEach(
                                        m -> {
                                          m.getSum()
                                              .getDataPointsList()
                                              .forEach(
                                                  p ->
                                                      arrived.add(
                                                          m.getName() + " " + p.getAsInt()));
                                          m.getHistogram()
                                              .getDataPointsList()
                                              .forEach(
                                                  p ->
                                                      arrived.add(
                                                          m.getName()
                                                              + " "
                                                              + p.getCount()
                                                              + " "
                                                              + p.getSum()));
                                        })));
      }
    }
    return arrived;
  }
}
