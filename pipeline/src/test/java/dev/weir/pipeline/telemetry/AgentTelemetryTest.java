package dev.weir.pipeline.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.telemetry.MetricsConfig.Level;
import dev.weir.pipeline.telemetry.MetricsConfig.Prometheus;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

final class AgentTelemetryTest {
  private static final BuildInfo BUILD = new BuildInfo("weir", "1.2.3");
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final Path GOLDEN = Path.of("src/test/resources/own-metrics-before-data.txt");
  @TempDir Path root;

  private AgentTelemetry start(Level level, Prometheus page) throws StartException {
    return AgentTelemetry.start(
        BUILD, config(level, page, Map.of()), InstantSource.system(), Map.of(), root);
  }

  private TelemetryConfig config(Level level, Prometheus page, Map<String, String> resource) {
    LogsConfig logs = LogsConfig.SCHEMA.defaults();
    return new TelemetryConfig(
        new LogsConfig(
            logs.level(),
            logs.encoding(),
            false,
            false,
            false,
            false,
            logs.sampling(),
            List.of(root.resolve("log").toString()),
            logs.errorOutputPaths(),
            Map.of(),
            List.of()),
        new MetricsConfig(
            level,
            List.of(
                new MetricsConfig.Reader(
                    new MetricsConfig.Pull(new MetricsConfig.PullExporter(page)), null)),
            List.of()),
        new TelemetryConfig.TracesConfig(Level.NONE),
        resource);
  }

  private static Prometheus page() {
    return new Prometheus("127.0.0.1", 0, true, true, true);
  }

  static String scrape(InetSocketAddress address) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + address.getPort() + "/metrics"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("Content-Type"))
          .hasValue("text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
      return answer.body();
    }
  }

  /** Returns the lines that begin a family, and no values. */
  private static List<String> headers(String page) {
    return page.lines().filter(l -> l.startsWith("#")).toList();
  }

  @Test
  void beforeAnyDataThePageHasTheProcessAndTheTarget() throws Exception {
    AgentTelemetry telemetry = start(Level.NORMAL, page());
    String page = scrape(telemetry.addresses().getFirst());
    telemetry.stop(GRACE);

    assertThat(headers(page)).containsExactlyElementsOf(Files.readAllLines(GOLDEN));
    assertThat(page).contains("otelcol_process_memory_rss ");
    assertThat(page).contains("service_name=\"weir\",service_version=\"1.2.3\"} 1\n");
    assertThat(page)
        .contains("promhttp_metric_handler_errors_total{cause=\"encoding\"} 0\n")
        .contains("promhttp_metric_handler_errors_total{cause=\"gathering\"} 0\n");
  }

  @Test
  void namesStayAsTheyAreUnlessSuffixesAreWanted() throws Exception {
    AgentTelemetry plain = start(Level.NORMAL, page());
    AgentTelemetry full = start(Level.NORMAL, new Prometheus("127.0.0.1", 0, false, false, false));
    for (AgentTelemetry telemetry : List.of(plain, full)) {
      telemetry
          .meter("dev.weir.receiver.otlp")
          .counterBuilder("otelcol_receiver_accepted_metric_points")
          .setUnit("{datapoint}")
          .build()
          .add(5, Attributes.of(AttributeKey.stringKey("otel.signal"), "metrics"));
    }
    assertThat(scrape(plain.addresses().getFirst()))
        .contains("# TYPE otelcol_receiver_accepted_metric_points counter\n")
        .contains("\notelcol_receiver_accepted_metric_points{otel_signal=\"metrics\"} 5\n");
    assertThat(scrape(full.addresses().getFirst()))
        .contains(
            "\notelcol_receiver_accepted_metric_points_total{otel_scope_name=\"dev.weir.receiver.otlp\",otel_scope_schema_url=\"\",otel_scope_version=\"\",otel_signal=\"metrics\"}"
                + " 5\n")
        .contains("\notelcol_process_uptime_seconds_total{");
    plain.stop(GRACE);
    full.stop(GRACE);
  }

  @Test
  void metricsOfOneNameFromTwoScopesAreOneFamilyAndASecondSeriesIsCounted() throws Exception {
    AgentTelemetry telemetry = start(Level.NORMAL, page());
    for (String scope : List.of("a", "b")) {
      Meter meter = telemetry.meter(scope);
      meter
          .counterBuilder("weir_shared")
          .build()
          .add(1, Attributes.of(AttributeKey.stringKey("from"), scope));
      meter.counterBuilder("weir_twice").build().add(1);
    }
    String page = scrape(telemetry.addresses().getFirst());
    telemetry.stop(GRACE);

    assertThat(page)
        .contains(
            "# TYPE weir_shared counter\nweir_shared{from=\"a\"} 1\nweir_shared{from=\"b\"} 1\n")
        .contains("# TYPE weir_twice counter\nweir_twice 1\n")
        .contains("promhttp_metric_handler_errors_total{cause=\"gathering\"} 1\n");
  }

  @Test
  void levelsLeaveOutWhatTheCollectorLeavesOut() throws Exception {
    for (Level level : List.of(Level.BASIC, Level.NORMAL, Level.DETAILED)) {
      AgentTelemetry telemetry = start(level, page());
      Meter meter = telemetry.meter("m");
      meter.histogramBuilder("otelcol_processor_batch_batch_send_size").build().record(1);
      meter.histogramBuilder("otelcol_processor_batch_batch_send_size_bytes").build().record(1);
      meter.histogramBuilder("rpc.server.call.duration").build().record(1);
      meter
          .counterBuilder("otelcol_exporter_send_failed_spans")
          .build()
          .add(1, Attributes.of(AttributeKey.stringKey("error.type"), "Unavailable"));
      String page = scrape(telemetry.addresses().getFirst());
      telemetry.stop(GRACE);

      assertThat(page.contains("otelcol_processor_batch_batch_send_size_count"))
          .isEqualTo(level != Level.BASIC);
      assertThat(page.contains("otelcol_processor_batch_batch_send_size_bytes_count"))
          .isEqualTo(level == Level.DETAILED);
      assertThat(page.contains("rpc_server_call_duration_count"))
          .isEqualTo(level == Level.DETAILED);
      assertThat(page)
          .contains(
              level == Level.DETAILED
                  ? "otelcol_exporter_send_failed_spans{error_type=\"Unavailable\"} 1\n"
                  : "otelcol_exporter_send_failed_spans 1\n");
    }
  }

  @Test
  void levelNoneOpensNoPort() throws Exception {
    AgentTelemetry telemetry = start(Level.NONE, page());
    assertThat(telemetry.addresses()).isEmpty();
    telemetry.meter("m").counterBuilder("c").build().add(1);
    telemetry.stop(GRACE);
    assertThat(Files.readString(root.resolve("log")))
        .contains("\tinfo\ttelemetry\tInternal metrics telemetry disabled\t{\"resource\": {");
  }

  @Test
  void aPortInUseIsAnErrorThatSaysWhereToLookAndLeavesNothingOpen() throws Exception {
    AgentTelemetry first = start(Level.NORMAL, page());
    int port = first.addresses().getFirst().getPort();
    assertThatThrownBy(
            () -> start(Level.NORMAL, new Prometheus("127.0.0.1", port, true, true, true)))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("failed to create meter provider: listen tcp 127.0.0.1:" + port)
        .hasMessageContaining("address already in use");
    first.stop(GRACE);
    assertThatThrownBy(() -> scrape(first.addresses().getFirst()))
        .isInstanceOf(ConnectException.class);
    start(Level.NORMAL, new Prometheus("127.0.0.1", port, true, true, true)).stop(GRACE);
  }

  @Test
  void theResourceSaysWhoTheAgentIs() throws Exception {
    Files.createDirectories(root.resolve("etc"));
    Files.createDirectories(root.resolve("proc/sys/kernel"));
    Files.writeString(root.resolve("etc/machine-id"), "abc123\n");
    Files.writeString(root.resolve("proc/sys/kernel/hostname"), "box\n");
    Map<String, String> found =
        AgentResource.detect(
            BUILD,
            Map.of("service.name", "flows", "team", "net", "service.version", ""),
            Map.of("NODE_NAME", "node-1"),
            root);
    assertThat(found)
        .containsEntry("service.name", "flows")
        .containsEntry("team", "net")
        .containsEntry("host.id", "abc123")
        .containsEntry("host.name", "box")
        .containsEntry("k8s.node.name", "node-1")
        .doesNotContainKey("service.version")
        .containsKey("service.instance.id");
    assertThat(AgentResource.forLogs(found, Map.of("team", "net")))
        .containsOnlyKeys("service.name", "service.instance.id", "team");
  }

  @Test
  void librariesLogThroughTheAgentWhileItRuns() throws Exception {
    AgentTelemetry telemetry = start(Level.NONE, page());
    LoggerFactory.getLogger("some.library").warn("from a library");
    telemetry.logLevel(LogsConfig.Level.ERROR);
    LoggerFactory.getLogger("some.library").warn("too quiet");
    telemetry.stop(GRACE);
    assertThat(Files.readString(root.resolve("log")))
        .contains("\twarn\tsome.library\tfrom a library\t")
        .doesNotContain("too quiet");
  }

  @Test
  void theEnvironmentNamesTheAgentAsOpenTelemetryHasIt() {
    Map<String, String> environment =
        Map.of(
            "OTEL_RESOURCE_ATTRIBUTES",
            "deployment.environment.name=a%20b+c, service.name=other,host.name=here",
            "OTEL_SERVICE_NAME",
            "mine");
    assertThat(AgentResource.detect(BUILD, Map.of("host.name", "config"), environment, root))
        .containsEntry("deployment.environment.name", "a b+c")
        .containsEntry("service.name", "mine")
        .containsEntry("host.name", "config");
  }

  @Test
  void attributesOfAnotherFormAreLeftOutWhole() {
    for (String bad : List.of("a=1,b", "=1", "a=%zz")) {
      assertThat(
              AgentResource.detect(BUILD, Map.of(), Map.of("OTEL_RESOURCE_ATTRIBUTES", bad), root))
          .as(bad)
          .doesNotContainKeys("a", "b", "")
          .containsEntry("service.name", "weir");
    }
  }
}
