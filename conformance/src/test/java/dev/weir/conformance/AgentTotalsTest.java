package dev.weir.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testbed.Namespaces;
import dev.weir.testbed.Namespaces.End;
import dev.weir.testbed.Scrape;
import dev.weir.testbed.Traffic;
import dev.weir.testbed.Traffic.Result;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** From the application's bytes to the number on the page: equal, at both ends. */
class AgentTotalsTest {
  private static final String FIVE_GIB = Long.toString(5L << 30);
  private static final String OFTEN = "collection_interval: 100ms";

  @Test
  void theBytesOfEveryKindOfConnectionAreOnThePage() {
    try (RunningAgent agent = RunningAgent.with(OFTEN);
        Namespaces net = Namespaces.create()) {
      List<Result> known = new ArrayList<>();
      for (String server : List.of(net.server4(), net.server6(), net.serverMapped())) {
        known.add(Traffic.run(net, "churn", "--server", server, "--count", "50"));
        known.add(Traffic.run(net, "churn", "--server", server, "--count", "50", "--up", "1"));
        known.add(
            Traffic.run(
                net,
                "churn",
                "--server",
                server,
                "--count",
                "2000",
                "--vary",
                "50000",
                "--workers",
                "2"));
      }
      known.add(Traffic.run(net, "bulk", "--up", FIVE_GIB));
      known.add(Traffic.run(net, "bulk", "--server", net.server6(), "--down", FIVE_GIB));
      Scrape page = agent.assertExact(net, known);
      // IPv4 in IPv6 sockets is IPv4.
      assertThat(page.of("tcp_connection_opened_total", RunningAgent.between(net, "client")))
          .extracting(s -> s.label("network_type"))
          .containsOnly("ipv4", "ipv6");
      assertThat(page.text()).doesNotContain("::ffff:");
    }
  }

  @Test
  void whatOneEndSentTheOtherReceivedThroughALinkThatDrops() {
    try (RunningAgent agent = RunningAgent.with(OFTEN);
        Namespaces net = Namespaces.create()) {
      net.shape();
      List<Result> known = new ArrayList<>();
      known.add(Traffic.run(net, "bulk", "--up", "8000000"));
      known.add(Traffic.run(net, "bulk", "--server", net.server6(), "--down", "8000000"));
      known.add(Traffic.run(net, "churn", "--count", "200", "--vary", "300000", "--workers", "4"));
      Scrape page = agent.assertExact(net, known);
      assertThat(net.queueDrops(End.CLIENT)).isPositive();
      assertThat(net.queueDrops(End.SERVER)).isPositive();
      assertThat(page.sum("tcp_retransmits_total", RunningAgent.between(net, "client")))
          .isPositive();
    }
  }

  private static Result thirtyThousand(Namespaces net) {
    return Traffic.run(
        net, "churn", "--count", "30000", "--up", "100", "--down", "1000", "--workers", "4");
  }

  @Test
  void thirtyThousandConnectionsAreExactWithTheDefaults() {
    try (RunningAgent agent = RunningAgent.with("");
        Namespaces net = Namespaces.create()) {
      agent.assertExact(net, List.of(thirtyThousand(net)));
    }
  }

  @Test
  void thirtyThousandConnectionsAreExactWithReceivePacketSteering() {
    try (RunningAgent agent = RunningAgent.with("collection_interval: 1s");
        Namespaces net = Namespaces.create()) {
      net.spread();
      agent.assertExact(net, List.of(thirtyThousand(net)));
    }
  }

  @Test
  void thirtyThousandConnectionsAreExactWhileSnapshotsRunTenTimesASecond() {
    try (RunningAgent agent = RunningAgent.with(OFTEN);
        Namespaces net = Namespaces.create()) {
      agent.assertExact(net, List.of(thirtyThousand(net)));
    }
  }

  @Test
  void aFullRingCostsDetailAndSaysSoButNoTotals() {
    try (RunningAgent agent = RunningAgent.with("collection_interval: 1s, ring_size: 65536");
        Namespaces net = Namespaces.create()) {
      // Nobody reads while all of it happens.
      agent.process().halt();
      Result known = thirtyThousand(net);
      agent.process().resume();
      Scrape page = agent.assertExact(net, List.of(known));
      Scrape own = agent.own();
      assertThat(own.sum("weir_receiver_ebpf_tcp_overflowed")).isGreaterThan(50_000);
      double lost = own.sum("weir_receiver_ebpf_tcp_lost_samples");
      double samples =
          page.sum("tcp_connection_duration_seconds_count", RunningAgent.between(net, "client"))
              + page.sum(
                  "tcp_connection_duration_seconds_count", RunningAgent.between(net, "server"));
      assertThat(lost).isPositive();
      // What is not in the log is counted: of five records of a connection one is a hand-over.
      double overflowed = own.sum("weir_receiver_ebpf_tcp_overflowed");
      assertThat(own.sum("weir_receiver_ebpf_tcp_lost_events"))
          .isBetween(overflowed / 2, overflowed);
      assertThat(samples)
          .as("what is left of the 60,000 samples")
          .isLessThan(60_000)
          .isGreaterThanOrEqualTo(60_000 - own.sum("weir_receiver_ebpf_tcp_overflowed"));
    }
  }

  @Test
  void liveAndOlderConnectionsAreActiveUntilTheyEnd() {
    try (Namespaces net = Namespaces.create()) {
      net.sysctl(End.CLIENT, "net.ipv4.ip_local_port_range", "32768 60999");
      try (Traffic older =
          Traffic.start(net, "hold", "--count", "100", "--up", "10", "--down", "70")) {
        older.next();
        try (RunningAgent agent = RunningAgent.with(OFTEN);
            Traffic younger =
                Traffic.start(net, "hold", "--count", "300", "--up", "10", "--down", "70")) {
          younger.next();
          agent
              .process()
              .awaitScrape(
                  s ->
                      RunningAgent.active(s, RunningAgent.between(net, "client")) == 400
                          && RunningAgent.active(s, RunningAgent.between(net, "server")) == 400);
          older.exchange();
          older.result();
          Result of = younger.result();
          Scrape page =
              agent
                  .process()
                  .awaitScrape(
                      s ->
                          RunningAgent.tally(s, RunningAgent.between(net, "client")).closed() == 400
                              && RunningAgent.tally(s, RunningAgent.between(net, "server")).closed()
                                  == 400);
          for (String end : List.of("client", "server")) {
            Traffic.Tally known = end.equals("client") ? of.client() : of.server();
            Traffic.Tally seen = RunningAgent.tally(page, RunningAgent.between(net, end));
            assertThat(seen.opened()).as(end).isEqualTo(300);
            // Of the older ones only what came after the start.
            assertThat(seen.sent())
                .as(end)
                .isEqualTo(known.sent() + 100L * (end.equals("client") ? 10 : 70));
            assertThat(RunningAgent.active(page, RunningAgent.between(net, end))).isZero();
          }
        }
      }
    }
  }

  @Test
  void aFieldOfTheKernelThatIsSwitchedOnIsAGaugeOnThePage() {
    try (RunningAgent agent =
            RunningAgent.with(OFTEN + ", metrics: {tcp.info.snd_mss: {enabled: true}}");
        Namespaces net = Namespaces.create();
        Traffic hold = Traffic.start(net, "hold", "--count", "3", "--up", "100", "--down", "100")) {
      hold.next();
      Awaitility.await()
          .untilAsserted(
              () -> {
                Scrape page = agent.page();
                assertThat(page.of("tcp_info_snd_mss_bytes", RunningAgent.between(net, "client")))
                    .extracting(s -> s.value())
                    .containsExactly(1448.0);
                assertThat(page.text()).doesNotContain("tcp_info_snd_cwnd");
              });
      hold.result();
    }
  }
}
