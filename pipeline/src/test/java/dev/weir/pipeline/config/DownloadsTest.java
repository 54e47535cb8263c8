package dev.weir.pipeline.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.config.LoadResult.Failed;
import dev.weir.pipeline.config.LoadResult.Loaded;
import dev.weir.pipeline.config.SampleComponents.Debug;
import dev.weir.pipeline.config.SampleComponents.Telemetry;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloadsTest {
  private static final String BASE =
      """
      receivers: {otlp: {protocols: {grpc: }}}
      exporters: {debug: {prefix: there}}
      service: {pipelines: {metrics: {receivers: [otlp], exporters: [debug]}}}
      """;

  private final AtomicInteger requests = new AtomicInteger();
  private final CountDownLatch over = new CountDownLatch(1);
  private HttpServer server;
  private ExecutorService threads;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    threads = Executors.newVirtualThreadPerTaskExecutor();
    server.setExecutor(threads);
    server.start();
  }

  @AfterEach
  void stop() {
    over.countDown();
    server.stop(0);
    threads.close();
  }

  @Test
  void aConfigurationIsFetchedOverHttp() {
    serve("/c.yaml", 200, BASE);

    assertThat(prefix(address("/c.yaml"))).isEqualTo("there");
    assertThat(prefix(address("/c.yaml"), "yaml:exporters::debug::prefix: later"))
        .isEqualTo("later");
  }

  @Test
  void anErrorInItNamesAddressAndLine() {
    serve("/c.yaml", 200, BASE.replace("prefix", "prefux"));

    assertThat(error(address("/c.yaml")))
        .startsWith(address("/c.yaml") + ":2:21: exporters::debug: unknown key \"prefux\"");
  }

  @Test
  void anExpressionTakesTextOrSections() {
    serve("/word", 200, "fetched\n");
    serve("/debug.yaml", 200, "prefix: a section\nsampling_initial: 7\n");

    assertThat(prefix("yaml:" + BASE.replace("there", "'x${" + address("/word") + "}x'")))
        .isEqualTo("xfetchedx");
    assertThat(
            prefix(
                "yaml:" + BASE.replace("{prefix: there}", "'${" + address("/debug.yaml") + "}'")))
        .isEqualTo("a section");
  }

  @Test
  void oneAddressIsAskedOnceInALoad() {
    serve("/word", 200, "x");

    assertThat(
            prefix(
                "yaml:" + BASE.replace("there", "'${%1$s}, ${%1$s}'".formatted(address("/word")))))
        .isEqualTo("x, x");
    assertThat(requests).hasValue(1);
  }

  @Test
  void anyOtherStatusIsAnErrorWithItsCode() {
    serve("/gone", 404, "not here");

    assertThat(error(address("/gone")))
        .isEqualTo(
            "failed to load resource from uri \"" + address("/gone") + "\". status code: 404");
    assertThat(error("yaml:" + BASE.replace("there", "'${" + address("/gone") + "}'")))
        .contains("exporters::debug::prefix: failed to load resource")
        .contains("status code: 404");
  }

  @Test
  void aRedirectionIsFollowed() {
    serve("/c.yaml", 200, BASE);
    server.createContext(
        "/moved",
        exchange -> {
          exchange.getResponseHeaders().set("Location", address("/c.yaml"));
          exchange.sendResponseHeaders(302, -1);
          exchange.close();
        });

    assertThat(prefix(address("/moved"))).isEqualTo("there");
  }

  @Test
  void whatIsLargerThanAFileMayBeIsNotRead() {
    server.createContext(
        "/endless",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] block = "#".repeat(1 << 16).getBytes(StandardCharsets.UTF_8);
          try (var body = exchange.getResponseBody()) {
            while (over.getCount() > 0) {
              body.write(block);
            }
          } catch (IOException e) {
            over.countDown(); // the reader has had enough
          }
        });

    assertThat(error(address("/endless"))).contains("larger than the 4194304 bytes");
  }

  @Test
  void aServerThatDoesNotFinishIsGivenUp() {
    server.createContext(
        "/slow",
        exchange -> {
          exchange.sendResponseHeaders(200, 10);
          exchange.getResponseBody().write('#');
          exchange.getResponseBody().flush();
          await();
          exchange.close();
        });

    assertThat(
            error(new Downloads(HttpClient::newBuilder, Duration.ofMillis(300)), address("/slow")))
        .isEqualTo(
            "unable to download the file via HTTP GET for uri \""
                + address("/slow")
                + "\": no complete answer within 300ms");
  }

  @Test
  void nobodyThereIsSaid() throws IOException {
    int port;
    try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = closed.getLocalPort();
    }

    assertThat(error("http://localhost:" + port + "/c.yaml")).endsWith(": connection refused");
    assertThat(error("http:c.yaml")).isEqualTo("invalid uri: \"http:c.yaml\": no host in it");
    assertThat(error("http://a b/c")).isEqualTo("invalid uri: \"http://a b/c\"");
  }

  @Test
  void aPasswordInTheAddressIsSentAndNotShown() {
    server.createContext(
        "/c.yaml",
        exchange -> {
          String sent = exchange.getRequestHeaders().getFirst("Authorization");
          String query = exchange.getRequestURI().getQuery();
          answer(
              exchange,
              "Basic bWU6c2VjcmV0MQ==".equals(sent) && "token=secret2".equals(query) ? 200 : 401,
              BASE.replace("prefix", "prefux"));
        });
    String host = "localhost:" + server.getAddress().getPort();

    String error = error("http://me:secret1@" + host + "/c.yaml?token=secret2");
    assertThat(error)
        .startsWith("http://[REDACTED]@" + host + "/c.yaml?...:2:21: ")
        .contains("unknown key");
    assertThat(error("http://me:secret3@" + host + "/c.yaml?token=secret2"))
        .contains("status code: 401")
        .doesNotContain("secret");
  }

  @Test
  void httpsIsForWhoIsTrusted(@TempDir Path directory) throws Exception {
    SSLContext identity = identity(directory);
    HttpsServer secure =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    secure.setHttpsConfigurator(new HttpsConfigurator(identity));
    secure.setExecutor(threads);
    secure.createContext("/c.yaml", exchange -> answer(exchange, 200, BASE));
    secure.start();
    try {
      String address = "https://localhost:" + secure.getAddress().getPort() + "/c.yaml";

      assertThat(
              prefix(
                  new Downloads(
                      () -> HttpClient.newBuilder().sslContext(identity), Downloads.PATIENCE),
                  address))
          .isEqualTo("there");
      assertThat(error(address))
          .startsWith("unable to download the file via HTTP GET for uri \"" + address + "\": ")
          .contains("certification path");
    } finally {
      secure.stop(0);
    }
  }

  private static SSLContext identity(Path directory)
      throws GeneralSecurityException, IOException, InterruptedException {
    Path store = directory.resolve("identity.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost",
                "-storepass",
                "for-a-test",
                "-keystore",
                store.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(keytool.waitFor()).as(said).isZero();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, "for-a-test".toCharArray());
    }
    KeyManagerFactory own = KeyManagerFactory.getInstance("PKIX");
    own.init(keys, "for-a-test".toCharArray());
    TrustManagerFactory trusted = TrustManagerFactory.getInstance("PKIX");
    trusted.init(keys);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
    return context;
  }

  private void serve(String path, int status, String body) {
    server.createContext(path, exchange -> answer(exchange, status, body));
  }

  private void answer(HttpExchange exchange, int status, String body) throws IOException {
    requests.incrementAndGet();
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private void await() {
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String address(String path) {
    return "http://localhost:" + server.getAddress().getPort() + path;
  }

  private static Downloads patient() {
    return new Downloads(HttpClient::newBuilder, Downloads.PATIENCE);
  }

  private static LoadResult<Telemetry> load(Downloads downloads, String... uris) {
    return SampleComponents.loader(Map.of(), downloads)
        .load(List.of(uris).stream().<ConfigSource>map(ConfigSource.Uri::new).toList());
  }

  private static @Nullable String prefix(String... uris) {
    return prefix(patient(), uris);
  }

  private static @Nullable String prefix(Downloads downloads, String... uris) {
    return switch (load(downloads, uris)) {
      case Loaded<Telemetry> loaded -> {
        var debug = loaded.config().component(ComponentKind.EXPORTER, ComponentId.parse("debug"));
        yield debug != null && debug.config() instanceof Debug config ? config.prefix() : null;
      }
      case Failed<Telemetry> failed -> throw new AssertionError(failed.render());
    };
  }

  private static String error(String... uris) {
    return error(patient(), uris);
  }

  private static String error(Downloads downloads, String... uris) {
    return switch (load(downloads, uris)) {
      case Loaded<Telemetry> loaded -> throw new AssertionError("no error");
      case Failed<Telemetry> failed -> failed.errors().getFirst().toString();
    };
  }
}
