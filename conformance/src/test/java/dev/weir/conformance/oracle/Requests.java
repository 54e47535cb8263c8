package dev.weir.conformance.oracle;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Small requests of each signal whose items can be told apart by a number. */
final class Requests {
  private Requests() {}

  /** A request with {@code count} items, numbered from {@code first} on. */
  static byte[] of(OtlpClient.Signal signal, int first, int count) {
    return message(signal, first, count).toByteArray();
  }

  private static Message message(OtlpClient.Signal signal, int first, int count) {
    return switch (signal) {
      case METRICS -> metrics(first, count);
      case TRACES -> traces(first, count);
      case LOGS -> logs(first, count);
    };
  }

  /** The same request as OTLP's JSON with one item. */
  static byte[] json(OtlpClient.Signal signal) {
    return (switch (signal) {
          case METRICS ->
              """
              {"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","gauge":{"dataPoints":[
              {"asInt":"1","timeUnixNano":"1700000000000000000"}]}}]}]}]}
              """;
          case TRACES ->
              """
              {"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"s",
              "traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708"}]}]}]}
              """;
          case LOGS ->
              """
              {"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"hello"}}]}]}]}
              """;
        })
        .getBytes(StandardCharsets.UTF_8);
  }

  private static ExportMetricsServiceRequest metrics(int first, int count) {
    Gauge.Builder gauge = Gauge.newBuilder();
    for (int i = first; i < first + count; i++) {
      gauge.addDataPoints(
          NumberDataPoint.newBuilder()
              .setAsInt(i)
              .setTimeUnixNano(1_700_000_000_000_000_000L)
              .addAttributes(MetricStories.attribute("number", number(i))));
    }
    return ExportMetricsServiceRequest.newBuilder()
        .addResourceMetrics(
            ResourceMetrics.newBuilder()
                .addScopeMetrics(
                    ScopeMetrics.newBuilder()
                        .addMetrics(Metric.newBuilder().setName("m").setGauge(gauge))))
        .build();
  }

  private static ExportTraceServiceRequest traces(int first, int count) {
    ScopeSpans.Builder scope = ScopeSpans.newBuilder();
    for (int i = first; i < first + count; i++) {
      scope.addSpans(
          Span.newBuilder()
              .setName("s")
              .setTraceId(ByteString.copyFrom(ByteBuffer.allocate(16).putInt(12, i + 1)))
              .setSpanId(ByteString.copyFrom(ByteBuffer.allocate(8).putInt(4, i + 1)))
              .addAttributes(MetricStories.attribute("number", number(i))));
    }
    return ExportTraceServiceRequest.newBuilder()
        .addResourceSpans(ResourceSpans.newBuilder().addScopeSpans(scope))
        .build();
  }

  private static ExportLogsServiceRequest logs(int first, int count) {
    ScopeLogs.Builder scope = ScopeLogs.newBuilder();
    for (int i = first; i < first + count; i++) {
      scope.addLogRecords(
          LogRecord.newBuilder()
              .setBody(MetricStories.text("hello"))
              .addAttributes(MetricStories.attribute("number", number(i))));
    }
    return ExportLogsServiceRequest.newBuilder()
        .addResourceLogs(ResourceLogs.newBuilder().addScopeLogs(scope))
        .build();
  }

  private static AnyValue number(int i) {
    return AnyValue.newBuilder().setIntValue(i).build();
  }
}
