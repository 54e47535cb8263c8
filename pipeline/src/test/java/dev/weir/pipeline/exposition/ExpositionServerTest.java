package dev.weir.pipeline.exposition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.pipeline.StartException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.helpers.NOPLogger;

class ExpositionServerTest {
  private static final Logger LOGGER = NOPLogger.NOP_LOGGER;
  private static final Endpoint ANY = Endpoint.parse("127.0.0.1:0");
  private static final ExpositionServer.Page ONE_GAUGE =
      writer -> {
        writer.begin(new MetricFamily("up", MetricType.GAUGE, "Is it up?"));
        writer.integer(Labels.NONE, 1, ExpositionWriter.NO_TIME, null);
      };

  private final HttpClient client = HttpClient.newHttpClient();
  private @Nullable ExpositionServer started;

  @AfterEach
  void stop() {
    client.close();
    if (started != null) {
      started.close();
    }
  }

  private ExpositionServer server() {
    return Objects.requireNonNull(started);
  }

  private void start(ExpositionServer.Page page) throws StartException {
    started = ExpositionServer.start(ExpositionServer.Settings.at(ANY), page, LOGGER);
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(
        URI.create("http://127.0.0.1:" + server().address().getPort() + path));
  }

  private HttpResponse<byte[]> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  @Test
  void thePageIsServedInTheFormatThatWasAskedFor() throws Exception {
    start(ONE_GAUGE);
    HttpResponse<byte[]> plain = send(request("/metrics"));
    assertThat(plain.statusCode()).isEqualTo(200);
    assertThat(plain.headers().firstValue("content-type"))
        .hasValue("text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
    assertThat(text(plain)).isEqualTo("# HELP up Is it up?\n# TYPE up gauge\nup 1\n");

    HttpResponse<byte[]> open =
        send(request("/metrics").header("Accept", "application/openmetrics-text;version=1.0.0"));
    assertThat(open.headers().firstValue("content-type"))
        .hasValue(
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores");
    assertThat(text(open)).endsWith("up 1\n# EOF\n");
    await().until(() -> server().served() == 2); // counted after the last byte was sent
  }

  @Test
  void aPageIsCompressedForWhoTakesGzip() throws Exception {
    start(ONE_GAUGE);
    HttpResponse<byte[]> response = send(request("/metrics").header("Accept-Encoding", "gzip"));
    assertThat(response.headers().firstValue("content-encoding")).hasValue("gzip");
    try (InputStream in = new GZIPInputStream(new java.io.ByteArrayInputStream(response.body()))) {
      assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).endsWith("up 1\n");
    }
  }

  @Test
  void headHasHeadersOnly() throws Exception {
    start(ONE_GAUGE);
    HttpResponse<byte[]> response =
        send(request("/metrics").method("HEAD", HttpRequest.BodyPublishers.noBody()));
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).isPresent();
    assertThat(response.body()).isEmpty();
  }

  @Test
  void otherPathsAndMethodsAreRefused() throws Exception {
    start(ONE_GAUGE);
    for (String path : new String[] {"/", "/metrics/", "/metricsx", "/favicon.ico"}) {
      HttpResponse<byte[]> response = send(request(path));
      assertThat(response.statusCode()).as(path).isEqualTo(404);
      assertThat(text(response)).isEqualTo("404 page not found\n");
    }
    HttpResponse<byte[]> post =
        send(request("/metrics").POST(HttpRequest.BodyPublishers.ofString("x")));
    assertThat(post.statusCode()).isEqualTo(405);
    assertThat(post.headers().firstValue("allow")).hasValue("GET, HEAD");
    assertThat(send(request("/metrics?name[]=up")).statusCode()).isEqualTo(200);
  }

  @Test
  void aPageThatFailsAtOnceIsAStatusAndOneThatFailsLateIsCut() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    start(
        writer -> {
          if (calls.getAndIncrement() > 0) {
            writer.begin(new MetricFamily("m", MetricType.GAUGE, "x".repeat(300_000)));
            writer.begin(new MetricFamily("n", MetricType.GAUGE, "x".repeat(300_000)));
          }
          throw new IllegalStateException("broken");
        });
    assertThat(send(request("/metrics")).statusCode()).isEqualTo(500);
    assertThatThrownBy(() -> send(request("/metrics"))).isInstanceOf(IOException.class);
    assertThat(server().failed()).isEqualTo(2);
  }

  @Test
  void whoComesOnTopOfTheLimitIsToldToTryAgain() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    started =
        ExpositionServer.start(
            new ExpositionServer.Settings(ANY, "/metrics", true, true, 1, Duration.ofSeconds(30)),
            writer -> {
              inside.countDown();
              try {
                go.await();
              } catch (InterruptedException e) {
                throw new IOException(e);
              }
            },
            LOGGER);
    var first =
        client.sendAsync(request("/metrics").build(), HttpResponse.BodyHandlers.ofByteArray());
    inside.await();
    HttpResponse<byte[]> second = send(request("/metrics"));
    assertThat(second.statusCode()).isEqualTo(503);
    assertThat(second.headers().firstValue("retry-after")).hasValue("1");
    go.countDown();
    assertThat(first.join().statusCode()).isEqualTo(200);
    assertThat(server().rejected()).isEqualTo(1);
  }

  @Test
  void aPeerThatDoesNotReadIsCutAtTheDeadline() throws Exception {
    started =
        ExpositionServer.start(
            new ExpositionServer.Settings(ANY, "/metrics", true, true, 1, Duration.ofMillis(300)),
            writer -> {
              writer.begin(new MetricFamily("m", MetricType.GAUGE, ""));
              Labels labels = Labels.of("l", "x".repeat(10_000));
              for (int i = 0; i < 10_000; i++) {
                writer.integer(labels, i, ExpositionWriter.NO_TIME, null);
              }
            },
            LOGGER);
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), server().address().getPort())) {
      socket
          .getOutputStream()
          .write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      await().atMost(Duration.ofSeconds(10)).until(() -> server().failed() == 1);
    }
    assertThat(server().served()).isZero();
  }

  @Test
  void aPeerThatSendsHalfARequestIsCutAtTheDeadline() throws Exception {
    started =
        ExpositionServer.start(
            new ExpositionServer.Settings(ANY, "/metrics", true, true, 1, Duration.ofMillis(300)),
            ONE_GAUGE,
            LOGGER);
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), server().address().getPort())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write("GET /metr".getBytes(StandardCharsets.US_ASCII));
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void withoutKeepAliveEachConnectionServesOnce() throws Exception {
    started =
        ExpositionServer.start(
            new ExpositionServer.Settings(ANY, "/metrics", true, false, 2, Duration.ofSeconds(30)),
            ONE_GAUGE,
            LOGGER);
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), server().address().getPort())) {
      socket.setSoTimeout(10_000);
      socket
          .getOutputStream()
          .write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .containsIgnoringCase("connection: close")
          .contains("up 1\n");
    }
  }

  @Test
  void aPortInUseIsAClearError() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Endpoint endpoint = Endpoint.parse("127.0.0.1:" + taken.getLocalPort());
      assertThatThrownBy(
              () ->
                  ExpositionServer.start(ExpositionServer.Settings.at(endpoint), ONE_GAUGE, LOGGER))
          .isInstanceOf(StartException.class)
          .hasMessageStartingWith("listen tcp " + endpoint + ": bind: address already in use")
          .hasMessageContaining("ss -ltnp");
    }
  }

  @Test
  void anAddressThatIsNotOursIsAClearError() {
    assertThatThrownBy(
            () ->
                ExpositionServer.start(
                    ExpositionServer.Settings.at(Endpoint.parse("192.0.2.1:0")), ONE_GAUGE, LOGGER))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("this machine has no address 192.0.2.1");
  }

  @Test
  void stoppingWaitsForAPageAndLeavesNoThread() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    start(
        writer -> {
          inside.countDown();
          try {
            go.await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
          ONE_GAUGE.write(writer);
        });
    var running =
        client.sendAsync(request("/metrics").build(), HttpResponse.BodyHandlers.ofByteArray());
    inside.await();
    Thread stopper = Thread.ofPlatform().start(() -> server().stop(Duration.ofSeconds(20)));
    go.countDown();
    assertThat(running.join().statusCode()).isEqualTo(200);
    stopper.join();
    await()
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .map(Thread::getName)
                    .noneMatch(n -> n.startsWith("exposition") || n.startsWith("HTTP-Dispatcher")));
    started = null;
  }

  @Test
  void stoppingDoesNotWaitLongerThanItsGrace() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    start(
        writer -> {
          inside.countDown();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
        });
    var running =
        client.sendAsync(request("/metrics").build(), HttpResponse.BodyHandlers.ofByteArray());
    inside.await();
    long begin = System.nanoTime();
    server().stop(Duration.ofMillis(100));
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
    assertThatThrownBy(running::join).hasCauseInstanceOf(IOException.class);
  }

  @Test
  void endpointsAreParsedAsInGo() {
    assertThat(Endpoint.parse("localhost:8889")).isEqualTo(new Endpoint("localhost", 8889));
    assertThat(Endpoint.parse(":8889")).isEqualTo(new Endpoint("", 8889));
    assertThat(Endpoint.parse("[::1]:8889")).isEqualTo(new Endpoint("::1", 8889));
    assertThat(Endpoint.parse("[::1]:8889")).hasToString("[::1]:8889");
    for (String bad : new String[] {"", "localhost", "localhost:", "::1:80", "x:99999", "x:http"}) {
      assertThatThrownBy(() -> Endpoint.parse(bad))
          .as(bad)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected host:port");
    }
  }
}
