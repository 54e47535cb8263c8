package dev.weir.pipeline.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.config.LoadResult;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.SimpleLogRecordProcessor;
import io.opentelemetry.sdk.resources.Resource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;

final class LogExportTest {
  private static final BuildInfo BUILD = new BuildInfo("weir", "1.2.3");

  private record Request(String path, String tenant, String body) {}

  private final Queue<Request> requests = new ConcurrentLinkedQueue<>();
  private final CountDownLatch open = new CountDownLatch(1);
  @TempDir Path directory;
  private HttpServer server;
  private volatile boolean holds;

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] body = exchange.getRequestBody().readAllBytes();
          if (holds) {
            await();
          }
          requests.add(
              new Request(
                  exchange.getRequestURI().getPath(),
                  String.valueOf(exchange.getRequestHeaders().getFirst("X-Tenant")),
                  new String(body, StandardCharsets.ISO_8859_1)));
          exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stopServing() {
    open.countDown();
    server.stop(0);
  }

  private void await() {
    try {
      open.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private AgentTelemetry start(String processors, String metrics) throws StartException {
    return AgentTelemetry.start(
        BUILD,
        PushReadersTest.config(
            """
            service:
              telemetry:
                logs:
                  output_paths: [%s]
                  sampling: {enabled: false}
                  initial_fields: {rack: r1}
                  processors: %s
                metrics: %s
            """
                .formatted(
                    directory.resolve("log"),
                    processors.replace("PORT", "" + server.getAddress().getPort()),
                    metrics)),
        InstantSource.system());
  }

  @Test
  void aBatchOfLinesIsSentByOtlpAtTheStop() throws Exception {
    AgentTelemetry telemetry =
        start(
            "[{batch: {schedule_delay: 3600000, exporter: {otlp: {endpoint:"
                + " 'http://127.0.0.1:PORT/v1/logs', headers: [{name: X-Tenant, value: blue}]}}}}]",
            "{level: none}");
    Logger logger = telemetry.logger("exporter/debug", Map.of("otelcol.component.id", "debug"));
    logger.warn("the first of {}", 2);
    logger.debug("not at this level");
    logger.atError().addKeyValue("attempts", 3).setCause(new IOException("broken")).log("second");
    telemetry.stop(Duration.ofSeconds(10));

    assertThat(requests)
        .singleElement()
        .satisfies(
            request -> {
              assertThat(request.path()).isEqualTo("/v1/logs");
              assertThat(request.tenant()).isEqualTo("blue");
              assertThat(request.body())
                  .contains("the first of 2", "second", "exporter/debug")
                  .contains("otelcol.component.id", "attempts", "rack", "service.instance.id")
                  .contains("exception.stacktrace", "java.io.IOException: broken")
                  .doesNotContain("not at this level");
            });
    assertThat(directory.resolve("log")).content().contains("the first of 2", "second");
  }

  @Test
  void aSimpleProcessorHasSentALineWhenTheCallReturns() throws Exception {
    AgentTelemetry telemetry =
        start(
            "[{simple: {exporter: {otlp: {endpoint: 'http://127.0.0.1:PORT/v1/logs'}}}}]",
            "{level: none}");
    telemetry.logger("a", Map.of()).info("one");
    assertThat(requests)
        .as("sent before the stop")
        .anyMatch(request -> request.body().contains("one"));
    telemetry.stop(Duration.ofSeconds(10));
  }

  @Test
  void whatDoesNotFitIntoTheQueueIsDroppedAndCounted() throws Exception {
    holds = true;
    AgentTelemetry telemetry =
        start(
            "[{batch: {schedule_delay: 1, max_queue_size: 4, max_export_batch_size: 2, exporter:"
                + " {otlp: {endpoint: 'http://127.0.0.1:PORT/v1/logs'}}}}]",
            "{readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: 0}}}}]}");
    Logger logger = telemetry.logger("a", Map.of());
    for (int i = 0; i < 100; i++) {
      logger.info("line {}", i);
    }
    String page = AgentTelemetryTest.scrape(telemetry.addresses().getFirst());
    open.countDown();
    telemetry.stop(Duration.ofSeconds(10));

    assertThat(page.lines())
        .anyMatch(
            line ->
                line.startsWith("otel_sdk_processor_log_processed{")
                    && line.contains("error_type=\"queue_full\""));
    assertThat(directory.resolve("log")).content().contains("line 99");
  }

  @Test
  void theConsoleGetsAnObjectALine() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (SdkLoggerProvider provider =
        SdkLoggerProvider.builder()
            .setResource(Resource.create(io.opentelemetry.api.common.Attributes.empty()))
            .addLogRecordProcessor(SimpleLogRecordProcessor.create(new ConsoleLogExporter(out)))
            .build()) {
      provider
          .get("service")
          .logRecordBuilder()
          .setTimestamp(Instant.parse("2026-11-20T10:54:56.495Z"))
          .setSeverity(Severity.INFO)
          .setSeverityText("info")
          .setBody("a \"line\"")
          .setAttribute(AttributeKey.longKey("n"), 1L)
          .emit();
    }
    assertThat(out.toString(StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"Timestamp\":\"2026-11-20T10:54:56.495Z\",\"SeverityText\":\"info\","
                + "\"Scope\":\"service\",\"Body\":\"a \\\"line\\\"\",\"Attributes\":{\"n\":1},"
                + "\"Resource\":{}}\n");
  }

  @Test
  void whatCannotBeMeantIsRefused() {
    for (String processors :
        List.of(
            "[{}]",
            "[{batch: {exporter: {}}}]",
            "[{batch: {exporter: {console: , otlp: }}}]",
            "[{simple: {exporter: {console: }}, batch: {exporter: {console: }}}]",
            "[{batch: {max_queue_size: 1, exporter: {console: }}}]")) {
      assertThat(
              PushReadersTest.load(
                  "service:\n  telemetry: {logs: {processors: " + processors + "}}\n"))
          .as(processors)
          .isInstanceOf(LoadResult.Failed.class);
    }
    assertThatThrownBy(
            () ->
                start(
                    "[{simple: {exporter: {otlp: {certificate: /nonexistent}}}}]", "{level: none}"))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("failed to create logger: /nonexistent");
  }
}
