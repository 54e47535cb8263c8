package dev.weir.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testbed.Command;
import dev.weir.testbed.Namespaces;
import dev.weir.testbed.PrometheusServer;
import dev.weir.testbed.Scrape;
import dev.weir.testbed.Traffic;
import dev.weir.testbed.Traffic.Result;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A real Prometheus reads the page, and its own tool finds nothing to say. */
class PrometheusTest {
  @Test
  void aQueryGivesWhatWasSentAndNobodyComplains() {
    try (RunningAgent agent = RunningAgent.with("collection_interval: 200ms");
        Namespaces net = Namespaces.create();
        PrometheusServer prometheus = PrometheusServer.scraping(agent.endpoint())) {
      prometheus.awaitHealthy();
      Result known =
          Traffic.run(net, "churn", "--count", "500", "--vary", "100000", "--workers", "2");
      agent.assertExact(net, List.of(known));
      String sent =
          "sum(tcp_io_bytes_total{source_address=\"%s\",reporter=\"%s\",network_io_direction=\"%s\"})";
      prometheus.awaitQuery(
          sent.formatted(net.client4(), "client", "transmit"), known.client().sent());
      prometheus.awaitQuery(
          sent.formatted(net.client4(), "server", "receive"), known.client().sent());
      prometheus.awaitQuery(
          sent.formatted(net.client4(), "server", "transmit"), known.server().sent());
      prometheus.awaitQuery(
          "sum(tcp_connection_opened_total{source_address=\"%s\"})".formatted(net.client4()), 1000);
      assertThat(prometheus.targets())
          .extracting(t -> String.valueOf(t.get("lastError")))
          .containsExactly("");
      assertThat(prometheus.complaints()).isEmpty();
    }
  }

  @Test
  void promtoolFindsNothingToSay() {
    try (RunningAgent agent = RunningAgent.with("collection_interval: 200ms");
        Namespaces net = Namespaces.create()) {
      Result known =
          Traffic.run(net, "churn", "--count", "100", "--up", "9", "--down", "9", "--reset");
      Scrape page = agent.assertExact(net, List.of(known));
      Command check = PrometheusServer.checkMetrics(page.text());
      assertThat(check.out() + check.err()).isEmpty();
      assertThat(check.exitCode()).isZero();
      // The agent's own metrics have the Collector's names: counters without suffix.
      Command own = PrometheusServer.checkMetrics(agent.own().text());
      assertThat((own.out() + own.err()).lines())
          .allMatch(l -> l.endsWith("counter metrics should have \"_total\" suffix"));
    }
  }

  @Test
  void noSeriesIsThereTwice() {
    try (RunningAgent agent = RunningAgent.with("collection_interval: 200ms");
        Namespaces net = Namespaces.create()) {
      Result known = Traffic.run(net, "churn", "--count", "100", "--up", "9", "--down", "9");
      Scrape page = agent.assertExact(net, List.of(known));
      assertThat(page.samples())
          .extracting(s -> Map.entry(s.name(), s.labels()))
          .doesNotHaveDuplicates();
    }
  }
}
