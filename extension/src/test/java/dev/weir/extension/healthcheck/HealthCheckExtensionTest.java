package dev.weir.extension.healthcheck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.extension.testing.Yaml;
import dev.weir.pdata.Resource;
import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.ExtensionFactory;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.config.SchemaTable;
import dev.weir.pipeline.exposition.Endpoint;
import dev.weir.pipeline.testing.LifecycleContract;
import dev.weir.pipeline.testing.LogLines;
import io.opentelemetry.api.metrics.MeterProvider;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HealthCheckExtensionTest {
  private static final Path README =
      Path.of("src/main/java/dev/weir/extension/healthcheck/README.md");
  private static final Duration GRACE = Duration.ofSeconds(5);

  private final ExtensionFactory<HealthCheckConfig> factory = HealthCheckExtensionFactory.create();
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-11-20T10:49:57.867617584Z"));
  private final LogLines log = new LogLines();
  private final HttpClient client = HttpClient.newHttpClient();
  private HealthCheckExtension extension = made("{}");

  private HealthCheckExtension made(String body) {
    HealthCheckConfig given = config(body);
    HealthCheckConfig config =
        new HealthCheckConfig(
            new Endpoint("127.0.0.1", 0),
            given.path(),
            given.responseBody(),
            given.tls(),
            given.responseHeaders());
    return new HealthCheckExtension(context(), config);
  }

  private ComponentContext context() {
    return new ComponentContext(
        ComponentKind.EXTENSION,
        ComponentId.parse("health_check"),
        new BuildInfo("weir", "0"),
        Resource.EMPTY,
        log,
        MeterProvider.noop().get("test"),
        now::get,
        Map.of());
  }

  private HealthCheckConfig config(String body) {
    return (HealthCheckConfig) Yaml.config(factory, "extensions: {health_check: " + body + "}");
  }

  @AfterEach
  void stop() {
    extension.stop(GRACE);
    client.close();
  }

  private HttpResponse<String> get(String path) throws Exception {
    URI at = URI.create(extension.shownAt()).resolve(path);
    return client.send(HttpRequest.newBuilder(at).build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void itAnswersLikeTheCollector() throws Exception {
    extension.start(Yaml.nobody());
    HttpResponse<String> before = get("/");
    assertThat(before.statusCode()).isEqualTo(503);
    assertThat(before.body())
        .isEqualTo(
            "{\"status\":\"Server not available\",\"upSince\":\"0001-01-01T00:00:00Z\","
                + "\"uptime\":\"\"}");
    extension.ready();
    now.set(now.get().plusNanos(38_425_694));
    HttpResponse<String> up = get("/anything");
    assertThat(up.statusCode()).isEqualTo(200);
    assertThat(up.headers().firstValue("Content-Type")).hasValue("application/json");
    assertThat(up.body())
        .isEqualTo(
            "{\"status\":\"Server available\",\"upSince\":\"2026-11-20T10:49:57.867617584Z\","
                + "\"uptime\":\"38.425694ms\"}");
    extension.notReady();
    assertThat(get("/").statusCode()).isEqualTo(503);
    assertThat(log.lines())
        .contains(
            "INFO Health Check state change {status=ready}",
            "INFO Health Check state change {status=unavailable}");
  }

  @Test
  void onlyItsPathIsAnsweredWithItsBodies() throws Exception {
    extension =
        made(
            "{path: /health, response_body: {healthy: fine, unhealthy: no}, response_headers: {a: b}}");
    extension.start(Yaml.nobody());
    assertThat(get("/health").body()).isEqualTo("no");
    extension.ready();
    HttpResponse<String> up = get("/health");
    assertThat(up.body()).isEqualTo("fine");
    assertThat(up.headers().firstValue("a")).hasValue("b");
    HttpResponse<String> other = get("/healthz");
    assertThat(other.statusCode()).isEqualTo(404);
    assertThat(other.body()).isEqualTo("404 page not found\n");
    HttpRequest head =
        HttpRequest.newBuilder(URI.create(extension.shownAt()))
            .method("HEAD", HttpRequest.BodyPublishers.noBody())
            .build();
    assertThat(client.send(head, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(200);
  }

  @Test
  void aPortInUseIsSaid() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
      HealthCheckConfig config =
          new HealthCheckConfig(
              new Endpoint("127.0.0.1", taken.getLocalPort()), "/", null, null, Map.of());
      assertThatThrownBy(() -> new HealthCheckExtension(context(), config).start(Yaml.nobody()))
          .isInstanceOf(StartException.class)
          .hasMessage(
              "failed to bind to address 127.0.0.1:%d: listen tcp 127.0.0.1:%d: bind: address"
                      .formatted(taken.getLocalPort(), taken.getLocalPort())
                  + " already in use");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {endpoint: nowhere}|must be host:port
          {endpoint: "127.0.0.1:99999"}|must be host:port
          {use_v2: true}|version 2 is not there
          {path: health}|path must start with /
          {tls: {}}|TLS configuration must include both certificate and key for server connections
          {response_headers: {"a b": c}}|is no name of a header
          """,
      quoteCharacter = '\u0001')
  void whatCannotWorkIsRefused(String body, String message) {
    assertThat(Yaml.errors(factory, "extensions: {health_check: " + body + "}"))
        .contains(message)
        .contains("test.yaml:1");
  }

  @Test
  void theReadmeSaysWhatTheSchemaSaysAndItsExampleLoads() throws Exception {
    String readme = Files.readString(README);
    assertThat(SchemaTable.of(HealthCheckConfig.SCHEMA).differences(readme))
        .as(SchemaTable.of(HealthCheckConfig.SCHEMA).markdown())
        .isEmpty();
    assertThat(Yaml.config(factory, Yaml.example(readme)))
        .isEqualTo(
            new HealthCheckConfig(new Endpoint("0.0.0.0", 13133), "/health", null, null, Map.of()));
  }

  @Test
  void itKeepsTheLifecycle() throws Exception {
    LifecycleContract.of(
            factory, new HealthCheckConfig(new Endpoint("127.0.0.1", 0), "/", null, null, Map.of()))
        .check();
  }
}
