package dev.weir.receiver.ebpftcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.bpf.ConnectionRecord;
import dev.weir.bpf.Outcome;
import dev.weir.bpf.OverflowEntry;
import dev.weir.pdata.Attributes;
import dev.weir.pdata.HistogramPoints;
import dev.weir.pdata.Metric;
import dev.weir.pdata.Points;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random records in any order, with repeats, torn reads, overflow entries, too many rows and
 * expiry: what is exported adds up to what was put in, and no exported counter ever goes down.
 */
@SuppressWarnings("EnumOrdinal") // counts by column
class RowTablePropertyTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long EXPIRATION = 20 * SECOND;

  /** A series of one metric: what a store downstream would key by. */
  private record SeriesKey(String metric, Attributes attributes) {}

  /** What a store downstream knows of a series. */
  private static final class Seen {
    long startTime;
    long time;
    long value;
    long beforeRestart;
  }

  private final Map<SeriesKey, Seen> store = new HashMap<>();
  private final long[] put = new long[Column.COUNT];
  private long rttSamples;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void sumsStayExactAndCountersNeverGoDown(long seed) {
    run(seed, false);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void deltasAddUpAndEachBeginsWhereTheLastOneOfItsSeriesEnded(long seed) {
    run(seed, true);
  }

  private void run(long seed, boolean delta) {
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    TestConfigs configs = TestConfigs.defaults().maxRows(1 + random.nextInt(60));
    if (delta) {
      configs.delta();
    }
    if (random.nextBoolean()) {
      configs.exponential(MetricDefinition.RTT_MIN, 10);
    }
    long now = random.nextLong(-SECOND, SECOND);
    long epoch = 1_000_000;
    RowTable table = new RowTable(configs.config(), Identity.Resolver.NOBODY, random, epoch, now);
    MetricBatch batch =
        new MetricBatch(table, delta ? Metric.Temporality.DELTA : Metric.Temporality.CUMULATIVE);
    long delivered = now;
    for (int round = 0; round < 400; round++) {
      int records = random.nextInt(40);
      for (int i = 0; i < records; i++) {
        table.now(now);
        record(table, random);
      }
      now += random.nextLong(3 * SECOND);
      epoch += 1000;
      table.now(now);
      List<Metric> taken = batch.take(epoch);
      remember(taken, delta, seed);
      delivered = random.nextInt(4) == 0 ? delivered : now;
      table.expire(EXPIRATION, delivered);
      assertThat(table.rows()).isLessThanOrEqualTo((int) configs.config().maxRows());
    }
    // All dips are made up in the end, as a connection's last record makes up for a torn read.
    makeUp(table);
    remember(batch.take(epoch + 1000), delta, seed);

    assertThat(table.remainder()).as("seed %d", seed).isZero();
    for (MetricDefinition metric : MetricDefinition.values()) {
      if (metric.kind() == MetricDefinition.Kind.COUNTER) {
        long expected = metric.columns().stream().mapToLong(c -> put[c.ordinal()]).sum();
        assertThat(stored(metric.metricName()))
            .as("%s, seed %d", metric.metricName(), seed)
            .isEqualTo(expected);
      }
    }
    assertThat(table.active()).as("active, seed %d", seed).isEqualTo(put[Column.ACTIVE.ordinal()]);
    assertThat(stored("tcp.rtt")).as("rtt, seed %d", seed).isEqualTo(rttSamples);
  }

  private long stored(String metric) {
    return store.entrySet().stream()
        .filter(e -> e.getKey().metric().equals(metric))
        .mapToLong(e -> e.getValue().value + e.getValue().beforeRestart)
        .sum();
  }

  private void remember(List<Metric> metrics, boolean delta, long seed) {
    for (Metric metric : metrics) {
      Points points = metric.points();
      for (int i = 0; i < points.size(); i++) {
        SeriesKey key = new SeriesKey(metric.name(), points.attributes(i));
        long value =
            switch (metric.kind()) {
              case SUM -> metric.numbers().integer(i);
              case HISTOGRAM -> count(metric.histograms(), i);
              default -> 0;
            };
        Seen seen = store.get(key);
        if (metric.temporality() == Metric.Temporality.DELTA) {
          rememberDelta(key, seen, points, i, value, metric, seed);
        } else {
          rememberCumulative(key, seen, points, i, value, metric, seed);
        }
        assertThat(points.startTime(i)).as("seed %d", seed).isLessThan(points.time(i));
      }
    }
    assertThat(metrics.stream().map(Metric::name)).as("delta %s", delta).doesNotHaveDuplicates();
  }

  private void rememberDelta(
      SeriesKey key,
      @org.jspecify.annotations.Nullable Seen seen,
      Points points,
      int i,
      long value,
      Metric metric,
      long seed) {
    Seen next = seen == null ? new Seen() : seen;
    if (seen != null) {
      // A row that was forgotten begins later, never earlier: no two deltas overlap.
      assertThat(points.startTime(i))
          .as("%s, seed %d", key, seed)
          .isGreaterThanOrEqualTo(seen.time);
    }
    if (metric.kind() == Metric.Kind.SUM) {
      assertThat(value).as("%s, seed %d", key, seed).isPositive();
    }
    next.time = points.time(i);
    next.value += value;
    store.put(key, next);
  }

  private void rememberCumulative(
      SeriesKey key,
      @org.jspecify.annotations.Nullable Seen seen,
      Points points,
      int i,
      long value,
      Metric metric,
      long seed) {
    Seen next = seen == null ? new Seen() : seen;
    if (seen != null) {
      assertThat(points.time(i)).as("one point a batch: %s", key).isGreaterThan(seen.time);
      if (points.startTime(i) == seen.startTime) {
        if (metric.monotonic() || metric.kind() == Metric.Kind.HISTOGRAM) {
          assertThat(value).as("%s, seed %d", key, seed).isGreaterThanOrEqualTo(seen.value);
        }
      } else {
        assertThat(points.startTime(i))
            .as("%s begins anew after its last point, seed %d", key, seed)
            .isGreaterThanOrEqualTo(seen.time);
        next.beforeRestart += seen.value;
      }
    }
    next.startTime = points.startTime(i);
    next.time = points.time(i);
    next.value = value;
    store.put(key, next);
  }

  private static long count(HistogramPoints points, int i) {
    long sum = 0;
    for (int bucket = 0; bucket < points.bucketCount(i); bucket++) {
      sum += points.bucket(i, bucket);
    }
    assertThat(sum).isEqualTo(points.count(i));
    return sum;
  }

  private void record(RowTable table, Random random) {
    String client = "10.0.0." + random.nextInt(12);
    String server = "10.1.0." + random.nextInt(6);
    if (random.nextInt(12) == 0) {
      overflow(table, random, client, server);
      return;
    }
    int[] effects = {
      0,
      0,
      ConnectionRecord.OPENED | ConnectionRecord.ACTIVATED,
      ConnectionRecord.ACTIVATED | ConnectionRecord.ADOPTED,
      ConnectionRecord.DEACTIVATED | ConnectionRecord.CLOSED,
      ConnectionRecord.OPENED
          | ConnectionRecord.ACTIVATED
          | ConnectionRecord.DEACTIVATED
          | ConnectionRecord.CLOSED,
      ConnectionRecord.FAILED
    };
    int effect = effects[random.nextInt(effects.length)];
    int kind =
        (effect & ConnectionRecord.CLOSED) != 0
            ? ConnectionRecord.KIND_CLOSE
            : effect == ConnectionRecord.FAILED
                ? ConnectionRecord.KIND_FAIL
                : ConnectionRecord.KIND_LIVE;
    Outcome[] outcomes = {Outcome.NONE, Outcome.RESET, Outcome.TIMED_OUT, Outcome.REFUSED};
    Outcome outcome = outcomes[random.nextInt(outcomes.length)];
    TestRecord record = TestRecord.of(kind, effect).outcome(outcome);
    if (random.nextBoolean()) {
      record.client(client, 1024 + random.nextInt(60000), server, 80);
    } else {
      record.server(server, 80, client, 1024 + random.nextInt(60000));
    }
    // A repeat in a snapshot brings zeros; a torn read brings one too much, then one too few.
    long sent = random.nextInt(3) == 0 ? 0 : random.nextInt(1000) - 30;
    long received = random.nextInt(3) == 0 ? 0 : random.nextInt(1000) - 30;
    int[] segments = new int[6];
    for (int i = 0; i < 6; i++) {
      segments[i] = random.nextInt(8) - 1;
    }
    record.io(sent, received).segments(segments).rtt(random.nextInt(3) * 700, random.nextInt(9000));
    boolean sampled = random.nextBoolean();
    table.fold(record.memory(), 0, sampled);
    if (ConnectionRecord.srttMicros(record.memory(), 0) != 0
        && ((kind == ConnectionRecord.KIND_LIVE && sampled)
            || (effect & ConnectionRecord.CLOSED) != 0)) {
      rttSamples++;
    }
    put[Column.OPENED.ordinal()] += effect & 1;
    put[Column.ACTIVE.ordinal()] += (effect >> 1 & 1) - (effect >> 2 & 1);
    if ((effect & ConnectionRecord.CLOSED) != 0) {
      put[Column.closed(outcome.ordinal())]++;
    }
    if ((effect & ConnectionRecord.FAILED) != 0) {
      put[Column.failed(outcome.ordinal())]++;
    }
    add(Column.SENT, sent);
    add(Column.RECEIVED, received);
    add(Column.SEGMENTS_OUT, segments[0]);
    add(Column.SEGMENTS_IN, segments[1]);
    add(Column.RETRANSMITS, segments[2]);
    add(Column.LOST, segments[3]);
    add(Column.RESETS_OUT, segments[4]);
    add(Column.RESETS_IN, segments[5]);
  }

  private void overflow(RowTable table, Random random, String client, String server) {
    TestOverflow entry =
        TestOverflow.of(ConnectionRecord.ROLE_CLIENT, client, server, 80, "curl")
            .put(OverflowEntry.SUM_SENT, random.nextInt(5000))
            .put(OverflowEntry.SUM_SEGMENTS_OUT, 4)
            .put(OverflowEntry.SUM_OPENED, 3)
            .put(OverflowEntry.SUM_CLOSED, 2)
            .put(OverflowEntry.SUM_ACTIVE, 1)
            .put(OverflowEntry.SUM_RECORDS, 5);
    if (random.nextInt(3) == 0) {
      table.foldTotal(entry.sum);
    } else {
      table.foldOverflow(entry.key, entry.sum);
    }
    add(Column.SENT, OverflowEntry.sum(entry.sum, OverflowEntry.SUM_SENT));
    add(Column.SEGMENTS_OUT, 4);
    add(Column.OPENED, 3);
    add(Column.CLOSED, 2);
    add(Column.ACTIVE, 1);
  }

  private void makeUp(RowTable table) {
    table.forEach(
        row -> {
          long[] s = table.row(row);
          int base = table.offset(row) + table.layout.columns;
          int marks = table.offset(row) + table.layout.marks;
          for (int column = Column.FIRST_COUNTER; column < Column.COUNT; column++) {
            long dip = s[marks + column] - s[base + column];
            if (dip > 0) {
              s[base + column] += dip;
              put[column] += dip;
            }
          }
        });
  }

  private void add(Column column, long value) {
    put[column.ordinal()] += value;
  }
}
