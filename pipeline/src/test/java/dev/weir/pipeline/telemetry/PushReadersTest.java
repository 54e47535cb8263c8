package dev.weir.pipeline.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.weir.pdata.Metric;
import dev.weir.pdata.Signal;
import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.Components;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.Factory.Stability;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Receiver;
import dev.weir.pipeline.ReceiverFactory;
import dev.weir.pipeline.config.ConfigLoader;
import dev.weir.pipeline.config.ConfigSource;
import dev.weir.pipeline.config.LoadResult;
import dev.weir.pipeline.config.Schema;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class PushReadersTest {
  private static final BuildInfo BUILD = new BuildInfo("weir", "1.2.3");
  private static final Path README = Path.of("src/main/java/dev/weir/pipeline/telemetry/README.md");

  private record Request(String path, String agent, String tenant, String body) {}

  static LoadResult<TelemetryConfig> load(String service) {
    Factory<String> receiver =
        new ReceiverFactory<>(
            Factory.Type.of("r", Stability.STABLE, Schema.empty("")),
            Set.of(Signal.METRICS),
            (_, _) -> new Receiver() {});
    Factory<String> exporter =
        ExporterFactory.<String>of(Factory.Type.of("e", Stability.STABLE, Schema.empty("")))
            .withMetrics((_, _) -> (Exporter<Metric>) _ -> Outcome.accepted());
    return new ConfigLoader<>(
            new Components(List.of(receiver, exporter)), TelemetryConfig.SCHEMA, _ -> null)
        .load(
            List.of(
                new ConfigSource.Text(
                    "test.yaml",
                    "receivers: {r: {}}\nexporters: {e: {}}\n"
                        + service
                        + "  pipelines: {metrics: {receivers: [r], exporters: [e]}}\n")));
  }

  static TelemetryConfig config(String service) {
    LoadResult<TelemetryConfig> result = load(service);
    assertThat(result).isInstanceOf(LoadResult.Loaded.class);
    return ((LoadResult.Loaded<TelemetryConfig>) result).config().telemetry();
  }

  @Test
  void theExampleOfTheReadmeIsGood() throws Exception {
    Matcher example =
        Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(README));
    assertThat(example.find()).isTrue();
    TelemetryConfig config = config(example.group(1));
    assertThat(config.metrics().level()).isEqualTo(MetricsConfig.Level.DETAILED);
    assertThat(config.metrics().readers()).hasSize(2);
  }

  @Test
  void aReaderThatIsNeitherPullNorPeriodicIsRefused() {
    assertThat(load("service:\n  telemetry: {metrics: {readers: [{}]}}\n"))
        .isInstanceOfSatisfying(
            LoadResult.Failed.class,
            failed ->
                assertThat(failed.render()).contains("must have exactly one of pull and periodic"));
  }

  @Test
  void ownMetricsAreSentByOtlpAndForTheLastTimeAtTheStop() throws Exception {
    Queue<Request> requests = new ConcurrentLinkedQueue<>();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          requests.add(
              new Request(
                  exchange.getRequestURI().getPath(),
                  String.valueOf(exchange.getRequestHeaders().getFirst("User-Agent")),
                  String.valueOf(exchange.getRequestHeaders().getFirst("X-Tenant")),
                  new String(
                      exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1)));
          exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    try {
      AgentTelemetry telemetry =
          AgentTelemetry.start(
              BUILD,
              config(
                  """
                  service:
                    telemetry:
                      logs: {level: error}
                      metrics:
                        readers:
                          - periodic:
                              exporter:
                                otlp:
                                  endpoint: http://127.0.0.1:%d/v1/metrics
                                  headers: [{name: X-Tenant, value: blue}]
                  """
                      .formatted(server.getAddress().getPort())),
              InstantSource.system());
      assertThat(telemetry.addresses()).isEmpty();
      telemetry.meter("m").counterBuilder("weir_test_counter").build().add(1);
      telemetry.stop(Duration.ofSeconds(10));
    } finally {
      server.stop(0);
    }
    assertThat(requests)
        .singleElement()
        .satisfies(
            request -> {
              assertThat(request.path()).isEqualTo("/v1/metrics");
              assertThat(request.agent()).contains("weir/1.2.3");
              assertThat(request.tenant()).isEqualTo("blue");
              assertThat(request.body())
                  .contains("weir_test_counter", "otelcol_process_uptime", "service.instance.id");
            });
  }

  @Test
  void theConsoleGetsAPage() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SdkMeterProvider provider =
        SdkMeterProvider.builder()
            .registerMetricReader(
                PeriodicMetricReader.create(
                    new ConsoleExporter(Map.of("service.name", "weir"), out)))
            .build();
    provider.get("m").counterBuilder("weir_test_counter").build().add(3);
    provider.close();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("target_info{service_name=\"weir\"} 1\n")
        .endsWith("weir_test_counter 3\n\n");
  }
}
