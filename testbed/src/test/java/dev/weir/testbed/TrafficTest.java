package dev.weir.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.testbed.Namespaces.Beyond;
import dev.weir.testbed.Namespaces.End;
import dev.weir.testbed.Traffic.Result;
import dev.weir.testbed.Traffic.Tally;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The tool says what happened, and the kernel agrees. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TrafficTest {
  private Namespaces net;

  @BeforeAll
  void makeNamespaces() {
    net = Namespaces.create();
  }

  @AfterAll
  void removeNamespaces() {
    net.close();
  }

  private Stream<String> families() {
    return Stream.of(net.server4(), net.server6(), net.serverMapped());
  }

  @ParameterizedTest
  @MethodSource("families")
  void everyByteOfManyConnectionsIsCountedAtBothEnds(String server) {
    Result r =
        Traffic.run(
            net,
            "churn",
            "--server",
            server,
            "--count",
            "1000",
            "--up",
            "100",
            "--down",
            "200",
            "--workers",
            "2");
    assertThat(r.client())
        .isEqualTo(new Tally(r.client().pid(), 1000, 1000, 0, 100_000, 200_000, ""));
    assertThat(r.server())
        .isEqualTo(new Tally(r.server().pid(), 1000, 1000, 0, 200_000, 100_000, ""));
  }

  @Test
  void aRandomSizedExchangeIsTheSameForTheSameSeed() {
    String[] scenario = {"churn", "--count", "300", "--vary", "200000", "--seed", "7"};
    Result first = Traffic.run(net, scenario);
    Result second = Traffic.run(net, scenario);
    assertThat(first.client().sent()).isPositive().isEqualTo(second.client().sent());
    assertThat(first.server().sent()).isPositive().isEqualTo(second.server().sent());
  }

  @Test
  void whatIsHeldIsWhatTheKernelShows() {
    try (Traffic hold =
        Traffic.start(net, "hold", "--count", "50", "--up", "700", "--down", "900")) {
      long port = Json.number(hold.next(), "port");
      hold.exchange();
      String ss =
          net.run(End.CLIENT, "ss", "-tinH", "state", "established", "dport", "=", ":" + port);
      // bytes_acked counts the SYN as well.
      assertThat(sum(ss, "bytes_acked")).isEqualTo(50 * (2 * 700 + 1));
      assertThat(sum(ss, "bytes_received")).isEqualTo(50 * 2 * 900);
      Result r = hold.result();
      assertThat(r.client().sent()).isEqualTo(50 * 2 * 700);
      assertThat(r.client().received()).isEqualTo(50 * 2 * 900);
      assertThat(r.client().opened()).isEqualTo(50);
    }
  }

  private static long sum(String ss, String key) {
    Matcher m = Pattern.compile(key + ":(\\d+)").matcher(ss);
    long sum = 0;
    while (m.find()) {
      sum += Long.parseLong(m.group(1));
    }
    return sum;
  }

  @ParameterizedTest
  @EnumSource(Beyond.class)
  void anUnreachableAddressFailsAsItSays(Beyond beyond) {
    Result r =
        Traffic.run(
            net,
            "unreachable",
            "--server",
            beyond.address(),
            "--expect",
            beyond.errno(),
            "--count",
            "3");
    assertThat(r.client().failed()).isEqualTo(3);
    assertThat(r.client().error()).isEqualTo(beyond.errno());
  }

  /** Each checks itself what its name says, step by step; the counts tell that it did it all. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        // scenario, options; opened, failed, client's errno
        "refused --count 5; 0, 5, ECONNREFUSED",
        "connect-timeout --count 5; 0, 5, ETIMEDOUT",
        "abort-connect --count 5; 0, 5, ",
        "exhausted --count 5; 1, 5, EADDRNOTAVAIL",
        "churn --count 5 --up 9 --down 9 --reset; 5, 0, ",
        "churn --count 5 --up 9 --down 9 --reset --first server; 5, 0, ECONNRESET",
        "unread-reset --count 5 --up 9; 5, 0, ECONNRESET",
        "write-after-close --count 5 --up 9 --down 9; 5, 0, ",
        "keepalive --count 5 --up 9 --down 9; 5, 0, ETIMEDOUT",
        "user-timeout --count 5 --up 9 --down 9; 5, 0, ETIMEDOUT",
        "kill --count 5 --up 9 --down 9; 5, 0, ",
        "kill --count 5 --up 9 --down 9 --victim server; 5, 0, ",
        "half-close --count 5 --up 9 --down 9; 5, 0, ",
        "half-close --count 5 --up 9 --down 9 --first server; 5, 0, ",
        "simultaneous-close --count 2 --up 9 --down 9; 2, 0, ",
        "fastopen --count 5 --up 9 --down 9; 6, 0, ",
        "fastopen-early-close --up 9 --down 9; 2, 0, ",
        "retry --count 5 --up 9 --down 9; 5, 5, ECONNREFUSED",
        "disconnect --count 5 --up 9 --down 9; 10, 0, ",
        "disconnect-refused --count 5 --up 9 --down 9; 5, 5, ECONNREFUSED",
        "accept-overflow --count 5 --up 9 --down 9; 2, 5, ETIMEDOUT",
        "unaccepted --count 5 --up 9; 5, 0, ECONNRESET",
        "handover --count 5 --up 9 --down 9; 5, 0, ",
        "handover --count 5 --up 9 --down 9 --how pass; 5, 0, ",
        "in-flight --count 5 --up 9 --down 9; 5, 0, ",
        "dup --count 5 --up 9 --down 9; 5, 0, ",
        "held --count 5 --up 9 --down 9; 5, 0, ECONNRESET",
      })
  void eachWayToEndOrFailHappensAsOftenAsAsked(String line) {
    String[] halves = line.split("; ", 2);
    String[] expected = halves[1].split(", ", -1);
    Result r = Traffic.run(net, halves[0].split(" ", -1));
    assertThat(r.client().opened()).isEqualTo(Long.parseLong(expected[0]));
    assertThat(r.client().failed()).isEqualTo(Long.parseLong(expected[1]));
    assertThat(r.client().error()).isEqualTo(expected[2]);
    assertThat(r.server().opened()).isEqualTo(r.client().opened());
  }

  @Test
  void theSynsOfBothEndsCross() {
    Result r =
        Traffic.run(
            net, "simultaneous-open", "--source", net.client4(), "--up", "9", "--down", "8");
    assertThat(r.client().opened()).isEqualTo(1);
    assertThat(r.server().received()).isEqualTo(9);
  }

  @Test
  void aScenarioThatDoesNotComeOutFailsWithItsReason() {
    assertThatThrownBy(
            () ->
                Traffic.run(
                    net,
                    "unreachable",
                    "--server",
                    Beyond.NO_HOST.address(),
                    "--expect",
                    "ETIMEDOUT"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("ETIMEDOUT expected, not No route to host");
  }

  @Test
  void aCheckpointHoldsTheScenarioUntilItMayGoOn() {
    try (Traffic held =
        Traffic.start(net, "held", "--count", "3", "--up", "5", "--down", "5", "--pause")) {
      held.awaitCheckpoint("held");
      held.proceed();
      assertThat(held.result().client().closed()).isEqualTo(3);
    }
  }

  @Test
  void aSlowLinkDropsInTheOwnHost() {
    try (Namespaces slow = Namespaces.create()) {
      slow.shape();
      Result r = Traffic.run(slow, "bulk", "--up", "5000000");
      assertThat(r.server().received()).isEqualTo(5_000_000);
      assertThat(slow.queueDrops(End.CLIENT)).isPositive();
    }
  }

  @Test
  void fiveGibibytesTakeSeconds() {
    Result r = Traffic.run(net, "bulk", "--up", Long.toString(5L << 30));
    assertThat(r.server().received()).isEqualTo(5L << 30);
  }
}
