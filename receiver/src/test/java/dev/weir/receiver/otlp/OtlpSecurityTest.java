package dev.weir.receiver.otlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.pdata.Signal;
import dev.weir.transport.testing.TestAuthority;
import dev.weir.transport.testing.TestAuthority.Issued;
import io.grpc.Grpc;
import io.grpc.ManagedChannelBuilder;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.opentelemetry.api.metrics.MeterProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS, mTLS and certificates that change, over both protocols. */
final class OtlpSecurityTest {
  @TempDir private Path directory;

  private final TestAuthority servers = new TestAuthority("servers");
  private final TestAuthority clients = new TestAuthority("clients");
  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
  private final InstantSource clock = now::get;

  @BeforeEach
  void write() throws IOException {
    servers.issue("first", "localhost", "127.0.0.1").write(directory, "server");
    Files.writeString(directory.resolve("clients.crt"), clients.certificate());
  }

  private Served start(String more) throws Exception {
    String tls =
        ("tls: {cert_file: '%1$s/server.crt', key_file: '%1$s/server.key'" + more + "}")
            .formatted(directory);
    return Served.start(
        ("{protocols: {grpc: {endpoint: '127.0.0.1:0', %1$s},"
                + " http: {endpoint: '127.0.0.1:0', %1$s}}}")
            .formatted(tls),
        MeterProvider.noop().get("test"),
        clock);
  }

  private SSLContext trusting(TestAuthority authority, @Nullable Issued own) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("ca", certificate(authority.certificate()));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    KeyManager[] keys = new KeyManager[0];
    if (own != null) {
      KeyStore mine = KeyStore.getInstance("PKCS12");
      mine.load(null, null);
      mine.setKeyEntry(
          "me", own.secret(), new char[0], new Certificate[] {certificate(own.certificate())});
      KeyManagerFactory factory =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(mine, new char[0]);
      keys = factory.getKeyManagers();
    }
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys, trust.getTrustManagers(), null);
    return context;
  }

  private static X509Certificate certificate(String pem) throws Exception {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)));
  }

  private static int post(SSLContext tls, Served served) throws IOException {
    try (SSLSocket socket =
            (SSLSocket)
                tls.getSocketFactory().createSocket("127.0.0.1", served.receiver.httpPort());
        Http http = Http.over(socket)) {
      return http.ask(
              "POST",
              "/v1/logs",
              Map.of("Content-Type", "application/json"),
              Samples.json(Signal.LOGS))
          .status();
    }
  }

  private static dev.weir.receiver.otlp.Grpc grpc(
      Served served, TestAuthority authority, @Nullable Issued own) throws IOException {
    TlsChannelCredentials.Builder credentials =
        TlsChannelCredentials.newBuilder()
            .trustManager(
                new ByteArrayInputStream(
                    authority.certificate().getBytes(StandardCharsets.US_ASCII)));
    if (own != null) {
      credentials.keyManager(
          new ByteArrayInputStream(own.certificate().getBytes(StandardCharsets.US_ASCII)),
          new ByteArrayInputStream(own.key().getBytes(StandardCharsets.US_ASCII)));
    }
    ManagedChannelBuilder<?> builder =
        Grpc.newChannelBuilder("127.0.0.1:" + served.receiver.grpcPort(), credentials.build());
    return new dev.weir.receiver.otlp.Grpc(builder);
  }

  @Test
  void bothProtocolsSpeakTls() throws Exception {
    try (Served served = start("");
        dev.weir.receiver.otlp.Grpc client = grpc(served, servers, null)) {
      assertThat(post(trusting(servers, null), served)).isEqualTo(200);
      client.call(dev.weir.receiver.otlp.Grpc.LOGS, Samples.protobuf(Signal.LOGS));
      assertThat(served.got).hasSize(2);
    }
  }

  @Test
  void plainTextIsNotServedWhereThereIsTls() throws Exception {
    try (Served served = start("")) {
      assertThatThrownBy(
              () ->
                  Http.post(
                      served.receiver.httpPort(),
                      "/v1/logs",
                      "application/json",
                      Samples.json(Signal.LOGS)))
          .isInstanceOf(IOException.class);
      assertThat(served.got).isEmpty();
    }
  }

  @Test
  void aClientWithoutCertificateIsNotServedWhereOneIsDemanded() throws Exception {
    try (Served served = start(", client_ca_file: '" + directory.resolve("clients.crt") + "'");
        dev.weir.receiver.otlp.Grpc client = grpc(served, servers, null);
        dev.weir.receiver.otlp.Grpc stranger =
            grpc(served, servers, servers.issue("stranger", "stranger"))) {
      SSLContext without = trusting(servers, null);
      assertThatThrownBy(() -> post(without, served))
          .isInstanceOfAny(SSLException.class, IOException.class);
      byte[] logs = Samples.protobuf(Signal.LOGS);
      assertThatThrownBy(() -> client.call(dev.weir.receiver.otlp.Grpc.LOGS, logs))
          .isInstanceOf(StatusRuntimeException.class);
      assertThatThrownBy(() -> stranger.call(dev.weir.receiver.otlp.Grpc.LOGS, logs))
          .isInstanceOf(StatusRuntimeException.class);
      assertThat(served.got).isEmpty();
    }
  }

  @Test
  void aClientWithTheRightCertificateIsServed() throws Exception {
    Issued own = clients.issue("client", "client");
    try (Served served = start(", client_ca_file: '" + directory.resolve("clients.crt") + "'");
        dev.weir.receiver.otlp.Grpc client = grpc(served, servers, own)) {
      assertThat(post(trusting(servers, own), served)).isEqualTo(200);
      client.call(dev.weir.receiver.otlp.Grpc.LOGS, Samples.protobuf(Signal.LOGS));
      assertThat(served.got).hasSize(2);
    }
  }

  @Test
  void aNewCertificateIsShownOnceItsFileHasChanged() throws Exception {
    TestAuthority later = new TestAuthority("later");
    try (Served served = start(", reload_interval: 1m")) {
      assertThat(post(trusting(servers, null), served)).isEqualTo(200);
      later.issue("second", "localhost", "127.0.0.1").write(directory, "server");
      assertThat(post(trusting(servers, null), served)).isEqualTo(200); // not yet
      now.set(now.get().plus(Duration.ofMinutes(2)));
      await()
          .ignoreExceptions()
          .untilAsserted(() -> assertThat(post(trusting(later, null), served)).isEqualTo(200));
      try (dev.weir.receiver.otlp.Grpc client = grpc(served, later, null)) {
        client.call(dev.weir.receiver.otlp.Grpc.LOGS, Samples.protobuf(Signal.LOGS));
      }
    }
  }

  @Test
  void newAuthoritiesOfClientsCountOnceTheirFileHasChanged() throws Exception {
    TestAuthority later = new TestAuthority("later clients");
    Issued own = later.issue("client", "client");
    try (Served served =
        start(
            ", client_ca_file_reload: true, client_ca_file: '"
                + directory.resolve("clients.crt")
                + "'")) {
      SSLContext tls = trusting(servers, own);
      assertThatThrownBy(() -> post(tls, served)).isInstanceOf(IOException.class);
      Files.writeString(directory.resolve("clients.crt"), later.certificate());
      now.set(now.get().plus(Duration.ofMinutes(2)));
      await()
          .ignoreExceptions()
          .untilAsserted(() -> assertThat(post(trusting(servers, own), served)).isEqualTo(200));
    }
  }

  @Test
  void aCertificateThatIsNotThereStopsTheStartAndIsNamed() {
    assertThatThrownBy(
            () ->
                Served.start(
                    "{protocols: {http: {endpoint: '127.0.0.1:0', tls: {cert_file:"
                        + " /nowhere/tls.crt, key_file: /nowhere/tls.key}}}}"))
        .hasMessageContaining("/nowhere/tls.crt")
        .hasMessageContaining("no such file or directory");
  }
}
