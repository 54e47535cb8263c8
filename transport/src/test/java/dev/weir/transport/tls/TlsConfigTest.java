package dev.weir.transport.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pipeline.config.Schema;
import dev.weir.transport.testing.SectionText;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The keys of collector.md 2.2 and the Collector's words for what is wrong. */
final class TlsConfigTest {
  private static final String PAIR = "cert_file: a, key_file: b";

  @Test
  void anEmptySectionIsTheDefault() {
    assertThat(SectionText.decode(TlsClientConfig.class, TlsClientConfig.SCHEMA, "{}"))
        .isEqualTo(TlsClientConfig.DEFAULT)
        .isEqualTo(TlsClientConfig.SCHEMA.defaults());
  }

  @Test
  void everyKeyIsTaken() {
    TlsServerConfig config =
        SectionText.decode(
            TlsServerConfig.class,
            TlsServerConfig.SCHEMA,
            "{ca_file: ca, include_system_ca_certs_pool: true, cert_file: c, key_file: k,"
                + " min_version: \"1.2\", max_version: \"1.3\","
                + " cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256],"
                + " include_insecure_cipher_suites: false, curve_preferences: [X25519, P256],"
                + " reload_interval: 5m, tpm: {enabled: false}, client_ca_file: clients,"
                + " client_ca_file_reload: true}");
    assertThat(config.clientCaFile()).isEqualTo("clients");
    assertThat(config.clientCaFileReload()).isTrue();
    assertThat(config.settings().reloadInterval()).isEqualTo(Duration.ofMinutes(5));
    assertThat(config.settings().protocols()).containsExactly("TLSv1.2", "TLSv1.3");
    assertThat(config.settings().groups()).containsExactly("x25519", "secp256r1");
    assertThat(config.settings().cipherSuites())
        .isEqualTo(List.of("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
  }

  @Test
  void mistakesAreSaidInTheCollectorsWords() {
    server("{}", "TLS configuration must include both certificate and key for server connections");
    server("{cert_file: a}", "TLS configuration must include both certificate and key");
    server(
        "{" + PAIR + ", ca_file: a, ca_pem: b}",
        "provide either a CA file or the PEM-encoded string, but not both");
    server(
        "{" + PAIR + ", min_version: \"1.4\"}",
        "invalid TLS min_version: unsupported TLS version: \"1.4\"");
    server(
        "{" + PAIR + ", min_version: \"1.3\", max_version: \"1.2\"}",
        "invalid TLS configuration: min_version cannot be greater than max_version");
    server("{" + PAIR + ", max_version: \"1.1\"}", "TLS 1.1 is broken and cannot be used");
    client("{key_file: a}", "for auth via TLS, provide both certificate and key, or neither");
    client(
        "{cert_file: a, cert_pem: b, key_file: c}",
        "provide either a certificate or the PEM-encoded string, but not both");
    client(
        "{cert_file: a, key_file: b, key_pem: c}",
        "provide either a key or the PEM-encoded string, but not both");
    client("{cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]}", "invalid TLS cipher suite:");
    client("{curve_preferences: [P224]}", "invalid curve type: \"P224\"");
    client("{tpm: {enabled: true}}", "keys in a TPM cannot be used");
    client("{reload_interval: -1s}", "must not be negative");
  }

  @Test
  void pemInTheConfigIsNeverShown() {
    assertThat(SectionText.errors(TlsClientConfig.SCHEMA, "{key_pem: {hush: 1}, cert_pem: [hush]}"))
        .doesNotContain("hush");
  }

  private static void server(String body, String error) {
    check(TlsServerConfig.SCHEMA, body, error);
  }

  private static void client(String body, String error) {
    check(TlsClientConfig.SCHEMA, body, error);
  }

  private static void check(Schema<?> schema, String body, String error) {
    assertThat(SectionText.errors(schema, body)).contains(error);
  }
}
