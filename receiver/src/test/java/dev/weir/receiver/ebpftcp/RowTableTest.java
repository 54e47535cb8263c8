package dev.weir.receiver.ebpftcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.bpf.ConnectionRecord;
import dev.weir.bpf.Outcome;
import dev.weir.bpf.OverflowEntry;
import dev.weir.bpf.TcpField;
import dev.weir.pdata.Attributes;
import dev.weir.pdata.HistogramPoints;
import dev.weir.pdata.Metric;
import dev.weir.pdata.Text;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class RowTableTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long EXPIRATION = Duration.ofMinutes(5).toNanos();
  private long now = 1000 * SECOND;

  private RowTable table(EbpfTcpConfig config) {
    return new RowTable(config, (cgroup, tgid) -> identity(cgroup), new Random(7), 1, now);
  }

  private static Identity identity(long cgroup) {
    return cgroup == 0
        ? Identity.NONE
        : new Identity(Text.of("c" + cgroup), Text.of("pod" + cgroup % 2));
  }

  private static void fold(RowTable table, TestRecord record) {
    table.fold(record.memory(), 0, true);
  }

  private static List<Metric> take(RowTable table, long time) {
    return new MetricBatch(
            table, table.layout.delta ? Metric.Temporality.DELTA : Metric.Temporality.CUMULATIVE)
        .take(time);
  }

  private static Optional<Metric> metric(List<Metric> metrics, String name) {
    return metrics.stream().filter(m -> m.name().equals(name)).findFirst();
  }

  /** Returns the points of a number metric as {@code attributes=value}, in no order. */
  private static List<String> points(List<Metric> metrics, String name, String... keys) {
    List<String> points = new ArrayList<>();
    metric(metrics, name)
        .ifPresent(
            m -> {
              for (int i = 0; i < m.numbers().size(); i++) {
                StringBuilder line = new StringBuilder();
                for (String key : keys) {
                  Object value = m.numbers().attributes(i).get(key);
                  line.append(value == null ? "-" : value).append(' ');
                }
                points.add(line.append(m.numbers().integer(i)).toString());
              }
            });
    return points;
  }

  @Test
  void sourceIsTheSideThatOpenedWhoeverObservedIt() {
    RowTable table = table(EbpfTcpConfig.SCHEMA.defaults());
    fold(table, TestRecord.whole().client("10.0.0.1", 40000, "10.0.0.2", 80));
    fold(table, TestRecord.whole().server("10.0.0.2", 80, "10.0.0.1", 40000).owner("nginx", 1));

    assertThat(
            points(
                take(table, 2),
                "tcp.connection.opened",
                "source.address",
                "source.port",
                "destination.address",
                "destination.port",
                "reporter",
                "network.transport",
                "network.type",
                "source.process.executable.name",
                "destination.process.executable.name",
                "source.process.pid"))
        .containsExactlyInAnyOrder(
            "10.0.0.1 - 10.0.0.2 80 client tcp ipv4 curl - - 1",
            "10.0.0.1 - 10.0.0.2 80 server tcp ipv4 - nginx - 1");
  }

  @Test
  void theLowerPortIsTheServersWhereTheReporterIsUnknown() {
    RowTable table = table(EbpfTcpConfig.SCHEMA.defaults());
    fold(table, TestRecord.live().unknown("10.0.0.1", 40000, "10.0.0.2", 5432));
    fold(table, TestRecord.live().unknown("10.0.0.3", 22, "10.0.0.4", 50000));
    fold(table, TestRecord.live().unknown("10.0.0.5", 7000, "10.0.0.6", 7000));

    assertThat(
            points(
                take(table, 2),
                "tcp.connection.active",
                "source.address",
                "destination.address",
                "destination.port",
                "reporter"))
        .containsExactlyInAnyOrder(
            "10.0.0.1 10.0.0.2 5432 unknown 0",
            "10.0.0.4 10.0.0.3 22 unknown 0",
            "10.0.0.5 10.0.0.6 7000 unknown 0");
  }

  @Test
  void connectionsOfEqualEnabledAttributesAreOneRow() {
    RowTable table = table(EbpfTcpConfig.SCHEMA.defaults());
    for (int port = 30000; port < 40000; port++) {
      fold(table, TestRecord.whole().client("10.0.0.1", port, "10.0.0.2", 80).owner("curl", port));
    }

    assertThat(table.rows()).isEqualTo(1);
    assertThat(table.total(Column.OPENED)).isEqualTo(10_000);
  }

  @Test
  void whatIsSwitchedOnTellsRowsApart() {
    RowTable table =
        table(
            TestConfigs.defaults()
                .attribute(AttributeDefinition.SOURCE_PORT, true, true)
                .attribute(AttributeDefinition.PROCESS_PID, true, true)
                .attribute(AttributeDefinition.NETWORK_NAMESPACE, true, true)
                .attribute(AttributeDefinition.CONTAINER_ID, true, true)
                .attribute(AttributeDefinition.K8S_POD_UID, true, true)
                .config());
    TestRecord record = TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80).where(99, 5);
    fold(table, record);
    fold(table, record);
    fold(table, TestRecord.whole().client("10.0.0.1", 2, "10.0.0.2", 80).where(99, 5));
    fold(
        table,
        TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80).owner("curl", 5).where(99, 5));
    fold(table, TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80).where(98, 5));
    fold(table, TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80).where(99, 6));

    assertThat(
            points(
                take(table, 2),
                "tcp.connection.opened",
                "source.port",
                "source.process.pid",
                "network.namespace",
                "source.container.id",
                "source.k8s.pod.uid"))
        .containsExactlyInAnyOrder(
            "1 4711 99 c5 pod1 2",
            "2 4711 99 c5 pod1 1",
            "1 5 99 c5 pod1 1",
            "1 4711 98 c5 pod1 1",
            "1 4711 99 c6 pod0 1");
  }

  @Test
  void containersOfOnePodAreOneRowWhereOnlyThePodIsShown() {
    RowTable table =
        table(
            TestConfigs.defaults().attribute(AttributeDefinition.K8S_POD_UID, true, true).config());
    fold(table, TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80).where(1, 4));
    fold(table, TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80).where(1, 6));

    assertThat(table.rows()).isEqualTo(1);
  }

  @Test
  void twoRowsNeverBearTheSameAttributes() {
    // Without a reporter only the side of the process tells the two ends apart, and a process
    // without a name has none.
    TestConfigs configs =
        TestConfigs.defaults().attribute(AttributeDefinition.REPORTER, false, false);
    RowTable table = table(configs.config());
    for (String name : List.of("", "curl")) {
      fold(table, TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80).owner(name, 1));
      fold(table, TestRecord.whole().server("10.0.0.2", 80, "10.0.0.1", 1).owner(name, 1));
    }

    List<Attributes> sets = new ArrayList<>();
    table.forEach(row -> sets.add(table.attributes(row, Column.Variant.BASE)));
    assertThat(sets).doesNotHaveDuplicates().hasSize(3);
  }

  @Test
  void whatStandsAfterTheEndOfANameIsNoPartOfIt() {
    RowTable table = table(EbpfTcpConfig.SCHEMA.defaults());
    for (int length = 0; length <= 16; length++) {
      byte[] clean = new byte[16];
      java.util.Arrays.fill(clean, 0, length, (byte) 'x');
      byte[] dirty = clean.clone();
      for (int i = length + 1; i < 16; i++) {
        dirty[i] = (byte) (0x80 + i);
      }
      fold(table, TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80).owner(clean, 1));
      fold(table, TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80).owner(dirty, 1));
    }

    assertThat(table.rows()).isEqualTo(17);
  }

  @Test
  void closedAndFailedAreCountedByErrorType() {
    RowTable table = table(EbpfTcpConfig.SCHEMA.defaults());
    fold(table, TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80));
    fold(table, TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80).outcome(Outcome.RESET));
    fold(
        table, TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80).outcome(Outcome.TIMED_OUT));
    for (Outcome outcome : Outcome.values()) {
      fold(table, TestRecord.failed(outcome).client("10.0.0.1", 1, "10.0.0.2", 80));
    }

    List<Metric> metrics = take(table, 2);

    assertThat(points(metrics, "tcp.connection.closed", "error.type"))
        .containsExactlyInAnyOrder("- 1", "reset 1", "timed_out 1");
    assertThat(points(metrics, "tcp.connection.failed", "error.type"))
        .containsExactlyInAnyOrder(
            "refused 1",
            "timed_out 1",
            "host_unreachable 1",
            "net_unreachable 1",
            "reset 1",
            "aborted 1",
            "address_unavailable 1",
            "other 2");
  }

  @Test
  void rarePointsAppearOnlyOnceTheyAreNotZero() {
    RowTable table = table(EbpfTcpConfig.SCHEMA.defaults());
    fold(table, TestRecord.opened().client("10.0.0.1", 1, "10.0.0.2", 80));

    List<Metric> metrics = take(table, 2);

    assertThat(metric(metrics, "tcp.connection.failed")).isEmpty();
    assertThat(metric(metrics, "tcp.reset")).isEmpty();
    assertThat(metric(metrics, "tcp.rtt")).isEmpty();
    assertThat(points(metrics, "tcp.connection.closed", "error.type")).containsExactly("- 0");
    assertThat(points(metrics, "tcp.retransmits")).containsExactly("0");
  }

  @Test
  void withoutDirectionAndErrorTypePointsAreAddedUp() {
    RowTable table =
        table(
            TestConfigs.defaults()
                .attribute(AttributeDefinition.NETWORK_IO_DIRECTION, false, false)
                .attribute(AttributeDefinition.ERROR_TYPE, false, false)
                .config());
    fold(table, TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80).io(10, 20));
    fold(table, TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80).outcome(Outcome.RESET));

    List<Metric> metrics = take(table, 2);

    assertThat(points(metrics, "tcp.io")).containsExactly("30");
    assertThat(points(metrics, "tcp.connection.closed")).containsExactly("2");
  }

  @Test
  void aMetricThatIsSwitchedOffIsNotMade() {
    RowTable table =
        table(
            TestConfigs.defaults()
                .without(MetricDefinition.RTT)
                .without(MetricDefinition.IO)
                .config());
    fold(table, TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80).io(10, 20).rtt(5, 5));

    List<Metric> metrics = take(table, 2);

    assertThat(metrics).extracting(Metric::name).contains("tcp.rtt.min", "tcp.segments");
    assertThat(metrics).extracting(Metric::name).doesNotContain("tcp.rtt", "tcp.io");
  }

  @Test
  void histogramsTakeTheirSamplesWhereTheDefinitionSays() {
    RowTable table = table(EbpfTcpConfig.SCHEMA.defaults());
    TestRecord open =
        TestRecord.opened()
            .client("10.0.0.1", 1, "10.0.0.2", 80)
            .times(SECOND, SECOND + 250_000, SECOND + 250_000)
            .rtt(100, 100);
    fold(table, open);
    TestRecord live = TestRecord.live().client("10.0.0.1", 1, "10.0.0.2", 80).rtt(101, 90);
    fold(table, live);
    table.fold(live.memory(), 0, false);
    fold(
        table,
        TestRecord.closed()
            .client("10.0.0.1", 1, "10.0.0.2", 80)
            .times(SECOND, SECOND + 250_000, SECOND + SECOND / 2)
            .rtt(3_000_000, 50));

    List<Metric> metrics = take(table, 2);

    assertThat(histogram(metrics, "tcp.connection.handshake.duration"))
        .isEqualTo("1 2.5E-4 0.00025");
    assertThat(histogram(metrics, "tcp.connection.duration")).isEqualTo("1 0.5 0.5");
    assertThat(histogram(metrics, "tcp.rtt")).isEqualTo("2 3.000101 0.00025 Inf");
    assertThat(histogram(metrics, "tcp.rtt.min")).isEqualTo("2 1.4E-4 0.00005 0.0001");
  }

  private static String histogram(List<Metric> metrics, String name) {
    HistogramPoints points = metric(metrics, name).orElseThrow().histograms();
    assertThat(points.size()).isEqualTo(1);
    StringBuilder out = new StringBuilder().append(points.count(0)).append(' ');
    out.append(points.sum(0));
    double[] bounds = points.bounds(0);
    for (int i = 0; i < points.bucketCount(0); i++) {
      for (long n = 0; n < points.bucket(0, i); n++) {
        out.append(' ')
            .append(
                i == bounds.length
                    ? "Inf"
                    : new java.math.BigDecimal(Double.toString(bounds[i]))
                        .stripTrailingZeros()
                        .toPlainString());
      }
    }
    return out.toString();
  }

  @Test
  void aHistogramCanBeExponential() {
    RowTable table = table(TestConfigs.defaults().exponential(MetricDefinition.RTT, 20).config());
    for (int micros : new int[] {100, 1000, 1000, 1_000_000}) {
      fold(table, TestRecord.live().client("10.0.0.1", 1, "10.0.0.2", 80).rtt(micros, -1));
    }

    Metric metric = metric(take(table, 2), "tcp.rtt").orElseThrow();

    assertThat(metric.kind()).isEqualTo(Metric.Kind.EXPONENTIAL_HISTOGRAM);
    var point = ((dev.weir.pdata.ExponentialHistogramPoints) metric.points()).point(0);
    assertThat(point.count()).isEqualTo(4);
    assertThat(point.sum()).isEqualTo(1.0021);
    assertThat(point.positive().counts().length).isLessThanOrEqualTo(20);
    assertThat(java.util.Arrays.stream(point.positive().counts()).sum()).isEqualTo(4);
    double base = Math.pow(2, Math.pow(2, -point.scale()));
    int first = point.positive().offset();
    assertThat(Math.pow(base, first)).isLessThan(100e-6);
    assertThat(Math.pow(base, first + 1)).isGreaterThanOrEqualTo(100e-6 * (1 - 1e-9));
  }

  @Test
  void pastMaxRowsConnectionsAreAddedUpInTheOverflowRow() {
    RowTable table = table(TestConfigs.defaults().maxRows(3).config());
    for (int i = 1; i <= 10; i++) {
      fold(table, TestRecord.whole().client("10.0.0." + i, 1, "10.0.1.1", 80).io(i, 0));
    }

    List<Metric> metrics = take(table, 2);

    assertThat(points(metrics, "tcp.connection.opened", "source.address", "otel.metric.overflow"))
        .containsExactlyInAnyOrder("10.0.0.1 - 1", "10.0.0.2 - 1", "10.0.0.3 - 1", "- true 7");
    assertThat(
            points(metrics, "tcp.io", "otel.metric.overflow", "network.io.direction").stream()
                .filter(p -> p.startsWith("true")))
        .containsExactlyInAnyOrder("true transmit 49", "true receive 0");
    assertThat(table.overflowed()).isEqualTo(7);
    assertThat(table.overflowConnections()).isEqualTo(7);
  }

  @Test
  void overflowEntriesJoinTheRowOfTheirConnections() {
    RowTable table = table(EbpfTcpConfig.SCHEMA.defaults());
    fold(table, TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80).io(1, 1));
    TestOverflow entry =
        TestOverflow.of(ConnectionRecord.ROLE_CLIENT, "10.0.0.1", "10.0.0.2", 80, "curl")
            .outcome(Outcome.RESET)
            .put(OverflowEntry.SUM_SENT, 10)
            .put(OverflowEntry.SUM_RECEIVED, 20)
            .put(OverflowEntry.SUM_OPENED, 5)
            .put(OverflowEntry.SUM_CLOSED, 4)
            .put(OverflowEntry.SUM_FAILED, 3)
            .put(OverflowEntry.SUM_ACTIVE, 1)
            .put(OverflowEntry.SUM_RECORDS, 12);
    table.foldOverflow(entry.key, entry.sum);
    table.foldTotal(entry.sum);

    List<Metric> metrics = take(table, 2);

    assertThat(table.rows()).isEqualTo(1);
    assertThat(points(metrics, "tcp.connection.opened", "otel.metric.overflow"))
        .containsExactlyInAnyOrder("- 6", "true 5");
    assertThat(points(metrics, "tcp.connection.closed", "otel.metric.overflow", "error.type"))
        .containsExactlyInAnyOrder("- - 1", "- reset 4", "true - 4");
    assertThat(points(metrics, "tcp.connection.failed", "otel.metric.overflow", "error.type"))
        .containsExactlyInAnyOrder("- reset 3", "true other 3");
  }

  @Test
  void aDipIsCarriedUntilItIsMadeUp() {
    RowTable table = table(EbpfTcpConfig.SCHEMA.defaults());
    TestRecord live = TestRecord.live().client("10.0.0.1", 1, "10.0.0.2", 80);
    fold(table, live.io(100, 0));
    assertThat(points(take(table, 2), "tcp.io", "network.io.direction")).contains("transmit 100");

    fold(table, live.io(-1, 0));
    assertThat(points(take(table, 3), "tcp.io", "network.io.direction")).contains("transmit 100");
    assertThat(table.remainder()).isEqualTo(1);
    assertThat(table.total(Column.SENT)).isEqualTo(99);

    fold(table, live.io(5, 0));
    assertThat(points(take(table, 4), "tcp.io", "network.io.direction")).contains("transmit 104");
    assertThat(table.remainder()).isZero();
  }

  @Test
  void aRowGoesWhenNothingTouchedItAndBeginsAnewWhenItReturns() {
    RowTable table = table(EbpfTcpConfig.SCHEMA.defaults());
    TestRecord record = TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80).io(7, 0);
    fold(table, record);
    take(table, 50);
    assertThat(later(table, EXPIRATION - 1)).isZero();
    assertThat(later(table, 1)).isEqualTo(1);
    assertThat(table.rows()).isZero();
    take(table, 60);

    fold(table, record);
    Metric io = metric(take(table, 70), "tcp.io").orElseThrow();

    assertThat(io.numbers().startTime(0)).isEqualTo(60);
    assertThat(io.numbers().time(0)).isEqualTo(70);
    assertThat(io.numbers().integer(0)).isEqualTo(7);
  }

  @Test
  void aRowStaysWhileAConnectionLives() {
    RowTable table = table(EbpfTcpConfig.SCHEMA.defaults());
    fold(table, TestRecord.opened().client("10.0.0.1", 1, "10.0.0.2", 80));
    for (int i = 0; i < 10; i++) {
      take(table, 50 + i);
      fold(table, TestRecord.live().client("10.0.0.1", 1, "10.0.0.2", 80));
      assertThat(later(table, EXPIRATION / 2)).isZero();
    }
    assertThat(table.active()).isEqualTo(1);
  }

  @Test
  void aRowStaysUntilWhatItCountedIsDelivered() {
    RowTable table = table(EbpfTcpConfig.SCHEMA.defaults());
    long touched = now;
    fold(table, TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80));
    take(table, 50);
    now += 2 * EXPIRATION;
    table.now(now);

    assertThat(table.expire(EXPIRATION, touched - 1)).isZero();
    assertThat(table.expire(EXPIRATION, touched)).isEqualTo(1);
  }

  @Test
  void aCountOfLiveConnectionsThatHasNoneMovesToTheOverflowRow() {
    RowTable table = table(TestConfigs.defaults().maxRows(1).config());
    fold(table, TestRecord.whole().client("10.0.0.9", 1, "10.0.0.2", 80));
    // Opened while there was no room for a row...
    fold(table, TestRecord.opened().client("10.0.0.1", 1, "10.0.0.2", 80));
    take(table, 50);
    assertThat(later(table, EXPIRATION)).isEqualTo(1);
    // ...and closed when there was.
    fold(table, TestRecord.closed().client("10.0.0.1", 1, "10.0.0.2", 80));
    take(table, 51);
    assertThat(table.active()).isZero();

    assertThat(later(table, EXPIRATION)).isZero();

    assertThat(points(take(table, 52), "tcp.connection.active", "otel.metric.overflow"))
        .containsExactlyInAnyOrder("- 0", "true 0");
    assertThat(later(table, EXPIRATION)).isEqualTo(1);
    assertThat(table.active()).isZero();
  }

  private int later(RowTable table, long nanos) {
    now += nanos;
    table.now(now);
    return table.expire(EXPIRATION, now);
  }

  @Test
  void deltasChainAndLeaveZerosOut() {
    RowTable table = table(TestConfigs.defaults().delta().config());
    fold(table, TestRecord.opened().client("10.0.0.1", 1, "10.0.0.2", 80).io(5, 0));
    List<Metric> first = take(table, 10);
    List<Metric> second = take(table, 20);
    fold(table, TestRecord.live().client("10.0.0.1", 1, "10.0.0.2", 80).io(3, 4));
    List<Metric> third = take(table, 30);

    assertThat(spans(first, "tcp.io")).containsExactly("1..10 5");
    assertThat(metric(second, "tcp.io")).isEmpty();
    assertThat(spans(third, "tcp.io")).containsExactlyInAnyOrder("10..30 3", "1..30 4");
    assertThat(metric(third, "tcp.connection.opened")).isEmpty();
    Metric active = metric(second, "tcp.connection.active").orElseThrow();
    assertThat(active.temporality()).isEqualTo(Metric.Temporality.CUMULATIVE);
    assertThat(active.monotonic()).isFalse();
    assertThat(points(third, "tcp.connection.active")).containsExactly("1");
  }

  private static List<String> spans(List<Metric> metrics, String name) {
    List<String> spans = new ArrayList<>();
    var points = metric(metrics, name).orElseThrow().numbers();
    for (int i = 0; i < points.size(); i++) {
      spans.add(points.startTime(i) + ".." + points.time(i) + " " + points.integer(i));
    }
    return spans;
  }

  @Test
  void metricsOfOneRowShareTheirAttributes() {
    RowTable table = table(EbpfTcpConfig.SCHEMA.defaults());
    fold(
        table,
        TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80).io(1, 1).segments(1, 1, 0, 0));
    List<Metric> metrics = take(table, 2);
    List<Metric> next = take(table, 3);

    Attributes io = metric(metrics, "tcp.io").orElseThrow().numbers().attributes(0);
    assertThat(metric(metrics, "tcp.segments").orElseThrow().numbers().attributes(0)).isSameAs(io);
    assertThat(metric(next, "tcp.io").orElseThrow().numbers().attributes(0)).isSameAs(io);
    Consumer<String> base =
        name ->
            assertThat(metric(metrics, name).orElseThrow().numbers().attributes(0))
                .isSameAs(
                    metric(metrics, "tcp.connection.opened").orElseThrow().numbers().attributes(0));
    base.accept("tcp.retransmits");
    base.accept("tcp.connection.active");
  }

  private static TestRecord fields(long snapshot, long cwnd, long rto, long unacked, long backoff) {
    return TestRecord.fields(snapshot)
        .field(TcpField.SND_CWND, cwnd)
        .field(TcpField.RTO, rto)
        .field(TcpField.UNACKED, unacked)
        .field(TcpField.BACKOFF, backoff);
  }

  private RowTable gauges() {
    return table(
        TestConfigs.defaults()
            .gauge(MetricDefinition.INFO_SND_CWND)
            .gauge(MetricDefinition.INFO_RTO)
            .gauge(MetricDefinition.INFO_UNACKED)
            .gauge(MetricDefinition.INFO_BACKOFF)
            .config());
  }

  private static List<Double> reals(List<Metric> metrics, String name) {
    List<Double> values = new ArrayList<>();
    metric(metrics, name)
        .ifPresent(
            m -> {
              assertThat(m.kind()).isEqualTo(Metric.Kind.GAUGE);
              for (int i = 0; i < m.numbers().size(); i++) {
                values.add(
                    m.numbers().isReal(i) ? m.numbers().real(i) : (double) m.numbers().integer(i));
              }
            });
    return values;
  }

  @Test
  void aGaugeIsMadeOfTheLiveConnectionsOfTheRow() {
    RowTable table = gauges();
    fold(table, TestRecord.live().client("10.0.0.1", 40000, "10.0.0.2", 80));
    fold(table, fields(5, 10, 200_000, 3, 1));
    fold(table, TestRecord.live().client("10.0.0.1", 40001, "10.0.0.2", 80));
    fold(table, fields(5, 20, 300_000, 4, 0));
    List<Metric> metrics = take(table, 2);

    assertThat(reals(metrics, "tcp.info.snd_cwnd")).containsExactly(15.0);
    assertThat(reals(metrics, "tcp.info.rto")).containsExactly(0.25);
    assertThat(reals(metrics, "tcp.info.unacked")).containsExactly(7.0);
    assertThat(reals(metrics, "tcp.info.backoff")).containsExactly(1.0);
  }

  @Test
  void aGaugeIsOfTheLastSnapshotOnly() {
    RowTable table = gauges();
    fold(table, TestRecord.live().client("10.0.0.1", 40000, "10.0.0.2", 80));
    fold(table, fields(5, 10, 200_000, 3, 4));
    fold(table, TestRecord.live().client("10.0.0.1", 40000, "10.0.0.2", 443));
    fold(table, fields(5, 99, 200_000, 3, 4));
    // Nobody took that one, and the second connection has gone.
    fold(table, TestRecord.live().client("10.0.0.1", 40000, "10.0.0.2", 80));
    fold(table, fields(6, 12, 200_000, 5, 2));
    List<Metric> metrics = take(table, 2);

    assertThat(reals(metrics, "tcp.info.snd_cwnd")).containsExactly(12.0);
    assertThat(reals(metrics, "tcp.info.unacked")).containsExactly(5.0);
    assertThat(reals(metrics, "tcp.info.backoff")).containsExactly(2.0);
    assertThat(metric(take(table, 3), "tcp.info.snd_cwnd")).isEmpty();
  }

  @Test
  void whatTheKernelDoesNotKnowAddsNothingToAGauge() {
    RowTable table =
        table(TestConfigs.defaults().gauge(MetricDefinition.INFO_SND_SSTHRESH).config());
    fold(table, TestRecord.live().client("10.0.0.1", 40000, "10.0.0.2", 80));
    fold(table, TestRecord.fields(5).field(TcpField.SND_SSTHRESH, TcpField.UNKNOWN));
    assertThat(metric(take(table, 2), "tcp.info.snd_ssthresh")).isEmpty();

    fold(table, TestRecord.live().client("10.0.0.1", 40000, "10.0.0.2", 80));
    fold(table, TestRecord.fields(6).field(TcpField.SND_SSTHRESH, TcpField.UNKNOWN));
    fold(table, TestRecord.live().client("10.0.0.1", 40001, "10.0.0.2", 80));
    fold(table, TestRecord.fields(6).field(TcpField.SND_SSTHRESH, 30));
    assertThat(reals(take(table, 3), "tcp.info.snd_ssthresh")).containsExactly(30.0);
  }

  @Test
  void gaugesThatAreOffCostNoRoomInARow() {
    RowLayout without = new RowLayout(EbpfTcpConfig.SCHEMA.defaults());
    assertThat(without.gauges).isEmpty();
    assertThat(without.stride).isEqualTo(without.gaugeSnapshot);
    assertThat(EbpfTcpConfig.SCHEMA.defaults().wantsFields()).isFalse();
  }
}
