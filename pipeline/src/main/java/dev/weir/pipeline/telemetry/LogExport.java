package dev.weir.pipeline.telemetry;

import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.StartException;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.logs.LogRecordBuilder;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporterBuilder;
import io.opentelemetry.exporter.otlp.logs.OtlpGrpcLogRecordExporter;
import io.opentelemetry.exporter.otlp.logs.OtlpGrpcLogRecordExporterBuilder;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.InternalTelemetryVersion;
import io.opentelemetry.sdk.logs.LogRecordProcessor;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.SdkLoggerProviderBuilder;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.logs.export.SimpleLogRecordProcessor;
import io.opentelemetry.sdk.resources.Resource;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Sends lines of the own log on, through the OpenTelemetry SDK: the message is the body, where the
 * line comes from is the scope, its fields are attributes. What is dropped stands in the SDK's own
 * metrics ({@code otel.sdk.processor.log.processed} and {@code otel.sdk.exporter.log.exported},
 * with error.type). Thread safe.
 */
final class LogExport {
  private static final AttributeKey<String> EXCEPTION_TYPE =
      AttributeKey.stringKey("exception.type");
  private static final AttributeKey<String> EXCEPTION_MESSAGE =
      AttributeKey.stringKey("exception.message");
  private static final AttributeKey<String> EXCEPTION_STACKTRACE =
      AttributeKey.stringKey("exception.stacktrace");

  private final SdkLoggerProvider provider;
  private final Map<String, String> initialFields;

  private LogExport(SdkLoggerProvider provider, Map<String, String> initialFields) {
    this.provider = provider;
    this.initialFields = initialFields;
  }

  /**
   * Opens it.
   *
   * @param meters where the SDK counts what it drops
   * @throws StartException if an exporter cannot be made; the message is for the user
   */
  static LogExport open(LogsConfig config, BuildInfo build, Resource resource, MeterProvider meters)
      throws StartException {
    SdkLoggerProviderBuilder provider = SdkLoggerProvider.builder().setResource(resource);
    try {
      for (LogProcessor each : config.processors()) {
        provider.addLogRecordProcessor(processor(each, build, meters));
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new StartException(
          "failed to create logger: " + e.getMessage() + " (service::telemetry::logs::processors)",
          e);
    }
    return new LogExport(provider.build(), config.initialFields());
  }

  private static LogRecordProcessor processor(
      LogProcessor config, BuildInfo build, MeterProvider meters) throws IOException {
    LogProcessor.Batch batch = config.batch();
    LogProcessor.Simple simple = config.simple();
    if (batch != null) {
      return BatchLogRecordProcessor.builder(exporter(batch.exporter(), build, meters))
          .setScheduleDelay(Duration.ofMillis(batch.scheduleDelayMillis()))
          .setExporterTimeout(Duration.ofMillis(batch.exportTimeoutMillis()))
          .setMaxQueueSize((int) batch.maxQueueSize())
          .setMaxExportBatchSize((int) batch.maxExportBatchSize())
          .setMeterProvider(meters)
          .setInternalTelemetryVersion(InternalTelemetryVersion.LATEST)
          .build();
    }
    if (simple == null) {
      throw new IllegalArgumentException("must have exactly one of batch and simple");
    }
    OtlpTarget otlp = simple.exporter().otlp();
    LogRecordExporter exporter = exporter(simple.exporter(), build, meters);
    // The SDK's processor does not wait for a sending, nor bound how many are under way.
    return SimpleLogRecordProcessor.create(
        otlp == null ? exporter : new OneAtATime(exporter, otlp.timeoutMillis()));
  }

  private static LogRecordExporter exporter(
      LogProcessor.Exporter config, BuildInfo build, MeterProvider meters) throws IOException {
    OtlpTarget otlp = config.otlp();
    if (otlp == null) {
      return new ConsoleLogExporter(new FileOutputStream(FileDescriptor.out));
    }
    Duration timeout = Duration.ofMillis(otlp.timeoutMillis());
    if (otlp.isGrpc()) {
      OtlpGrpcLogRecordExporterBuilder grpc = OtlpGrpcLogRecordExporter.builder();
      otlp.applyTo(
          new OtlpTarget.Setters(
              grpc::setEndpoint,
              grpc::setCompression,
              grpc::setTimeout,
              grpc::addHeader,
              grpc::setTrustedCertificates,
              grpc::setClientTls),
          timeout,
          build);
      return grpc.setMeterProvider(meters)
          .setInternalTelemetryVersion(InternalTelemetryVersion.LATEST)
          .build();
    }
    OtlpHttpLogRecordExporterBuilder http = OtlpHttpLogRecordExporter.builder();
    otlp.applyTo(
        new OtlpTarget.Setters(
            http::setEndpoint,
            http::setCompression,
            http::setTimeout,
            http::addHeader,
            http::setTrustedCertificates,
            http::setClientTls),
        timeout,
        build);
    return http.setMeterProvider(meters)
        .setInternalTelemetryVersion(InternalTelemetryVersion.LATEST)
        .build();
  }

  /** Sends a line that level and sampling let pass. */
  void send(LogLine line) {
    LogRecordBuilder log =
        provider
            .get(line.logger())
            .logRecordBuilder()
            .setTimestamp(line.time())
            .setSeverity(severity(line.level()))
            .setSeverityText(line.level().name().toLowerCase(Locale.ROOT))
            .setBody(line.message());
    initialFields.forEach(log::setAttribute);
    line.fields().forEach((name, value) -> attribute(log, name, value));
    Throwable thrown = line.thrown();
    if (thrown != null) {
      StringWriter stack = new StringWriter();
      thrown.printStackTrace(new PrintWriter(stack));
      log.setAttribute(EXCEPTION_TYPE, thrown.getClass().getName())
          .setAttribute(EXCEPTION_MESSAGE, String.valueOf(thrown.getMessage()))
          .setAttribute(EXCEPTION_STACKTRACE, stack.toString());
    }
    log.emit();
  }

  private static Severity severity(LogsConfig.Level level) {
    return switch (level) {
      case DEBUG -> Severity.DEBUG;
      case INFO -> Severity.INFO;
      case WARN -> Severity.WARN;
      case ERROR -> Severity.ERROR;
    };
  }

  private static void attribute(LogRecordBuilder log, String name, Object value) {
    switch (value) {
      case Boolean flag -> log.setAttribute(AttributeKey.booleanKey(name), flag);
      case Double real -> log.setAttribute(AttributeKey.doubleKey(name), real);
      case Float real -> log.setAttribute(AttributeKey.doubleKey(name), real.doubleValue());
      case Long whole -> log.setAttribute(AttributeKey.longKey(name), whole);
      case Integer whole -> log.setAttribute(AttributeKey.longKey(name), whole.longValue());
      default -> log.setAttribute(AttributeKey.stringKey(name), value.toString());
    }
  }

  /** Sends what waits, within {@code grace}, and ends. */
  void stop(Duration grace) {
    provider.shutdown().join(grace.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Waits for each sending to end before it returns. */
  private record OneAtATime(LogRecordExporter exporter, long timeoutMillis)
      implements LogRecordExporter {
    @Override
    public CompletableResultCode export(Collection<LogRecordData> logs) {
      return exporter.export(List.copyOf(logs)).join(timeoutMillis, TimeUnit.MILLISECONDS);
    }

    @Override
    public CompletableResultCode flush() {
      return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
      return exporter.shutdown();
    }
  }
}
