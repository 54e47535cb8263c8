package dev.weir.exporter.otlphttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.exporter.testing.TestYaml;
import dev.weir.pdata.Signal;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.config.SchemaTable;
import dev.weir.transport.compression.Compression;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class OtlpHttpExporterConfigTest {
  private final ExporterFactory<OtlpHttpExporterConfig> factory = OtlpHttpExporterFactory.create();

  @Test
  void theReadmeHasEveryKeyWithItsDefault() throws Exception {
    assertThat(
            SchemaTable.of(OtlpHttpExporterConfig.SCHEMA).differences(TestYaml.readme("otlphttp")))
        .isEmpty();
  }

  @Test
  void theReadmesExampleLoads() throws Exception {
    OtlpHttpExporterConfig config =
        (OtlpHttpExporterConfig)
            TestYaml.config(factory, TestYaml.example(TestYaml.readme("otlphttp")));
    assertThat(config.url(Signal.LOGS)).isEqualTo("https://gateway.observability.svc:4318/v1/logs");
    assertThat(config.client().headers()).containsKey("Authorization");
  }

  @Test
  void theDefaultsAreTheCollectors() {
    OtlpHttpExporterConfig config = config("endpoint: \"http://a\"");
    assertThat(config.client().compression()).isEqualTo(Compression.GZIP);
    assertThat(config.encoding()).isEqualTo(OtlpHttpExporterConfig.Encoding.PROTO);
    assertThat(config.sending().timeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(config.client().attemptHttp2()).isTrue();
    assertThat(config.client().cookies()).isFalse();
  }

  @Test
  void everyKeyIsTaken() {
    OtlpHttpExporterConfig config =
        config(
            "endpoint: \"http://a\", traces_endpoint: \"http://t\", metrics_endpoint: \"http://m\","
                + " logs_endpoint: \"http://l\", profiles_endpoint: \"http://p\", encoding: json,"
                + " proxy_url: \"http://proxy:3128\", tls: {insecure: true}, compression: lz4,"
                + " compression_params: {level: 1}, headers: {a: b}, read_buffer_size: 1,"
                + " write_buffer_size: 2, max_idle_conns: 3, max_idle_conns_per_host: 4,"
                + " max_conns_per_host: 5, idle_conn_timeout: 6s, disable_keep_alives: false,"
                + " force_attempt_http2: false, http2_read_idle_timeout: 7s, http2_ping_timeout:"
                + " 8s, cookies: {enabled: true}, timeout: 9s");
    assertThat(config.url(Signal.TRACES)).isEqualTo("http://t");
    assertThat(config.url(Signal.METRICS)).isEqualTo("http://m");
    assertThat(config.url(Signal.LOGS)).isEqualTo("http://l");
    assertThat(config.client().maxConnsPerHost()).isEqualTo(5);
    assertThat(config.client().cookies()).isTrue();
    assertThat(config.client().attemptHttp2()).isFalse();
  }

  @Test
  void mistakesAreSaid() {
    errors("", "at least one endpoint must be specified");
    errors("endpoint: \"localhost:4318\"", "endpoint must be a valid URL");
    errors("logs_endpoint: \"ftp://a\"", "logs_endpoint must be a valid URL");
    errors("endpoint: \"http://a\", encoding: xml", "expected proto or json");
    errors("endpoint: \"http://a\", compression: br", "unsupported compression type");
    errors("endpoint: \"http://a\", compression_params: {level: 10}", "unsupported parameters");
    errors("endpoint: \"http://a\", headers: {Host: b}", "\"Host\" is set by the client itself");
    errors("endpoint: \"http://a\", headers: {\"a b\": c}", "cannot be the name of a header");
    errors("endpoint: \"http://a\", proxy_url: \"socks5://b\"", "proxy_url");
    errors("endpoint: \"http://a\", disable_keep_alives: true", "disable_keep_alives");
    errors("endpoint: \"http://a\", auth: {authenticator: x}", "no authenticator can be had");
    errors("endpoint: \"http://a\", middlewares: [{id: x}]", "no extension can be a middleware");
  }

  private OtlpHttpExporterConfig config(String body) {
    return (OtlpHttpExporterConfig)
        TestYaml.config(factory, "exporters: {otlp_http: {" + body + "}}\n");
  }

  private void errors(String body, String expected) {
    assertThat(TestYaml.errors(factory, "exporters: {otlp_http: {" + body + "}}\n"))
        .contains(expected);
  }
}
