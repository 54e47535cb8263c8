package dev.weir.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class PrometheusServerTest {
  private static HttpServer answering(String body) throws IOException {
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext(
        "/metrics",
        exchange -> {
          byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4");
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    http.start();
    return http;
  }

  @Test
  void whatATargetSaysCanBeQueried() throws IOException {
    HttpServer http = answering("# HELP a_total a\n# TYPE a_total counter\na_total 5368709120\n");
    try (PrometheusServer prometheus =
        PrometheusServer.scraping("127.0.0.1:" + http.getAddress().getPort())) {
      prometheus.awaitHealthy();
      prometheus.awaitQuery("sum(a_total)", 5368709120L);
      assertThat(prometheus.complaints()).isEmpty();
    } finally {
      http.stop(0);
    }
  }

  @Test
  void aSampleOutOfTimeIsComplainedOf() throws IOException {
    HttpServer http = answering("a 1\nold 1 1\n");
    try (PrometheusServer prometheus =
        PrometheusServer.scraping("127.0.0.1:" + http.getAddress().getPort())) {
      prometheus.awaitHealthy();
      prometheus.awaitQuery("a", 1);
      Awaitility.await()
          .untilAsserted(
              () -> assertThat(prometheus.complaints()).anyMatch(l -> l.contains("too old")));
    } finally {
      http.stop(0);
    }
  }

  @Test
  void promtoolReadsAnExposition() {
    assertThat(
            PrometheusServer.checkMetrics("# HELP a_total a\n# TYPE a_total counter\na_total 1\n"))
        .satisfies(done -> assertThat(done.exitCode()).isZero())
        .satisfies(done -> assertThat(done.out() + done.err()).isEmpty());
    assertThat(PrometheusServer.checkMetrics("a_total 1\n").exitCode()).isNotZero();
  }
}
