package dev.weir.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testbed.Namespaces;
import dev.weir.testbed.Namespaces.Beyond;
import dev.weir.testbed.Scrape;
import dev.weir.testbed.Traffic;
import dev.weir.testbed.Traffic.Result;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Each way to end or fail, as the page and the access log tell it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AgentEndingsTest {
  private RunningAgent agent;

  @BeforeAll
  void startAgent() {
    agent =
        RunningAgent.with(
            "collection_interval: 50ms, include: {cidrs: ['10.0.0.0/8', 'fd00::/8']}");
  }

  @AfterAll
  void stopAgent() {
    agent.close();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # scenario                                  | client closed    | client failed         | server closed
          refused --count 3                           | -                | refused*3             | -
          connect-timeout --count 3                   | -                | timed_out*3           | -
          abort-connect --count 3                     | -                | aborted*3             | -
          exhausted --count 3 --up 9 --down 9         | clean*1          | address_unavailable*3 | clean*1
          churn --count 3 --up 9 --down 9             | clean*3          | -                     | clean*3
          churn --count 3 --up 9 --down 9 --reset     | reset*3          | -                     | reset*3
          churn --count 3 --up 9 --down 9 --reset --first server | reset*3 | -                   | reset*3
          unread-reset --count 3 --up 9               | reset*3          | -                     | reset*3
          write-after-close --count 3 --up 9 --down 9 | clean*3          | -                     | reset*3
          keepalive --count 3 --up 9 --down 9         | timed_out*3      | -                     | reset*3
          user-timeout --count 3 --up 9 --down 9      | timed_out*3      | -                     | reset*3
          kill --count 3 --up 9 --down 9              | clean*3          | -                     | clean*3
          kill --count 3 --up 9 --down 9 --victim server | clean*3       | -                     | clean*3
          half-close --count 3 --up 9 --down 9        | clean*3          | -                     | clean*3
          half-close --count 3 --up 9 --down 9 --first server | clean*3  | -                     | clean*3
          simultaneous-close --count 1 --up 9 --down 9 | clean*1         | -                     | clean*1
          fastopen --count 3 --up 9 --down 9          | clean*4          | -                     | clean*4
          fastopen-early-close --up 9 --down 9        | clean*2          | -                     | clean*2
          retry --count 3 --up 9 --down 9             | clean*3          | refused*3             | clean*3
          disconnect --count 3 --up 9 --down 9        | reset*3 clean*3  | -                     | reset*3 clean*3
          accept-overflow --count 3 --up 9 --down 9   | clean*2          | timed_out*3           | clean*2
          unaccepted --count 3 --up 9                 | reset*3          | -                     | reset*3
          in-flight --count 3 --up 9 --down 9         | clean*3          | -                     | clean*3
          dup --count 3 --up 9 --down 9               | clean*3          | -                     | clean*3
          held --count 3 --up 9 --down 9              | reset*3          | -                     | reset*3
          """)
  void isCountedAndLoggedWithItsErrorType(
      String scenario, String clientClosed, String clientFailed, String serverClosed) {
    try (Namespaces net = Namespaces.create()) {
      Result known = Traffic.run(net, scenario.split(" +", -1));
      Scrape page = agent.assertExact(net, List.of(known));
      assertEnds(page, net, "client", "tcp_connection_closed_total", "close", clientClosed);
      assertEnds(page, net, "client", "tcp_connection_failed_total", "fail", clientFailed);
      assertEnds(page, net, "server", "tcp_connection_closed_total", "close", serverClosed);
      assertEnds(page, net, "server", "tcp_connection_failed_total", "fail", "-");
      Map<String, Long> opens = logged(net, "client", "open");
      assertThat(opens.values().stream().mapToLong(n -> n).sum())
          .as("open events of the client")
          .isEqualTo(known.client().opened());
    }
  }

  @ParameterizedTest
  @EnumSource(Beyond.class)
  void unreachableSaysWhatWasUnreachable(Beyond beyond) {
    try (Namespaces net = Namespaces.create()) {
      Result known =
          Traffic.run(
              net,
              "unreachable",
              "--server",
              beyond.address(),
              "--expect",
              beyond.errno(),
              "--count",
              "3");
      Scrape page = agent.assertExact(net, List.of(known));
      String type =
          switch (beyond) {
            case NO_HOST, NO_HOST_6 -> "host_unreachable";
            case NO_NETWORK, NO_NETWORK_6 -> "net_unreachable";
            case PROHIBITED_6 -> "other";
          };
      assertEnds(page, net, "client", "tcp_connection_failed_total", "fail", type + "*3");
    }
  }

  @ParameterizedTest
  @CsvSource({"fork", "pass"})
  void theWorkerIsNamedNotTheListener(String how) {
    try (Namespaces net = Namespaces.create()) {
      Result known =
          Traffic.run(net, "handover", "--how", how, "--count", "3", "--up", "9", "--down", "9");
      agent.assertExact(net, List.of(known));
      assertThat(closes(net, "server", 3))
          .extracting(e -> String.valueOf(e.get("destination.process.executable.name")))
          .containsOnly("tb-worker");
      assertThat(closes(net, "client", 3))
          .extracting(e -> String.valueOf(e.get("source.process.executable.name")))
          .containsOnly("tb-client");
    }
  }

  /** A log record says what the whole connection was, whatever the metrics said in between. */
  @Test
  void aCloseRecordCarriesTheTotalsOfItsConnection() {
    try (Namespaces net = Namespaces.create()) {
      Traffic.run(net, "churn", "--count", "1", "--up", "12345678", "--down", "777");
      Map<?, ?> client = closes(net, "client", 1).getFirst();
      assertThat(client.get("tcp.io.transmit")).isEqualTo(12345678);
      assertThat(client.get("tcp.io.receive")).isEqualTo(777);
      Map<?, ?> server = closes(net, "server", 1).getFirst();
      assertThat(server.get("tcp.io.transmit")).isEqualTo(777);
      assertThat(server.get("tcp.io.receive")).isEqualTo(12345678);
      assertThat(server.get("source.port")).isEqualTo(client.get("source.port"));
    }
  }

  private void assertEnds(
      Scrape page, Namespaces net, String reporter, String metric, String event, String expected) {
    Map<String, Long> ends = new TreeMap<>();
    for (String one : expected.split(" ", -1)) {
      if (!one.equals("-")) {
        String[] parts = one.split("\\*", -1);
        ends.put(parts[0].equals("clean") ? "" : parts[0], Long.valueOf(parts[1]));
      }
    }
    assertThat(RunningAgent.byErrorType(page, metric, RunningAgent.between(net, reporter)))
        .as("%s of the %s", metric, reporter)
        .isEqualTo(ends);
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () ->
                assertThat(logged(net, reporter, event))
                    .as("%s events of the %s", event, reporter)
                    .isEqualTo(ends));
  }

  private List<Map<?, ?>> events(Namespaces net, String reporter, String event) {
    List<Map<?, ?>> matching = new ArrayList<>();
    for (Map<?, ?> e : agent.events(net)) {
      if (event.equals(e.get("event")) && reporter.equals(e.get("reporter"))) {
        matching.add(e);
      }
    }
    return matching;
  }

  private List<Map<?, ?>> closes(Namespaces net, String reporter, int count) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> events(net, reporter, "close").size() == count);
    return events(net, reporter, "close");
  }

  private Map<String, Long> logged(Namespaces net, String reporter, String event) {
    Map<String, Long> byType = new TreeMap<>();
    for (Map<?, ?> e : events(net, reporter, event)) {
      byType.merge(e.get("error.type") instanceof String type ? type : "", 1L, Long::sum);
    }
    return byType;
  }
}
