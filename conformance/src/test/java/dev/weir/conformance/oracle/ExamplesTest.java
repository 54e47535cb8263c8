package dev.weir.conformance.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.weir.conformance.oracle.Subject.Kind;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The examples that need more than Weir alone, run as they are: only the ports are others. */
class ExamplesTest {
  /** In place of the kernel. */
  private static final List<String> RECORDING =
      List.of(
          "--set",
          "receivers.ebpf_tcp.replay="
              + Oracle.repository().resolve("examples/replay/connections.weir"),
          "--set",
          "receivers.ebpf_tcp.replay_speed=0",
          "--set",
          "receivers.ebpf_tcp.collection_interval=1s");

  /** Opened connections to 8080 that the client saw: 56 requests and 3 that ended by RST. */
  private static final long OPENED = 59;

  private static String example(String file) {
    try {
      return Files.readString(Oracle.repository().resolve("examples").resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @EnumSource
  @Tag("oracle")
  void throughACollectorTheValuesAreWhatWeirShowsItself(Kind inPlaceOfTheCollector) {
    try (Subject collector =
            Subject.start(
                inPlaceOfTheCollector,
                example("otelcol/collector.yaml"),
                Map.of(
                    "COLLECTOR_ENDPOINT", "localhost:@grpc@",
                    "COLLECTOR_PAGE", "localhost:@page@",
                    "COLLECTOR_EVENTS", "@dir@/connections.json"),
                List.of());
        Subject agent =
            Subject.start(
                Kind.WEIR,
                example("otelcol/agent.yaml"),
                Map.of(
                    "COLLECTOR_ENDPOINT",
                    "localhost:" + collector.port("grpc"),
                    "AGENT_PAGE",
                    "localhost:@page@"),
                RECORDING)) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () -> {
                Exposition shown = collector.scrape("page", "");
                assertThat(shown.sum("tcp_connection_opened_total")).isGreaterThan(OPENED);
                assertThat(
                        String.join(
                            "\n",
                            Exposition.difference(agent.scrape("page", "").lines(), shown.lines())))
                    .isEmpty();
              });
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () ->
                  assertThat(Files.readString(collector.file("connections.json")))
                      .contains("\"resourceLogs\"", "\"refused\""));
    }
  }

  @Test
  void whatAgentsSendThroughTheGatewayArrivesThoughItIsKilledMeanwhile(@TempDir Path storage) {
    String gatewayConfiguration = example("gateway/gateway.yaml");
    try (Backend backend = Backend.start()) {
      Map<String, String> variables =
          Map.of(
              "GATEWAY_ENDPOINT", "localhost:@grpc@",
              "GATEWAY_HTTP_ENDPOINT", "localhost:@http@",
              "GATEWAY_HEALTH", "localhost:@health@",
              "GATEWAY_STORAGE", storage.resolve("queue").toString(),
              "BACKEND_ENDPOINT", "http://127.0.0.1:" + backend.httpPort());
      backend.answer(List.of(Backend.http(503)));
      try (Subject gateway = Subject.start(Kind.WEIR, gatewayConfiguration, variables, List.of());
          Subject one = agent(gateway);
          Subject two = agent(gateway)) {
        assertThat(gateway.get("health", "/", "").statusCode()).isEqualTo(200);
        Awaitility.await()
            .atMost(Duration.ofSeconds(20))
            .until(() -> opened(backend).size() == 2 && backend.arrivals().size() > 3);
        one.terminate();
        two.terminate();
        assertThat(one.exitCode()).as(one::toString).isZero();
        assertThat(two.exitCode()).as(two::toString).isZero();
        // The gateway is killed with all of it on disk.
      }
      backend.acceptAll();
      try (Subject gateway = Subject.start(Kind.WEIR, gatewayConfiguration, variables, List.of())) {
        Awaitility.await()
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(
                () ->
                    assertThat(opened(backend).values())
                        .as(gateway::toString)
                        .containsExactly(OPENED, OPENED));
        gateway.terminate();
        assertThat(gateway.exitCode()).as(gateway::toString).isZero();
      }
    }
  }

  private static Subject agent(Subject gateway) {
    return Subject.start(
        Kind.WEIR,
        example("gateway/agent.yaml"),
        Map.of("GATEWAY_ENDPOINT", "localhost:" + gateway.port("grpc")),
        RECORDING);
  }

  /** The highest count of opened connections to 8080, by the agent that counted. */
  private static Map<String, Long> opened(Backend backend) throws InvalidProtocolBufferException {
    Map<String, Long> opened = new TreeMap<>();
    for (Backend.Arrival arrival : backend.arrivals()) {
      if (!arrival.path().equals("/v1/metrics")) {
        continue;
      }
      for (ResourceMetrics resource :
          ExportMetricsServiceRequest.parseFrom(arrival.body()).getResourceMetricsList()) {
        String agent = attribute(resource.getResource().getAttributesList(), "service.instance.id");
        for (ScopeMetrics scope : resource.getScopeMetricsList()) {
          for (Metric metric : scope.getMetricsList()) {
            if (metric.getName().equals("tcp.connection.opened")) {
              for (NumberDataPoint point : metric.getSum().getDataPointsList()) {
                if (attribute(point.getAttributesList(), "destination.port").equals("8080")
                    && attribute(point.getAttributesList(), "reporter").equals("client")) {
                  opened.merge(agent, point.getAsInt(), Math::max);
                }
              }
            }
          }
        }
      }
    }
    return opened;
  }

  private static String attribute(List<KeyValue> attributes, String key) {
    for (KeyValue attribute : attributes) {
      if (attribute.getKey().equals(key)) {
        return attribute.getValue().hasIntValue()
            ? Long.toString(attribute.getValue().getIntValue())
            : attribute.getValue().getStringValue();
      }
    }
    return "";
  }
}
