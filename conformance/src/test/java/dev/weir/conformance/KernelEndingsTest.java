package dev.weir.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.bpf.BpfException;
import dev.weir.testbed.Namespaces;
import dev.weir.testbed.Namespaces.Beyond;
import dev.weir.testbed.Namespaces.End;
import dev.weir.testbed.Traffic;
import dev.weir.testbed.Traffic.Result;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Each way in which a connection can end or fail: its counts, its bytes and its error.type. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KernelEndingsTest {
  private Namespaces net;

  @BeforeAll
  void makeNamespaces() {
    net = Namespaces.create();
    // Who opened a connection older than the probe is told from the usual ephemeral ports.
    net.sysctl(End.CLIENT, "net.ipv4.ip_local_port_range", "32768 60999");
  }

  @AfterAll
  void removeNamespaces() {
    net.close();
  }

  /** {@code clean*4 reset*1}: four ended clean, one by reset; {@code -}: none. */
  private static Map<String, Long> outcomes(String text) {
    Map<String, Long> all = new TreeMap<>();
    for (String one : text.split(" ", -1)) {
      if (!one.equals("-")) {
        String[] parts = one.split("\\*", -1);
        all.put(parts[0].equals("clean") ? "" : parts[0], Long.valueOf(parts[1]));
      }
    }
    return all;
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # scenario                                  | client's ends            | server's ends    | RSTs: client out, in; server out, in
          refused --count 5                           | refused*5                | -                | 0 5 0 0
          connect-timeout --count 5                   | timed_out*5              | -                | 0 0 0 0
          abort-connect --count 5                     | aborted*5                | -                | 0 0 0 0
          exhausted --count 5 --up 9 --down 9         | address_unavailable*5 clean*1 | clean*1     | 0 0 0 0
          churn --count 5                             | clean*5                  | clean*5          | 0 0 0 0
          churn --count 5 --first server              | clean*5                  | clean*5          | 0 0 0 0
          churn --count 5 --up 9 --down 9 --reset     | reset*5                  | reset*5          | 5 0 0 5
          churn --count 5 --up 9 --down 9 --reset --first server | reset*5       | reset*5          | 0 5 5 0
          unread-reset --count 5 --up 9               | reset*5                  | reset*5          | 0 5 5 0
          write-after-close --count 5 --up 9 --down 9 | clean*5                  | reset*5          | 5 0 0 5
          keepalive --count 5 --up 9 --down 9         | timed_out*5              | reset*5          | 5 0 5 0
          user-timeout --count 5 --up 9 --down 9      | timed_out*5              | reset*5          | 0 0 5 0
          kill --count 5 --up 9 --down 9              | clean*5                  | clean*5          | 0 0 0 0
          kill --count 5 --up 9 --down 9 --victim server | clean*5               | clean*5          | 0 0 0 0
          half-close --count 5 --up 9 --down 9        | clean*5                  | clean*5          | 0 0 0 0
          half-close --count 5 --up 9 --down 9 --first server | clean*5          | clean*5          | 0 0 0 0
          simultaneous-close --count 2 --up 9 --down 9 | clean*2                 | clean*2          | 0 0 0 0
          fastopen --count 5 --up 9 --down 9          | clean*6                  | clean*6          | 0 0 0 0
          fastopen-early-close --count 1 --up 9 --down 9 | clean*2               | clean*2          | 0 0 0 0
          retry --count 5 --up 9 --down 9             | refused*5 clean*5        | clean*5          | 0 5 0 0
          disconnect --count 5 --up 9 --down 9        | reset*5 clean*5          | reset*5 clean*5  | 5 0 0 5
          disconnect-refused --count 5 --up 9 --down 9 | reset*5 refused*5       | reset*5          | 5 5 0 5
          accept-overflow --count 5 --up 9 --down 9   | timed_out*5 clean*2      | clean*2          | 0 0 0 0
          unaccepted --count 5 --up 9                 | reset*5                  | reset*5          | 0 5 5 0
          handover --count 5 --up 9 --down 9          | clean*5                  | clean*5          | 0 0 0 0
          handover --count 5 --up 9 --down 9 --how pass | clean*5                | clean*5          | 0 0 0 0
          in-flight --count 5 --up 9 --down 9         | clean*5                  | clean*5          | 0 0 0 0
          dup --count 5 --up 9 --down 9               | clean*5                  | clean*5          | 0 0 0 0
          held --count 5 --up 9 --down 9              | reset*5                  | reset*5          | 0 5 5 0
          """)
  void isCountedOnceWithItsErrorType(
      String scenario, String clientEnds, String serverEnds, String resets) throws BpfException {
    for (String server : new String[] {net.server4(), net.server6()}) {
      try (KernelWatch watch = KernelWatch.of(net)) {
        Result known = Traffic.run(net, (scenario + " --server " + server).split(" +", -1));
        KernelLedger ledger = KernelTotalsTest.finish(watch, known);
        KernelTotalsTest.assertExact(ledger, known);
        assertThat(ledger.client().outcomes()).as("client").isEqualTo(outcomes(clientEnds));
        assertThat(ledger.server().outcomes()).as("server").isEqualTo(outcomes(serverEnds));
        assertThat(
                "%d %d %d %d"
                    .formatted(
                        ledger.client().resetsOut(),
                        ledger.client().resetsIn(),
                        ledger.server().resetsOut(),
                        ledger.server().resetsIn()))
            .as("RSTs")
            .isEqualTo(resets);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Beyond.class)
  void unreachableSaysWhatWasUnreachable(Beyond beyond) throws BpfException {
    try (KernelWatch watch = KernelWatch.of(net)) {
      Result known =
          Traffic.run(
              net,
              "unreachable",
              "--server",
              beyond.address(),
              "--expect",
              beyond.errno(),
              "--count",
              "5");
      KernelLedger ledger = KernelTotalsTest.finish(watch, known);
      KernelTotalsTest.assertExact(ledger, known);
      String type =
          switch (beyond) {
            case NO_HOST, NO_HOST_6 -> "host_unreachable";
            case NO_NETWORK, NO_NETWORK_6 -> "net_unreachable";
            case PROHIBITED_6 -> "other";
          };
      assertThat(ledger.client().outcomes()).isEqualTo(Map.of(type, 5L));
    }
  }

  @Test
  void whenBothOpenBothAreClients() throws BpfException {
    try (KernelWatch watch = KernelWatch.of(net)) {
      Result known =
          Traffic.run(
              net, "simultaneous-open", "--source", net.client4(), "--up", "900", "--down", "80");
      KernelLedger ledger = watch.finish(1, 1);
      assertThat(ledger.client().opened()).isEqualTo(2);
      assertThat(ledger.client().closed()).isEqualTo(2);
      assertThat(ledger.client().sent()).isEqualTo(known.client().sent() + known.server().sent());
      assertThat(ledger.client().received())
          .isEqualTo(known.client().received() + known.server().received());
    }
  }

  @Test
  void bytesThatWereNeverAcknowledgedAreSentOnceAndRetransmitted() throws BpfException {
    try (KernelWatch watch = KernelWatch.of(net)) {
      Result known =
          Traffic.run(net, "user-timeout", "--up", "9", "--down", "9", "--extra", "1000");
      KernelLedger ledger = KernelTotalsTest.finish(watch, known);
      assertThat(ledger.client().sent()).isEqualTo(1009);
      assertThat(ledger.server().received()).isEqualTo(9);
      assertThat(ledger.client().retransmits()).isPositive();
    }
  }

  /** The process that serves is the owner, not the one that listened. */
  @ParameterizedTest
  @CsvSource({"fork", "pass"})
  void theWorkerOwnsWhatTheListenerHandedOver(String how) throws BpfException {
    try (KernelWatch watch = KernelWatch.of(net)) {
      Result known =
          Traffic.run(net, "handover", "--how", how, "--count", "5", "--up", "9", "--down", "9");
      KernelLedger ledger = KernelTotalsTest.finish(watch, known);
      assertThat(ledger.server().owners()).isEqualTo(Map.of("tb-worker", 5L));
      assertThat(ledger.client().owners()).isEqualTo(Map.of("tb-client", 5L));
    }
  }

  @Test
  void aConnectionThatIsOverIsNotLiveThoughItsDescriptorIsHeld() throws BpfException {
    try (KernelWatch watch = KernelWatch.of(net);
        Traffic held =
            Traffic.start(net, "held", "--count", "5", "--up", "9", "--down", "9", "--pause")) {
      held.awaitCheckpoint("held");
      watch.snapshot();
      watch.snapshot();
      assertThat(watch.ledger().client().closed()).isEqualTo(5);
      assertThat(watch.ledger().client().active()).isZero();
      held.proceed();
      Result known = held.result();
      KernelTotalsTest.assertExact(KernelTotalsTest.finish(watch, known), known);
    }
  }

  @Test
  void liveConnectionsAreActiveAndTheirBytesComeWithEachSnapshot() throws BpfException {
    try (KernelWatch watch = KernelWatch.of(net);
        Traffic hold =
            Traffic.start(net, "hold", "--count", "3000", "--up", "10", "--down", "70")) {
      hold.next();
      watch.snapshot();
      assertThat(watch.ledger().client().active()).isEqualTo(3000);
      assertThat(watch.ledger().server().active()).isEqualTo(3000);
      assertThat(watch.ledger().client().sent()).isEqualTo(30_000);
      assertThat(watch.ledger().server().sent()).isEqualTo(210_000);
      hold.exchange();
      watch.snapshot();
      assertThat(watch.ledger().client().sent()).isEqualTo(60_000);
      assertThat(watch.ledger().server().sent()).isEqualTo(420_000);
      Result known = hold.result();
      KernelTotalsTest.assertExact(KernelTotalsTest.finish(watch, known), known);
    }
  }

  @Test
  void connectionsOlderThanTheProbeCountFromItsStartOn() throws BpfException {
    try (Traffic hold =
        Traffic.start(net, "hold", "--count", "500", "--up", "10", "--down", "70")) {
      hold.next();
      try (KernelWatch watch = KernelWatch.of(net)) {
        watch.snapshot();
        assertThat(watch.ledger().client().active()).isEqualTo(500);
        assertThat(watch.ledger().server().active()).isEqualTo(500);
        hold.exchange();
        Result known = hold.result();
        KernelLedger ledger = KernelTotalsTest.finish(watch, known);
        assertThat(ledger.client().opened()).isZero();
        assertThat(ledger.client().closed()).isEqualTo(500);
        assertThat(ledger.server().closed()).isEqualTo(500);
        assertThat(ledger.client().active()).isZero();
        assertThat(ledger.server().active()).isZero();
        assertThat(ledger.client().sent()).isEqualTo(5_000);
        assertThat(ledger.server().received()).isEqualTo(5_000);
        assertThat(ledger.server().sent()).isEqualTo(35_000);
        assertThat(ledger.client().received()).isEqualTo(35_000);
      }
    }
  }

  @Test
  void whatNoProcessHeldIsAdoptedWhenItMovesOn() throws BpfException {
    try (Traffic flight =
        Traffic.start(net, "in-flight", "--count", "1", "--up", "10", "--down", "70", "--pause")) {
      flight.awaitCheckpoint("in flight");
      try (KernelWatch watch = KernelWatch.of(net)) {
        watch.snapshot();
        assertThat(watch.ledger().client().active()).isEqualTo(1);
        assertThat(watch.ledger().server().active()).isZero();
        flight.proceed();
        Result known = flight.result();
        KernelLedger ledger = KernelTotalsTest.finish(watch, known);
        assertThat(ledger.server().closed()).isEqualTo(1);
        assertThat(ledger.server().active()).isZero();
        assertThat(ledger.client().closed()).isEqualTo(1);
        assertThat(ledger.client().received()).isEqualTo(70);
      }
    }
  }

  /** An event loop asks what is wrong at the first bad news, and closes. */
  @Test
  void unreachableIsUnreachableThoughTheApplicationClosedFirst() throws BpfException {
    try (KernelWatch watch = KernelWatch.of(net)) {
      Result known =
          Traffic.run(
              net,
              "unreachable",
              "--impatient",
              "--server",
              Beyond.NO_HOST.address(),
              "--expect",
              "EHOSTUNREACH",
              "--count",
              "5");
      KernelLedger ledger = KernelTotalsTest.finish(watch, known);
      KernelTotalsTest.assertExact(ledger, known);
      assertThat(ledger.client().outcomes()).isEqualTo(Map.of("host_unreachable", 5L));
    }
  }
}
