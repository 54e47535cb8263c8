package dev.weir.transport.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.transport.testing.SectionText;
import dev.weir.transport.testing.TestAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.helpers.NOPLogger;

/** Real handshakes over loopback. */
final class TlsContextTest {
  private static final Duration HOUR = Duration.ofHours(1);

  /** A clock that stands until it is moved. */
  private static final class Hand implements InstantSource {
    private volatile Instant now = Instant.now();

    @Override
    public Instant instant() {
      return now;
    }

    void move(Duration by) {
      now = now.plus(by);
    }
  }

  /** What both sides of a handshake saw of each other. */
  private record Met(SSLSession client, SSLSession server) {
    String serverName() throws IOException {
      return client.getPeerPrincipal().getName();
    }

    String clientName() throws IOException {
      return server.getPeerPrincipal().getName();
    }
  }

  @TempDir Path directory;
  private final Hand clock = new Hand();
  private final TestAuthority authority = new TestAuthority("authority");
  private final TestAuthority stranger = new TestAuthority("stranger");

  @BeforeEach
  void files() throws IOException {
    Files.writeString(directory.resolve("ca.crt"), authority.certificate());
    Files.writeString(directory.resolve("stranger.crt"), stranger.certificate());
    authority.issue("server one", "localhost", "127.0.0.1").write(directory, "server");
    authority.issue("client one", "client").write(directory, "client");
    stranger.issue("client of a stranger", "client").write(directory, "strange");
  }

  @Test
  void aServerOfATrustedAuthorityIsTaken() throws Exception {
    assertThat(meet(server(""), client("")).serverName()).isEqualTo("CN=server one");
  }

  @Test
  void aServerOfAnotherAuthorityIsRefused() {
    assertThatThrownBy(
            () -> meet(server(""), context("{ca_file: " + directory.resolve("stranger.crt") + "}")))
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("PKIX path");
  }

  @Test
  void withoutAuthoritiesTheSystemsAreTrusted() {
    assertThatThrownBy(() -> meet(server(""), context("{}")))
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("PKIX path");
  }

  @Test
  void theSystemsAuthoritiesComeOnTop() throws Exception {
    assertThat(meet(server(""), client("include_system_ca_certs_pool: true")).serverName())
        .isEqualTo("CN=server one");
  }

  @Test
  void aServerWithAnotherNameIsRefused() throws Exception {
    authority.issue("elsewhere", "elsewhere.example").write(directory, "server");
    assertThatThrownBy(() -> meet(server(""), client("")))
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("localhost");
  }

  @Test
  void theNameCanBeReplaced() throws Exception {
    authority.issue("elsewhere", "*.example.net", "plain").write(directory, "server");
    assertThat(meet(server(""), client("server_name_override: a.example.net")).serverName())
        .isEqualTo("CN=elsewhere");
    assertThat(meet(server(""), client("server_name_override: PLAIN")).serverName())
        .isEqualTo("CN=elsewhere");
    for (String wrong : new String[] {"localhost", "a.b.example.net", "example.net"}) {
      assertThatThrownBy(() -> meet(server(""), client("server_name_override: " + wrong)))
          .isInstanceOf(SSLException.class)
          .hasMessageContaining("the certificate is not for " + wrong);
    }
  }

  @Test
  void whoSkipsTheCheckTakesAnyServer() throws Exception {
    stranger.issue("anybody", "elsewhere.example").write(directory, "server");
    assertThat(meet(server(""), context("{insecure_skip_verify: true}")).serverName())
        .isEqualTo("CN=anybody");
  }

  @Test
  void anExpiredCertificateIsRefused() throws Exception {
    authority
        .issue("EC", "old", Instant.now().minusSeconds(60), "localhost")
        .write(directory, "server");
    assertThatThrownBy(() -> meet(server(""), client("")))
        .isInstanceOf(SSLException.class)
        .hasStackTraceContaining("NotAfter");
  }

  @Test
  void aServerThatNamesAuthoritiesOfClientsDemandsACertificate() throws Exception {
    TlsContext server = server("client_ca_file: " + directory.resolve("ca.crt"));
    assertThat(meet(server, client(own("client"))).clientName()).isEqualTo("CN=client one");
    assertThatThrownBy(() -> meet(server, client(""))).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> meet(server, client(own("strange")))).isInstanceOf(IOException.class);
  }

  @Test
  void rsaAndEd25519KeysServe() throws Exception {
    for (String algorithm : new String[] {"RSA", "Ed25519"}) {
      authority.issue(algorithm, algorithm, Instant.MAX, "localhost").write(directory, "server");
      assertThat(meet(server(""), client("")).serverName()).isEqualTo("CN=" + algorithm);
    }
  }

  @Test
  void certificatesCanStandInTheConfig() throws Exception {
    TestAuthority.Issued issued = authority.issue("inline", "localhost");
    TlsContext server =
        TlsContext.server(
            SectionText.decode(
                TlsServerConfig.class,
                TlsServerConfig.SCHEMA,
                "{cert_pem: \"%s\", key_pem: \"%s\"}"
                    .formatted(quoted(issued.certificate()), quoted(issued.key()))),
            clock,
            NOPLogger.NOP_LOGGER);
    TlsContext client = context("{ca_pem: \"" + quoted(authority.certificate()) + "\"}");
    assertThat(meet(server, client).serverName()).isEqualTo("CN=inline");
  }

  private static String quoted(String pem) {
    return pem.replace("\n", "\\n");
  }

  @Test
  void aChangedCertificateIsShownAfterTheInterval() throws Exception {
    TlsContext server = server("reload_interval: 1h");
    authority.issue("server two", "localhost").write(directory, "server");
    clock.move(HOUR.minusSeconds(1));
    assertThat(meet(server, client("")).serverName()).isEqualTo("CN=server one");
    clock.move(Duration.ofSeconds(1));
    assertThat(meet(server, client("")).serverName()).isEqualTo("CN=server two");
  }

  @Test
  void withoutAnIntervalACertificateStays() throws Exception {
    TlsContext server = server("");
    authority.issue("server two", "localhost").write(directory, "server");
    clock.move(HOUR.multipliedBy(1000));
    assertThat(meet(server, client("")).serverName()).isEqualTo("CN=server one");
  }

  @Test
  void aFileThatBecameBadLeavesTheLastGoodOne() throws Exception {
    TlsContext server = server("reload_interval: 1h");
    Files.writeString(directory.resolve("server.key"), "half written");
    clock.move(HOUR);
    assertThat(meet(server, client("")).serverName()).isEqualTo("CN=server one");
    authority.issue("server three", "localhost").write(directory, "server");
    clock.move(HOUR);
    assertThat(meet(server, client("")).serverName()).isEqualTo("CN=server three");
  }

  @Test
  void aClientShowsItsNewCertificateToo() throws Exception {
    TlsContext server = server("client_ca_file: " + directory.resolve("ca.crt"));
    TlsContext client = client(own("client") + ", reload_interval: 1h");
    assertThat(meet(server, client).clientName()).isEqualTo("CN=client one");
    authority.issue("client two", "client").write(directory, "client");
    clock.move(HOUR);
    assertThat(meet(server, client).clientName()).isEqualTo("CN=client two");
  }

  @Test
  void changedAuthoritiesOfClientsAreReadAgain() throws Exception {
    Path file = directory.resolve("clients.crt");
    Files.writeString(file, authority.certificate());
    TlsContext server = server("client_ca_file: " + file + ", client_ca_file_reload: true");
    Files.writeString(file, stranger.certificate());
    clock.move(Duration.ofSeconds(1));
    assertThat(meet(server, client(own("strange"))).clientName())
        .isEqualTo("CN=client of a stranger");
    assertThatThrownBy(() -> meet(server, client(own("client")))).isInstanceOf(IOException.class);
  }

  @Test
  void versionsAreHeld() throws Exception {
    assertThat(meet(server("max_version: \"1.2\""), client("")).client().getProtocol())
        .isEqualTo("TLSv1.2");
    assertThat(meet(server("min_version: \"1.3\""), client("")).client().getProtocol())
        .isEqualTo("TLSv1.3");
    assertThatThrownBy(() -> meet(server("min_version: \"1.3\""), client("max_version: \"1.2\"")))
        .isInstanceOf(IOException.class);
  }

  @Test
  void suitesAndGroupsAreHeld() throws Exception {
    String suite = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
    SSLSession session =
        meet(
                server("max_version: \"1.2\", cipher_suites: [" + suite + "]"),
                client("curve_preferences: [P384, P256]"))
            .client();
    assertThat(session.getCipherSuite()).isEqualTo(suite);
    assertThatThrownBy(
            () -> meet(server("curve_preferences: [P521]"), client("curve_preferences: [P384]")))
        .isInstanceOf(IOException.class);
  }

  @Test
  void plainTextIsNoContext() throws TlsException {
    assertThat(
            TlsContext.client(
                SectionText.decode(
                    TlsClientConfig.class, TlsClientConfig.SCHEMA, "{insecure: true}"),
                clock,
                NOPLogger.NOP_LOGGER))
        .isNull();
  }

  @Test
  void missingAndBadFilesAreNamed() throws IOException {
    assertThatThrownBy(() -> context("{ca_file: /nowhere/ca.crt}"))
        .hasMessage(
            "failed to load TLS config: failed to load CA CertPool: failed to load CA"
                + " /nowhere/ca.crt: open /nowhere/ca.crt: no such file or directory");
    Path empty = Files.writeString(directory.resolve("empty.pem"), "nothing");
    assertThatThrownBy(() -> context("{ca_file: " + empty + "}"))
        .hasMessageContaining("failed to find any PEM data in " + empty);
    assertThatThrownBy(
            () ->
                context(
                    "{cert_file: %s, key_file: %s}"
                        .formatted(
                            directory.resolve("client.crt"), directory.resolve("server.key"))))
        .hasMessageContaining("failed to load TLS cert and key")
        .hasMessageContaining("is not that of the first certificate in");
    assertThatThrownBy(
            () ->
                context(
                    "{cert_file: %s, key_file: %s}"
                        .formatted(
                            directory.resolve("client.crt"), directory.resolve("client.crt"))))
        .hasMessageContaining("no private key (-----BEGIN PRIVATE KEY-----) in");
  }

  private String own(String name) {
    return "cert_file: %s, key_file: %s"
        .formatted(directory.resolve(name + ".crt"), directory.resolve(name + ".key"));
  }

  private TlsContext server(String more) throws TlsException {
    String body = "{" + own("server") + (more.isEmpty() ? "" : ", " + more) + "}";
    return TlsContext.server(
        SectionText.decode(TlsServerConfig.class, TlsServerConfig.SCHEMA, body),
        clock,
        NOPLogger.NOP_LOGGER);
  }

  private TlsContext client(String more) throws TlsException {
    return context(
        "{ca_file: " + directory.resolve("ca.crt") + (more.isEmpty() ? "" : ", " + more) + "}");
  }

  private TlsContext context(String body) throws TlsException {
    return TlsContext.encryptedClient(
        SectionText.decode(TlsClientConfig.class, TlsClientConfig.SCHEMA, body),
        clock,
        NOPLogger.NOP_LOGGER);
  }

  private static Met meet(TlsContext server, TlsContext client) throws IOException {
    try (SSLServerSocket listening =
        (SSLServerSocket)
            server
                .jdk()
                .getServerSocketFactory()
                .createServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      listening.setSSLParameters(server.parameters());
      listening.setSoTimeout(10_000);
      CompletableFuture<SSLSession> other =
          CompletableFuture.supplyAsync(() -> accept(listening), Thread.ofVirtual()::start);
      SSLSession session;
      try (SSLSocket socket =
          (SSLSocket)
              client.jdk().getSocketFactory().createSocket("localhost", listening.getLocalPort())) {
        SSLParameters parameters = client.parameters();
        socket.setSSLParameters(parameters);
        socket.setSoTimeout(10_000);
        socket.startHandshake();
        if (socket.getInputStream().read() != 'x') {
          throw new IOException("the server closed the connection");
        }
        session = socket.getSession();
      }
      // Only now: the server's close waits for ours.
      return new Met(session, other.join());
    }
  }

  private static SSLSession accept(SSLServerSocket listening) {
    try (SSLSocket socket = (SSLSocket) listening.accept()) {
      socket.setSoTimeout(10_000);
      socket.startHandshake();
      socket.getOutputStream().write('x');
      return socket.getSession();
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }
}
