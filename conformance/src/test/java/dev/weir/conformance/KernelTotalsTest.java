package dev.weir.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.bpf.BpfException;
import dev.weir.conformance.KernelWatch.Pace;
import dev.weir.testbed.Namespaces;
import dev.weir.testbed.Namespaces.End;
import dev.weir.testbed.Traffic;
import dev.weir.testbed.Traffic.Result;
import java.time.Duration;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

/** Known bytes and known connections, between two namespaces: the probe's sums are equal. */
class KernelTotalsTest {
  private static final String FIVE_GIB = Long.toString(5L << 30);

  static void assertExact(KernelLedger ledger, Result known) {
    SoftAssertions all = new SoftAssertions();
    check(all, "client", ledger.client(), known.client());
    check(all, "server", ledger.server(), known.server());
    all.assertThat(ledger.unknown().opened()).as("of unknown role").isZero();
    all.assertThat(ledger.unknown().closed()).as("of unknown role").isZero();
    all.assertAll();
  }

  private static void check(
      SoftAssertions all, String end, KernelLedger.Sums sums, Traffic.Tally known) {
    all.assertThat(sums.opened()).as(end + " opened").isEqualTo(known.opened());
    all.assertThat(sums.closed()).as(end + " closed").isEqualTo(known.closed());
    all.assertThat(sums.failed()).as(end + " failed").isEqualTo(known.failed());
    all.assertThat(sums.active()).as(end + " active").isZero();
    all.assertThat(sums.sent()).as(end + " sent").isEqualTo(known.sent());
    all.assertThat(sums.received()).as(end + " received").isEqualTo(known.received());
  }

  static KernelLedger finish(KernelWatch watch, Result known) {
    return watch.finish(
        known.client().closed() + known.client().failed(),
        known.server().closed() + known.server().failed());
  }

  private static void exact(Namespaces net, Pace pace, String... scenario) throws BpfException {
    try (KernelWatch watch = KernelWatch.of(net, pace)) {
      Result known = Traffic.run(net, scenario);
      assertExact(finish(watch, known), known);
    }
  }

  private static void everySize(Namespaces net, String server) throws BpfException {
    exact(net, Pace.DEFAULT, "churn", "--server", server, "--count", "20");
    exact(net, Pace.DEFAULT, "churn", "--server", server, "--count", "20", "--up", "1");
    exact(net, Pace.DEFAULT, "churn", "--server", server, "--count", "20", "--down", "1");
    exact(
        net,
        Pace.DEFAULT.snapshotEvery(Duration.ofMillis(10)),
        "churn",
        "--server",
        server,
        "--count",
        "3000",
        "--vary",
        "100000",
        "--workers",
        "2");
  }

  @Test
  void bytesAreExactOverIpv4() throws BpfException {
    try (Namespaces net = Namespaces.create()) {
      everySize(net, net.server4());
    }
  }

  @Test
  void bytesAreExactOverIpv6() throws BpfException {
    try (Namespaces net = Namespaces.create()) {
      everySize(net, net.server6());
    }
  }

  @Test
  void bytesAreExactOverIpv4InIpv6Sockets() throws BpfException {
    try (Namespaces net = Namespaces.create()) {
      everySize(net, net.serverMapped());
    }
  }

  @Test
  void fiveGibibytesOnOneConnectionAreExactWhileSnapshotsRun() throws BpfException {
    try (Namespaces net = Namespaces.create()) {
      Pace pace = Pace.DEFAULT.snapshotEvery(Duration.ofMillis(20));
      exact(net, pace, "bulk", "--up", FIVE_GIB);
      exact(net, pace, "bulk", "--server", net.server6(), "--down", FIVE_GIB);
    }
  }

  @Test
  void bytesAreExactThroughASlowLinkThatDropsInTheOwnHost() throws BpfException {
    try (Namespaces net = Namespaces.create()) {
      net.shape();
      Pace pace = Pace.DEFAULT.snapshotEvery(Duration.ofMillis(10));
      exact(net, pace, "bulk", "--up", "10000000");
      exact(net, pace, "bulk", "--server", net.server6(), "--down", "10000000");
      exact(net, pace, "churn", "--count", "300", "--vary", "300000", "--workers", "4");
      exact(
          net,
          pace,
          "churn",
          "--server",
          net.serverMapped(),
          "--count",
          "300",
          "--vary",
          "300000",
          "--workers",
          "4");
      assertThat(net.queueDrops(End.CLIENT)).isPositive();
      assertThat(net.queueDrops(End.SERVER)).isPositive();
    }
  }

  @Test
  void bytesAreExactWithReceivePacketSteering() throws BpfException {
    try (Namespaces net = Namespaces.create()) {
      net.spread();
      everySize(net, net.server4());
      everySize(net, net.server6());
      exact(net, Pace.DEFAULT, "bulk", "--up", "1000000000");
    }
  }

  /** As fast as the machine can: 30,000 connections, one exchange each. */
  private static void thirtyThousand(Namespaces net, Pace pace) throws BpfException {
    exact(
        net, pace, "churn", "--count", "30000", "--up", "100", "--down", "1000", "--workers", "4");
  }

  @Test
  void thirtyThousandConnectionsAreExact() throws BpfException {
    try (Namespaces net = Namespaces.create()) {
      thirtyThousand(net, Pace.DEFAULT);
    }
  }

  @Test
  void thirtyThousandConnectionsAreExactWithReceivePacketSteering() throws BpfException {
    try (Namespaces net = Namespaces.create()) {
      net.spread();
      thirtyThousand(net, Pace.DEFAULT);
    }
  }

  @Test
  void thirtyThousandConnectionsAreExactWhileSnapshotsRun() throws BpfException {
    try (Namespaces net = Namespaces.create()) {
      thirtyThousand(net, Pace.DEFAULT.snapshotEvery(Duration.ofMillis(100)));
    }
  }

  @Test
  void thirtyThousandConnectionsAreExactThroughAFullRing() throws BpfException {
    try (Namespaces net = Namespaces.create();
        KernelWatch watch =
            KernelWatch.of(net, Pace.DEFAULT.ring(1 << 16).drainEvery(Duration.ofMillis(500)))) {
      Result known =
          Traffic.run(
              net, "churn", "--count", "30000", "--up", "100", "--down", "1000", "--workers", "4");
      assertExact(finish(watch, known), known);
      assertThat(watch.statistics().overflowed()).isPositive();
    }
  }
}
