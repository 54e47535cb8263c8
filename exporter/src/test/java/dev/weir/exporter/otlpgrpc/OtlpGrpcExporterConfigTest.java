package dev.weir.exporter.otlpgrpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.exporter.testing.TestYaml;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.config.SchemaTable;
import dev.weir.transport.GrpcClientConfig;
import dev.weir.transport.compression.Compression;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class OtlpGrpcExporterConfigTest {
  private final ExporterFactory<OtlpGrpcExporterConfig> factory = OtlpGrpcExporterFactory.create();

  @Test
  void theReadmeHasEveryKeyWithItsDefault() throws Exception {
    assertThat(
            SchemaTable.of(OtlpGrpcExporterConfig.SCHEMA).differences(TestYaml.readme("otlpgrpc")))
        .isEmpty();
  }

  @Test
  void theReadmesExampleLoads() throws Exception {
    OtlpGrpcExporterConfig config =
        (OtlpGrpcExporterConfig)
            TestYaml.config(factory, TestYaml.example(TestYaml.readme("otlpgrpc")));
    assertThat(config.client().serverHost()).isEqualTo("gateway.observability.svc");
    assertThat(config.client().serverPort()).isEqualTo(4317);
    assertThat(config.client().tls().settings().reloadInterval()).isEqualTo(Duration.ofMinutes(10));
    assertThat(Objects.requireNonNull(config.sending().queue()).queueSize()).isEqualTo(200);
  }

  @Test
  void theDefaultsAreTheCollectors() {
    OtlpGrpcExporterConfig config = config("endpoint: \"a:1\"");
    GrpcClientConfig client = config.client();
    assertThat(client.compression()).isEqualTo(Compression.GZIP);
    assertThat(client.balancerName()).isEqualTo("round_robin");
    assertThat(client.writeBufferSize()).isEqualTo(524288);
    assertThat(client.readBufferSize()).isZero();
    assertThat(client.keepalive()).isNull();
    assertThat(client.waitForReady()).isFalse();
    assertThat(client.headers()).isEmpty();
    assertThat(client.tls().plainText()).isFalse();
    assertThat(config.sending().timeout()).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void everyKeyIsTaken() {
    GrpcClientConfig client =
        config(
                "endpoint: \"dns:///a.example:1\", compression: zstd, keepalive: {time: 20s, timeout:"
                    + " 5s, permit_without_stream: true}, read_buffer_size: 1, write_buffer_size: 2,"
                    + " wait_for_ready: true, headers: {a: b}, balancer_name: pick_first,"
                    + " authority: c, user_agent: d, timeout: 1s, compression_params: {level: 3}")
            .client();
    assertThat(client.compression()).isEqualTo(Compression.ZSTD);
    assertThat(client.keepalive())
        .isEqualTo(
            new GrpcClientConfig.Keepalive(Duration.ofSeconds(20), Duration.ofSeconds(5), true));
    assertThat(client.waitForReady()).isTrue();
    assertThat(client.headers()).isEqualTo(Map.of("a", "b"));
    assertThat(client.balancerName()).isEqualTo("pick_first");
    assertThat(client.authority()).isEqualTo("c");
    assertThat(client.userAgent()).isEqualTo("d");
    assertThat(client.compressionLevel()).isEqualTo(3);
    assertThat(client.serverHost()).isEqualTo("a.example");
  }

  @Test
  void theEndpointIsChecked() {
    errors("", "requires a value for \"endpoint\"");
    errors("endpoint: \"\"", "requires a non-empty \"endpoint\"");
    errors("endpoint: \"https://\"", "requires a non-empty \"endpoint\"");
    errors("endpoint: localhost", "address localhost: missing port in address");
    errors("endpoint: \"a:b:1\"", "too many colons in address");
    errors("endpoint: \"a:port\"", "invalid port \"port\"");
    errors("endpoint: \"a:70000\"", "invalid port \"70000\"");
  }

  @Test
  void otherMistakesAreSaid() {
    errors("endpoint: \"a:1\", compression: lz4", "unsupported compression type");
    errors("endpoint: \"a:1\", balancer_name: best", "invalid balancer_name");
    errors("endpoint: \"a:1\", headers: {\"a b\": c}", "\"a b\" cannot be a header");
    errors(
        "endpoint: \"a:1\", authority: x, tls: {server_name_override: y}",
        "one name for its server");
    errors("endpoint: \"a:1\", headrs: {}", "headers");
  }

  private OtlpGrpcExporterConfig config(String body) {
    return (OtlpGrpcExporterConfig)
        TestYaml.config(factory, "exporters: {otlp_grpc: {" + body + "}}\n");
  }

  private void errors(String body, String expected) {
    assertThat(TestYaml.errors(factory, "exporters: {otlp_grpc: {" + body + "}}\n"))
        .contains(expected);
  }
}
