package dev.weir.receiver.ebpftcp;

import dev.weir.pdata.ExponentialHistogramPoints;
import dev.weir.pdata.HistogramPoints;
import dev.weir.pdata.Metric;
import dev.weir.pdata.Metric.Temporality;
import dev.weir.pdata.NumberPoints;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes metrics of a {@link RowTable}: each interval a batch. Points of one row hold the same
 * {@code Attributes} instances.
 *
 * <p>Counters never go down: a value that is below what was exported before (a torn read of a
 * socket without its lock) is carried until it is made up. Cumulative points begin when their row
 * began, delta points where the last one of their series that was made ended; deltas of zero are
 * left out. {@code tcp.connection.active} is cumulative in both.
 */
@SuppressWarnings("EnumOrdinal") // ordinals are the positions in a row
final class MetricBatch {
  private final RowTable table;
  private final RowLayout layout;
  private final Temporality temporality;

  MetricBatch(RowTable table, Temporality temporality) {
    this.table = table;
    this.layout = table.layout;
    this.temporality = temporality;
  }

  /**
   * Returns the metrics as of now; those without any point are left out.
   *
   * @param time nanoseconds since 1970
   */
  List<Metric> take(long time) {
    int capacity = table.rows() + 1;
    NumberPoints[] numbers = new NumberPoints[layout.numbers.size()];
    int[] numberOf = new int[layout.series.size()];
    for (RowLayout.Series series : layout.series) {
      int i = layout.numbers.indexOf(series.metric());
      numberOf[series.index()] = i;
      if (numbers[i] == null) {
        numbers[i] = new NumberPoints(series.rare() || layout.delta ? 16 : capacity * 2);
      }
    }
    HistogramPoints[] explicit = new HistogramPoints[layout.histograms.size()];
    for (RowLayout.Histogram histogram : layout.explicit) {
      explicit[histogram.index()] = new HistogramPoints(layout.delta ? 16 : capacity);
    }
    ExponentialHistogramPoints[] exponential =
        new ExponentialHistogramPoints[layout.histograms.size()];
    for (MetricDefinition metric : layout.exponential) {
      exponential[layout.histograms.indexOf(metric)] = new ExponentialHistogramPoints(16);
    }
    NumberPoints[] gauges = new NumberPoints[layout.gauges.size()];
    Arrays.setAll(gauges, _ -> new NumberPoints(capacity));
    table.forEach(
        row -> {
          long[] s = table.row(row);
          int base = table.offset(row);
          for (RowLayout.Series series : layout.series) {
            number(row, s, base, series, time, numbers[numberOf[series.index()]]);
          }
          for (RowLayout.Histogram histogram : layout.explicit) {
            histogram(row, s, base, histogram, time, explicit[histogram.index()]);
          }
          for (MetricDefinition metric : layout.exponential) {
            int which = layout.histograms.indexOf(metric);
            exponential(row, s, base, which, time, exponential[which]);
          }
          if (gauges.length > 0 && table.hasGauges(s, base)) {
            gauges(row, s, base, time, gauges);
          }
        });
    table.gaugesTaken();
    table.startOfNewRows(time);
    List<Metric> metrics = metrics(numbers, explicit, exponential);
    for (int i = 0; i < gauges.length; i++) {
      if (gauges[i].size() > 0) {
        MetricDefinition metric = layout.gauges.get(i).metric();
        metrics.add(
            Metric.gauge(metric.metricName(), metric.description(), metric.unit(), gauges[i]));
      }
    }
    return metrics;
  }

  private void number(
      int row, long[] s, int base, RowLayout.Series series, long time, NumberPoints out) {
    if (series.metric() == MetricDefinition.ACTIVE) {
      active(row, s, base, time, out);
      return;
    }
    long value = 0;
    long before = 0;
    for (int column : series.columns()) {
      int mark = base + layout.marks + column;
      long exported = s[mark];
      long next = Math.max(exported, s[base + layout.columns + column]);
      before += exported;
      value += next;
      s[mark] = next;
    }
    if (layout.delta) {
      if (value != before) {
        long start = start(s, base, series.index(), time);
        out.add(table.attributes(row, series.variant()), start, time, value - before);
      }
    } else if (value != 0 || !series.rare()) {
      out.add(table.attributes(row, series.variant()), s[base + layout.started], time, value);
    }
  }

  private void gauges(int row, long[] s, int base, long time, NumberPoints[] out) {
    for (int i = 0; i < out.length; i++) {
      RowLayout.Gauge gauge = layout.gauges.get(i);
      long value = s[base + gauge.value()];
      long count = s[base + gauge.value() + 1];
      if (count == 0) {
        continue;
      }
      boolean average = gauge.metric().aggregation() == MetricDefinition.Aggregation.AVERAGE;
      double divisor = gauge.metric().divisor();
      if (average || divisor != 1) {
        out[i].addReal(
            table.attributes(row, Column.Variant.BASE),
            s[base + layout.started],
            time,
            (average ? (double) value / count : value) / divisor);
      } else {
        out[i].add(
            table.attributes(row, Column.Variant.BASE), s[base + layout.started], time, value);
      }
    }
  }

  private void active(int row, long[] s, int base, long time, NumberPoints out) {
    int column = Column.ACTIVE.ordinal();
    long value = s[base + layout.columns + column];
    int mark = base + layout.marks + column;
    if (!layout.delta || value != 0 || s[mark] != 0) {
      out.add(table.attributes(row, Column.Variant.BASE), s[base + layout.started], time, value);
    }
    s[mark] = value;
  }

  /** Returns where the delta of a series begins, and notes that it ends at {@code time}. */
  private long start(long[] s, int base, int series, long time) {
    int at = base + layout.sentTimes + series;
    long last = s[at];
    s[at] = time;
    return last == 0 ? s[base + layout.started] : last;
  }

  private void histogram(
      int row, long[] s, int base, RowLayout.Histogram histogram, long time, HistogramPoints out) {
    int sum = base + histogram.sum();
    int at = base + histogram.buckets();
    int buckets = histogram.bounds().buckets();
    long count = 0;
    for (int i = 0; i < buckets; i++) {
      count += s[at + i];
    }
    if (count == 0) {
      return;
    }
    long start =
        layout.delta
            ? start(s, base, layout.series.size() + histogram.index(), time)
            : s[base + layout.started];
    out.add(
        table.attributes(row, Column.Variant.BASE),
        start,
        time,
        count,
        s[sum] / 1e9,
        histogram.bounds().seconds(),
        s,
        at);
    if (layout.delta) {
      s[sum] = 0;
      Arrays.fill(s, at, at + buckets, 0);
    }
  }

  private void exponential(
      int row, long[] s, int base, int which, long time, ExponentialHistogramPoints out) {
    ExponentialHistogram histogram = table.exponentialOf(row, which);
    if (histogram == null || histogram.count() == 0) {
      return;
    }
    long start =
        layout.delta
            ? start(s, base, layout.series.size() + which, time)
            : s[base + layout.started];
    out.add(table.attributes(row, Column.Variant.BASE), start, time, histogram.point());
    if (layout.delta) {
      histogram.clear();
    }
  }

  private List<Metric> metrics(
      @Nullable NumberPoints[] numbers,
      @Nullable HistogramPoints[] explicit,
      @Nullable ExponentialHistogramPoints[] exponential) {
    List<Metric> metrics = new ArrayList<>();
    for (int i = 0; i < numbers.length; i++) {
      NumberPoints points = numbers[i];
      MetricDefinition metric = layout.numbers.get(i);
      if (points != null && points.size() > 0) {
        boolean monotonic = metric.kind() == MetricDefinition.Kind.COUNTER;
        metrics.add(
            Metric.sum(
                metric.metricName(),
                metric.description(),
                metric.unit(),
                monotonic ? temporality : Temporality.CUMULATIVE,
                monotonic,
                points));
      }
    }
    for (int i = 0; i < explicit.length; i++) {
      MetricDefinition metric = layout.histograms.get(i);
      HistogramPoints points = explicit[i];
      if (points != null && points.size() > 0) {
        metrics.add(
            Metric.histogram(
                metric.metricName(), metric.description(), metric.unit(), temporality, points));
      }
      ExponentialHistogramPoints bases = exponential[i];
      if (bases != null && bases.size() > 0) {
        metrics.add(
            Metric.exponentialHistogram(
                metric.metricName(), metric.description(), metric.unit(), temporality, bases));
      }
    }
    return metrics;
  }
}
