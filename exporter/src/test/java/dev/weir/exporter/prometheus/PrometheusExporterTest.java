package dev.weir.exporter.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.exporter.testing.TestContext;
import dev.weir.pdata.Attributes;
import dev.weir.pdata.HistogramPoints;
import dev.weir.pdata.Metric;
import dev.weir.pdata.Metric.Temporality;
import dev.weir.pdata.NumberPoints;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Scope;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.StartException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PrometheusExporterTest {
  private final TestContext test = new TestContext();
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.ofEpochSecond(1_800_000_000));
  private final HttpClient client = HttpClient.newHttpClient();
  private @Nullable PrometheusExporter running;

  @AfterEach
  void stop() {
    client.close();
    if (running != null) {
      running.stop(Duration.ofSeconds(5));
    }
  }

  private PrometheusExporter make(TestConfig config) {
    return new PrometheusExporter(test.exporter("prometheus", now::get), config.build());
  }

  private PrometheusExporter start(TestConfig config) throws StartException {
    PrometheusExporter exporter = make(config);
    exporter.start(TestContext.host());
    running = exporter;
    return exporter;
  }

  private String scrape(PrometheusExporter exporter, String accept)
      throws IOException, InterruptedException {
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + exporter.address().getPort() + "/metrics"))
                .header("Accept", accept)
                .build(),
            HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    assertThat(response.statusCode()).isEqualTo(200);
    return response.body();
  }

  private static Telemetry<Metric> batch(Metric... metrics) {
    return Telemetry.of(
        Signal.METRICS,
        Resource.of(
            Attributes.builder()
                .put("service.name", "weir")
                .put("service.instance.id", "i-1")
                .put("host.name", "node-1")
                .build()),
        Scope.of("dev.weir.receiver.ebpf_tcp", "0.1.0"),
        List.of(metrics));
  }

  private static Telemetry<Metric> traffic() {
    NumberPoints io = new NumberPoints(2);
    io.add(Attributes.of("network.io.direction", "transmit"), 1, 2, 4096);
    io.add(Attributes.of("network.io.direction", "receive"), 1, 2, 512);
    NumberPoints active = new NumberPoints(1);
    active.add(Attributes.of("name", "a \"quoted\" \\ name\nof two lines, größe 漢"), 1, 2, 3);
    HistogramPoints rtt = new HistogramPoints(1);
    rtt.add(Attributes.EMPTY, 1, 2, 6, 0.75, new double[] {0.001, 0.1}, new long[] {1, 2, 3}, 0);
    return batch(
        Metric.sum("tcp.io", "Payload bytes.", "By", Temporality.CUMULATIVE, true, io),
        Metric.sum(
            "tcp.connection.active",
            "Open connections.",
            "{connection}",
            Temporality.CUMULATIVE,
            false,
            active),
        Metric.histogram("tcp.rtt", "Round trip time.", "s", Temporality.CUMULATIVE, rtt));
  }

  @Test
  void whatWasConsumedIsServed() throws Exception {
    PrometheusExporter exporter = start(new TestConfig().withoutScopeInfo(true));
    assertThat(exporter.consume(traffic())).isEqualTo(Outcome.accepted());
    assertThat(scrape(exporter, "*/*"))
        .contains(
            "tcp_io_bytes_total{instance=\"i-1\",job=\"weir\",network_io_direction=\"transmit\"}"
                + " 4096\n",
            "target_info{host_name=\"node-1\",instance=\"i-1\",job=\"weir\"} 1\n");
    assertThat(test.sum("weir_exporter_prometheus_series")).isEqualTo(4);
    await() // counted after the last byte was sent
        .until(() -> test.sum("weir_exporter_prometheus_scrapes", "outcome", "served") == 1);
    assertThat(test.logger().messages())
        .anySatisfy(m -> assertThat(m.text()).startsWith("serving metrics on http://127.0.0.1:"));
  }

  @Test
  void openMetricsIsServedOnlyWhereItIsEnabled() throws Exception {
    String accept = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5";
    PrometheusExporter plain = start(new TestConfig());
    plain.consume(traffic());
    assertThat(scrape(plain, accept)).doesNotContain("# EOF");
    plain.stop(Duration.ZERO);
    PrometheusExporter open = start(new TestConfig().enableOpenMetrics(true));
    open.consume(traffic());
    assertThat(scrape(open, accept)).contains("# TYPE tcp_io_bytes counter\n").endsWith("# EOF\n");
  }

  @Test
  void promtoolFindsNoFaultInThePage() throws Exception {
    PrometheusExporter exporter = start(new TestConfig());
    exporter.consume(traffic());
    String page = scrape(exporter, "*/*");
    Process promtool;
    try {
      promtool =
          new ProcessBuilder("promtool", "check", "metrics").redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new AssertionError(
          "promtool is not on the PATH; install it: apt-get install -y prometheus (Debian,"
              + " Ubuntu), or the prometheus package of your system, or"
              + " https://prometheus.io/download",
          e);
    }
    try (OutputStream in = promtool.getOutputStream()) {
      in.write(page.getBytes(StandardCharsets.UTF_8));
    }
    String said = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(promtool.waitFor()).as(said + "\n" + page).isZero();
    assertThat(said).isEmpty();
  }

  @Test
  void seriesExpireByThemselves() throws Exception {
    PrometheusExporter exporter = start(new TestConfig().metricExpiration(Duration.ofMillis(100)));
    exporter.consume(traffic());
    assertThat(exporter.store().series()).isEqualTo(4);
    now.updateAndGet(t -> t.plusMillis(101));
    await().until(() -> exporter.store().series() == 0);
    assertThat(test.sum("weir_exporter_prometheus_expired_series")).isEqualTo(4);
    assertThat(scrape(exporter, "*/*")).isEmpty();
  }

  @Test
  void droppedPointsAreAnOwnMetric() throws Exception {
    PrometheusExporter exporter = start(new TestConfig());
    NumberPoints points = new NumberPoints(1);
    points.add(Attributes.EMPTY, 0, 1, 1);
    exporter.consume(batch(Metric.sum("a", "", "", Temporality.DELTA, false, points)));
    assertThat(test.sum("weir_exporter_prometheus_dropped_points", "reason", "delta_non_monotonic"))
        .isEqualTo(1);
    assertThat(test.sum("weir_exporter_prometheus_dropped_points")).isEqualTo(1);
  }

  @Test
  void aPortInUseFailsTheStartAndLeavesNothing() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      TestConfig config = new TestConfig().endpoint("127.0.0.1:" + taken.getLocalPort());
      PrometheusExporter exporter = make(config);
      assertThatThrownBy(() -> exporter.start(TestContext.host()))
          .isInstanceOf(StartException.class)
          .hasMessageContaining("address already in use");
      exporter.stop(Duration.ZERO);
    }
    assertThat(ownThreads()).isEmpty();
  }

  @Test
  void stoppingWithoutStartAndStartingTwiceWithOneConfigWork() throws Exception {
    make(new TestConfig()).stop(Duration.ZERO);
    for (int i = 0; i < 2; i++) {
      PrometheusExporter exporter = start(new TestConfig());
      exporter.consume(traffic());
      exporter.stop(Duration.ofSeconds(1));
    }
    running = null;
    await().until(() -> ownThreads().isEmpty());
    assertThat(test.sum("weir_exporter_prometheus_series")).isZero();
  }

  private static List<String> ownThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(n -> n.startsWith("prometheus-expiry") || n.startsWith("exposition"))
        .toList();
  }

  /**
   * Writers send increasing values of changing sets of series while scrapers read: every page must
   * be whole, hold each series once, and a counter must never fall.
   */
  @Test
  void scrapesDuringConsumeSeeWholePagesAndCountersThatNeverFall() throws Exception {
    long seed = System.nanoTime();
    PrometheusExporter exporter =
        start(new TestConfig().withoutScopeInfo(true).metricExpiration(Duration.ofHours(1)));
    AtomicBoolean stop = new AtomicBoolean();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    List<Thread> writers = new ArrayList<>();
    for (int w = 0; w < 2; w++) {
      int writer = w;
      writers.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    Random random = new Random(seed + writer);
                    Attributes[] sets = new Attributes[500];
                    for (int i = 0; i < sets.length; i++) {
                      sets[i] = Attributes.builder().put("w", "" + writer).put("n", "" + i).build();
                    }
                    long[] values = new long[sets.length];
                    try {
                      for (long time = 1; !stop.get(); time++) {
                        NumberPoints counts = new NumberPoints(100);
                        HistogramPoints rtt = new HistogramPoints(100);
                        for (int p = 0; p < 100; p++) {
                          int i = random.nextInt(sets.length);
                          values[i] += random.nextInt(10);
                          counts.add(sets[i], 0, time, values[i]);
                          rtt.add(
                              sets[i],
                              0,
                              time,
                              values[i],
                              (double) values[i],
                              new double[] {1},
                              new long[] {values[i], 0},
                              0);
                        }
                        exporter.consume(
                            batch(
                                Metric.sum("c", "", "", Temporality.CUMULATIVE, true, counts),
                                Metric.histogram("h", "", "", Temporality.CUMULATIVE, rtt)));
                      }
                    } catch (Throwable e) {
                      failure.set(e);
                    }
                  }));
    }
    Map<String, Long> before = new HashMap<>();
    for (int scrape = 0; scrape < 30; scrape++) {
      Map<String, Long> seen = new HashMap<>();
      for (String line : scrape(exporter, "*/*").split("\n", -1)) {
        if (!line.startsWith("#") && !line.isEmpty()) {
          int space = line.lastIndexOf(' ');
          String series = line.substring(0, space);
          long value = Long.parseLong(line.substring(space + 1));
          assertThat(seen.put(series, value)).as("seed %d: %s twice", seed, series).isNull();
          assertThat(value)
              .as("seed %d: %s", seed, series)
              .isGreaterThanOrEqualTo(before.getOrDefault(series, 0L));
        }
      }
      for (Map.Entry<String, Long> entry : seen.entrySet()) {
        if (entry.getKey().startsWith("h_count")) {
          String bucket = entry.getKey().replace("h_count", "h_bucket").replace("}", ",le=\"1\"}");
          assertThat(seen.get(bucket))
              .as("seed %d: torn histogram", seed)
              .isEqualTo(entry.getValue());
        }
      }
      before = seen;
    }
    stop.set(true);
    for (Thread writer : writers) {
      writer.join();
    }
    assertThat(failure.get()).isNull();
    assertThat(before).isNotEmpty();
    assertThat(test.sum("weir_exporter_prometheus_dropped_points")).isZero();
  }
}
