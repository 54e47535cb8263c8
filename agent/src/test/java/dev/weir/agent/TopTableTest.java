package dev.weir.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.HistogramPoints;
import dev.weir.pdata.Metric;
import dev.weir.pdata.Metric.Temporality;
import dev.weir.pdata.NumberPoints;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Scope;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TopTableTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long START = 1_700_000_000L * SECOND;

  @Test
  void bytesOfBothEndsAreCountedOnce() {
    TopSnapshot snapshot =
        snapshot(
            10,
            io("client", "transmit", 1000),
            io("client", "receive", 50_000),
            io("server", "transmit", 50_000),
            io("server", "receive", 1000));

    TopTable table = TopTable.between(null, snapshot, TopTable.Order.RATE);

    assertThat(table.rows())
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.there()).isEqualTo(100);
              assertThat(row.back()).isEqualTo(5000);
              assertThat(row.total()).isEqualTo(51_000);
            });
  }

  @Test
  void aServersTransmitFlowsBackToTheSource() {
    TopSnapshot snapshot =
        snapshot(10, io("server", "transmit", 700), io("server", "receive", 300));

    TopTable.Row row = TopTable.between(null, snapshot, TopTable.Order.RATE).rows().getFirst();

    assertThat(row.there()).isEqualTo(30);
    assertThat(row.back()).isEqualTo(70);
  }

  @Test
  void ratesAreThoseBetweenTwoSnapshots() {
    TopSnapshot before = snapshot(10, io("client", "transmit", 1000));
    TopSnapshot now = snapshot(12, io("client", "transmit", 5000));

    TopTable table = TopTable.between(before, now, TopTable.Order.RATE);

    assertThat(table.seconds()).isEqualTo(2);
    assertThat(table.rows().getFirst().there()).isEqualTo(2000);
  }

  @Test
  void aRowThatExpiredHasNoNegativeRate() {
    TopSnapshot before = snapshot(10, io("client", "transmit", 1000));
    TopSnapshot now = snapshot(12, io("client", "transmit", 10));

    assertThat(TopTable.between(before, now, TopTable.Order.RATE).rows().getFirst().there())
        .isZero();
  }

  @Test
  void roundTripTimeIsTheMeanOfTheInterval() {
    TopSnapshot before = snapshot(10, rtt(10, 1.0));
    TopSnapshot now = snapshot(12, rtt(12, 1.5));

    assertThat(TopTable.between(before, now, TopTable.Order.RTT).rows().getFirst().rttSeconds())
        .isEqualTo(0.25);
  }

  @Test
  void withoutASampleInTheIntervalTheMeanOfAllIsShown() {
    TopSnapshot before = snapshot(10, rtt(10, 1.0));
    TopSnapshot now = snapshot(12, rtt(10, 1.0));

    assertThat(TopTable.between(before, now, TopTable.Order.RTT).rows().getFirst().rttSeconds())
        .isEqualTo(0.1);
  }

  @Test
  void rowsComeInTheOrderAskedForAndEqualsByName() {
    TopSnapshot snapshot =
        snapshot(1, active("10.0.0.3", 1), active("10.0.0.1", 5), active("10.0.0.2", 5));

    assertThat(TopTable.between(null, snapshot, TopTable.Order.CONNECTIONS).rows())
        .extracting(row -> row.pair().source())
        .containsExactly("10.0.0.1", "10.0.0.2", "10.0.0.3");
  }

  @Test
  void theTextShowsWhoTalksToWhom() {
    TopSnapshot snapshot =
        snapshot(
            10, io("client", "transmit", 12_340_000), io("client", "receive", 500), rtt(2, 0.003));

    assertThat(TopTable.between(null, snapshot, TopTable.Order.RATE).text(10, 200))
        .isEqualTo(
            """
            FROM      TO                  CONNS    NEW/s      SENT/s  RECEIVED/s       TOTAL       RTT   RETR/s
            10.0.0.1  [2001:db8::1]:443       0        -      1.2 MB        50 B     12.3 MB    1.5 ms        -
            """);
  }

  @Test
  void whatDoesNotFitIsCutAndCounted() {
    TopSnapshot snapshot = snapshot(1, active("10.0.0.1", 1), active("10.0.0.2", 1));

    String text = TopTable.between(null, snapshot, TopTable.Order.RATE).text(1, 20);

    assertThat(text.lines()).hasSize(3).allMatch(line -> line.length() <= 20);
    assertThat(text).endsWith("... and 1 more\n");
  }

  @Test
  void numbersHaveUnitsThatAPersonReads() {
    assertThat(TopTable.bytes(0)).isEqualTo("-");
    assertThat(TopTable.bytes(999)).isEqualTo("999 B");
    assertThat(TopTable.bytes(1000)).isEqualTo("1.0 kB");
    assertThat(TopTable.bytes(999_949)).isEqualTo("1.0 MB");
    assertThat(TopTable.bytes(5.0e9)).isEqualTo("5.0 GB");
    assertThat(TopTable.time(-1)).isEqualTo("-");
    assertThat(TopTable.time(0.000035)).isEqualTo("35 us");
    assertThat(TopTable.time(0.0999)).isEqualTo("100 ms");
    assertThat(TopTable.time(2)).isEqualTo("2.0 s");
    assertThat(TopTable.number(0.04)).isEqualTo("0.0");
    assertThat(TopTable.number(123.4)).isEqualTo("123");
  }

  /** Adds one point to a metric of its own. */
  private interface Point {
    Metric at(long time);
  }

  private static TopSnapshot snapshot(long seconds, Point... points) {
    List<Metric> metrics =
        java.util.Arrays.stream(points).map(p -> p.at(START + seconds * SECOND)).toList();
    return TopSnapshot.of(
        Telemetry.of(Signal.METRICS, Resource.EMPTY, Scope.of("test", "1"), metrics));
  }

  private static Point io(String reporter, String direction, long bytes) {
    return time -> {
      NumberPoints points = new NumberPoints(1);
      points.add(
          pair("10.0.0.1").put("reporter", reporter).put("network.io.direction", direction).build(),
          START,
          time,
          bytes);
      return Metric.sum("tcp.io", "", "By", Temporality.CUMULATIVE, true, points);
    };
  }

  private static Point active(String source, long connections) {
    return time -> {
      NumberPoints points = new NumberPoints(1);
      points.add(pair(source).put("reporter", "client").build(), START, time, connections);
      return Metric.sum(
          "tcp.connection.active", "", "{connection}", Temporality.CUMULATIVE, false, points);
    };
  }

  private static Point rtt(long count, double sum) {
    return time -> {
      HistogramPoints points = new HistogramPoints(1);
      points.add(
          pair("10.0.0.1").put("reporter", "client").build(),
          START,
          time,
          count,
          sum,
          new double[] {1},
          new long[] {count, 0},
          0);
      return Metric.histogram("tcp.rtt", "", "s", Temporality.CUMULATIVE, points);
    };
  }

  private static Attributes.Builder pair(String source) {
    return Attributes.builder()
        .put("source.address", source)
        .put("destination.address", "2001:db8::1")
        .put("destination.port", "443");
  }
}
