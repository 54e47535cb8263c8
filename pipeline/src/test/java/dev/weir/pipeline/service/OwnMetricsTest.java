package dev.weir.pipeline.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.pdata.Signal;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.config.AgentConfig;
import dev.weir.pipeline.config.ConfigLoader;
import dev.weir.pipeline.config.ConfigSource;
import dev.weir.pipeline.config.LoadResult;
import dev.weir.pipeline.telemetry.TelemetryConfig;
import dev.weir.pipeline.testing.OpenThings;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole agent from YAML, scraped over a real port. */
final class OwnMetricsTest {
  private static final Path GOLDEN = Path.of("src/test/resources/own-metrics-pipeline.txt");
  private final Rehearsal rehearsal =
      new Rehearsal().receiver("otlp").processor("batch").exporter("debug");
  @TempDir Path directory;

  private AgentConfig<TelemetryConfig> config(int port) {
    return config(port, "normal");
  }

  private AgentConfig<TelemetryConfig> config(int port, String level) {
    String yaml =
        """
        receivers: {otlp: {}}
        processors: {batch: {}}
        exporters: {debug: {}}
        service:
          telemetry:
            logs: {output_paths: [%s]}
            metrics:
              level: %s
              readers:
                - pull: {exporter: {prometheus: {host: 127.0.0.1, port: %d}}}
          pipelines:
            metrics: {receivers: [otlp], processors: [batch], exporters: [debug]}
            logs: {receivers: [otlp], exporters: [debug]}
        """
            .formatted(directory.resolve("weir.log"), level, port);
    LoadResult<TelemetryConfig> result =
        new ConfigLoader<>(rehearsal.components(), TelemetryConfig.SCHEMA, _ -> null)
            .load(List.of(new ConfigSource.Text("test.yaml", yaml)));
    assertThat(result).isInstanceOf(LoadResult.Loaded.class);
    return ((LoadResult.Loaded<TelemetryConfig>) result).config();
  }

  private static int freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static String scrape(int port) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics")).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  @Test
  void theEdgesAreCountedUnderTheCollectorsNames() throws Exception {
    int port = freePort();
    PipelineService service =
        PipelineService.open(Rehearsal.BUILD, config(port), InstantSource.system());
    service.start();
    Objects.requireNonNull(
            Objects.requireNonNull(rehearsal.contexts.get("otlp")).output(Signal.METRICS, "grpc"))
        .consume(Rehearsal.metrics(20));
    var logs = Objects.requireNonNull(rehearsal.output("otlp", Signal.LOGS));
    logs.consume(Rehearsal.logs(7));
    rehearsal.answers.put("debug", _ -> new Outcome.Partial(2, "too old"));
    logs.consume(Rehearsal.logs(5));
    rehearsal.answers.put("debug", _ -> Outcome.retry("full"));
    logs.consume(Rehearsal.logs(3));
    rehearsal.answers.put(
        "debug",
        _ -> {
          throw new IllegalStateException("broken");
        });
    logs.consume(Rehearsal.logs(1));

    String page = scrape(port);
    assertThat(service.stop(Duration.ofSeconds(5))).isEmpty();
    assertThat(
            page.lines()
                .filter(
                    l ->
                        l.contains("otelcol_receiver")
                            || l.contains("otelcol_exporter")
                            || l.contains("otelcol_processor")
                            || l.contains("weir_component")))
        .containsExactlyElementsOf(Files.readAllLines(GOLDEN));
    assertThat(Files.readString(directory.resolve("weir.log")))
        .contains("\tinfo\tservice\tStarting weir...\t{\"resource\": {\"service.instance.id\": \"")
        .contains("Everything is ready. Begin running and processing data.")
        .contains("A component threw an exception: this is a bug, please report it.")
        .contains("\tinfo\tservice\tShutdown complete.\t");
  }

  @Test
  void levelDetailedMeasuresHowLongProcessorsTake() throws Exception {
    int port = freePort();
    PipelineService service =
        PipelineService.open(Rehearsal.BUILD, config(port, "detailed"), InstantSource.system());
    service.start();
    var metrics = Objects.requireNonNull(rehearsal.output("otlp", Signal.METRICS));
    metrics.consume(Rehearsal.metrics(20));
    metrics.consume(Rehearsal.metrics(1));

    String page = scrape(port);
    assertThat(service.stop(Duration.ofSeconds(5))).isEmpty();
    assertThat(page)
        .contains("# TYPE otelcol_processor_internal_duration histogram")
        .contains(
            "otelcol_processor_internal_duration_count{otel_signal=\"metrics\",processor=\"batch\"}"
                + " 2");
  }

  @Test
  void twoRunsOfOneConfigLeaveNothingOpen() throws Exception {
    int port = freePort();
    AgentConfig<TelemetryConfig> config = config(port);
    run(config);
    OpenThings before = OpenThings.now();
    run(config);
    run(config);
    await()
        .pollInSameThread() // a thread of awaitility's own would be counted
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertThat(OpenThings.now().moreThan(before)).isEmpty());
  }

  private static void run(AgentConfig<TelemetryConfig> config) throws Exception {
    PipelineService service = PipelineService.open(Rehearsal.BUILD, config, InstantSource.system());
    service.start();
    assertThat(service.stop(Duration.ofSeconds(5))).isEmpty();
    assertThat(service.exitCode()).isZero();
  }

  @Test
  void aGraphThatCannotBeBuiltClosesTheTelemetry() throws Exception {
    int port = freePort();
    AgentConfig<TelemetryConfig> config = config(port);
    rehearsal.makeFailures.put("debug", "no colour");
    for (int i = 0; i < 2; i++) { // the second finds the port free again
      assertThatThrownBy(
              () -> PipelineService.open(Rehearsal.BUILD, config, InstantSource.system()))
          .isInstanceOf(GraphException.class)
          .hasMessage(
              "failed to build pipelines: failed to create \"debug\" exporter for data type"
                  + " \"metrics\": no colour");
    }
    assertThatThrownBy(() -> PipelineService.validate(Rehearsal.BUILD, config))
        .isInstanceOf(GraphException.class);
  }
}
