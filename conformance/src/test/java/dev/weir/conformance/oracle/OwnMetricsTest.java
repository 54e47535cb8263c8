package dev.weir.conformance.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.conformance.oracle.OtlpClient.Signal;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** After the same load the own metrics are the Collector's: names, types, labels, values. */
@Tag("oracle")
class OwnMetricsTest {
  /**
   * The receivers listen at the address that the client uses: the Collector takes server_address
   * from what the client says, Weir from its configuration.
   */
  private static final String CONFIGURATION =
      """
      receivers:
        otlp: {protocols: {grpc: {endpoint: '127.0.0.1:@grpc@'}, http: {endpoint: '127.0.0.1:@http@'}}}
        otlp/direct: {protocols: {grpc: {endpoint: '127.0.0.1:@direct@'}, http: {endpoint: '127.0.0.1:@direct_http@'}}}
      processors:
        memory_limiter: {check_interval: 1s, limit_mib: 150}
        batch/size: {send_batch_size: 60, timeout: 1h}
        batch/time: {timeout: 50ms}
      exporters:
        otlp_grpc: {endpoint: '127.0.0.1:@backend_grpc@', tls: {insecure: true}, compression: none}
        otlp_http: {endpoint: 'http://127.0.0.1:@backend_http@', compression: none}
        otlp_grpc/direct:
          endpoint: 127.0.0.1:@backend_grpc@
          tls: {insecure: true}
          compression: none
          retry_on_failure: {enabled: false}
          sending_queue: {enabled: false}
        otlp_http/direct:
          endpoint: http://127.0.0.1:@backend_http@
          compression: none
          retry_on_failure: {enabled: false}
          sending_queue: {enabled: false}
        otlp_grpc/dead:
          endpoint: 127.0.0.1:1
          tls: {insecure: true}
          retry_on_failure: {enabled: false}
      service:
        telemetry:
          metrics:
            level: @level@
            readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: @own@}}}}]
        pipelines:
          metrics: {receivers: [otlp], processors: [memory_limiter, batch/size], exporters: [otlp_grpc]}
          traces: {receivers: [otlp], processors: [memory_limiter], exporters: [otlp_http]}
          logs: {receivers: [otlp], processors: [batch/time], exporters: [otlp_http, otlp_grpc]}
          logs/direct: {receivers: [otlp/direct], exporters: [otlp_grpc/direct]}
          traces/direct: {receivers: [otlp/direct], exporters: [otlp_http/direct]}
          metrics/direct: {receivers: [otlp/direct], exporters: [otlp_grpc/dead]}
      """;

  /** Of these only names, labels and types can be equal: times, and what the process is like. */
  private static final List<String> VALUES_OF_THEIR_OWN =
      List.of(
          "otelcol_process_",
          "target_info",
          "http_server_request_duration",
          "http_client_request_duration",
          "rpc_server_call_duration",
          "rpc_client_call_duration",
          "otelcol_processor_internal_duration");

  /** What differs on purpose: a line of the page of Weir or the Collector, and why. */
  private static final Map<Pattern, String> KNOWN =
      Map.of(
          Pattern.compile("\\+ (HELP |TYPE )?weir_.*"),
          "what the Collector cannot tell",
          Pattern.compile("- (HELP |TYPE )?(http|rpc)_client_.*"),
          "what Go's libraries for HTTP and gRPC count at level detailed; Weir has no such measures",
          Pattern.compile("[-+] otelcol_.*_bytes_(sum|bucket)\\{.*"),
          "bytes as they came; the Collector takes those that it would write, with empty messages",
          Pattern.compile("[-+] otelcol_processor_internal_duration_bucket\\{.*"),
          "bounds that fit microseconds; the Collector's are 0, 5, 10, ... seconds",
          Pattern.compile("[-+] target_info\\{.*"),
          "Weir knows its host");

  @ParameterizedTest
  @ValueSource(strings = {"basic", "normal", "detailed"})
  void thePagesSayTheSame(String level) {
    try (Backend backend = Backend.start();
        Pair pair = Pair.start(backend.filledIn(CONFIGURATION.replace("@level@", level)))) {
      Pair.Both<Set<String>> before = pair.each(OwnMetricsTest::page);
      assertThat(difference(before)).as("before any data").isEmpty();
      Pair.Both<Set<String>> after =
          pair.each(
              subject -> {
                load(backend, subject);
                return page(subject);
              });
      assertThat(difference(after)).as("after the load").isEmpty();
    }
  }

  private static String difference(Pair.Both<Set<String>> pages) {
    List<String> difference = Exposition.difference(pages.collector(), pages.weir());
    difference.removeIf(
        line -> KNOWN.keySet().stream().anyMatch(known -> known.matcher(line).matches()));
    return String.join("\n", difference);
  }

  private static void load(Backend backend, Subject subject) {
    backend.acceptAll();
    try (OtlpClient client = new OtlpClient(subject.port("grpc"), subject.port("http"))) {
      for (int i = 0; i < 20; i++) {
        assertThat(client.grpc(Signal.METRICS, Requests.of(Signal.METRICS, 3 * i, 3)).status())
            .isEqualTo("OK");
        assertThat(client.grpc(Signal.TRACES, Requests.of(Signal.TRACES, 2 * i, 2)).status())
            .isEqualTo("OK");
      }
      assertThat(client.http(Signal.TRACES, Requests.json(Signal.TRACES), "application/json"))
          .matches(r -> r.status().equals("200"));
      assertThat(client.http(Signal.LOGS, Requests.of(Signal.LOGS, 0, 7), "application/x-protobuf"))
          .matches(r -> r.status().equals("200"));
      // Nothing of these reaches a pipeline.
      client.grpc(Signal.LOGS, new byte[] {0x0a, -1});
      client.http(Signal.LOGS, new byte[] {'x'}, "application/json");
      client.http("GET", "/v1/logs", new byte[0], "");
      client.http("POST", "/nosuch", new byte[0], "");
    }
    awaitSent(subject);
    backend.answer(a -> a.grpc() ? Backend.grpc(Status.Code.UNAVAILABLE, "no") : Backend.http(400));
    try (OtlpClient client = new OtlpClient(subject.port("direct"), subject.port("direct_http"))) {
      client.grpc(Signal.LOGS, Requests.of(Signal.LOGS, 0, 3));
      client.http(Signal.LOGS, Requests.json(Signal.LOGS), "application/json");
      client.grpc(Signal.TRACES, Requests.of(Signal.TRACES, 0, 4));
      client.http(Signal.TRACES, Requests.json(Signal.TRACES), "application/json");
      client.grpc(Signal.METRICS, Requests.of(Signal.METRICS, 0, 5));
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () ->
                assertThat(
                        subject.scrape("own", "").sum("otelcol_exporter_send_failed_metric_points"))
                    .isEqualTo(5));
  }

  private static void awaitSent(Subject subject) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () -> {
              Exposition page = subject.scrape("own", "");
              assertThat(page.sum("otelcol_exporter_sent_metric_points")).isEqualTo(60);
              assertThat(page.sum("otelcol_exporter_sent_spans")).isEqualTo(41);
              assertThat(page.sum("otelcol_exporter_sent_log_records")).isEqualTo(14);
              assertThat(page.sum("otelcol_exporter_in_flight_requests")).isZero();
              assertThat(page.sum("otelcol_exporter_queue_size")).isZero();
            });
  }

  private static Set<String> page(Subject subject) {
    Set<String> lines = new TreeSet<>();
    for (String line : subject.scrape("own", "").lines()) {
      String told = line;
      for (String port : List.of("grpc", "http", "direct", "direct_http")) {
        told =
            told.replace("server_port=" + subject.port(port) + ",", "server_port=@" + port + "@,");
      }
      boolean sample = !told.startsWith("HELP ") && !told.startsWith("TYPE ");
      boolean count = told.contains("_duration_count{");
      if (sample && !count && VALUES_OF_THEIR_OWN.stream().anyMatch(told::startsWith)) {
        told = told.substring(0, told.lastIndexOf(' '));
        told = told.replaceAll("=[^,}]*(?=[,}])", told.startsWith("target_info") ? "=" : "$0");
      }
      lines.add(told);
    }
    return lines;
  }
}
