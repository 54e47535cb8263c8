package dev.weir.receiver.ebpftcp;

import dev.weir.bpf.TcpField;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Where everything stands in a row, and what is exported of it: computed once from the config.
 *
 * <pre>
 * key | touched | sums of histograms | columns | started | marks | [sent times, delta only] | buckets
 *     | [snapshot, value and count a gauge]
 * </pre>
 *
 * <p>A mark is the greatest value of a column that was ever exported: cumulative points are never
 * below it, a delta is what lies above it. An explicit histogram is its sum in nanoseconds and its
 * buckets; exponential ones are objects beside the row. What each record touches stands in front.
 */
@SuppressWarnings("EnumOrdinal") // ordinals are the positions in a row
final class RowLayout {
  /** One histogram: which metric, where in the row, by which bounds. */
  record Histogram(
      MetricDefinition metric, int sum, int buckets, ExplicitBounds bounds, int index) {}

  /**
   * One gauge: which metric, and where in the row its value of the last snapshot stands; how many
   * connections that is of stands behind it.
   */
  record Gauge(MetricDefinition metric, TcpField field, int value) {}

  /** One point of a number metric: which columns it adds up, with which attribute set. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Series(MetricDefinition metric, int[] columns, int variant, boolean rare, int index) {}

  final boolean sourceAddress;
  final boolean destinationAddress;
  final boolean process;
  final boolean sourcePort;
  final boolean destinationPort;
  final boolean reporter;
  final boolean networkType;
  final boolean side;
  final boolean pid;
  final boolean namespace;
  final boolean identity;

  final boolean delta;
  final int keyLength;
  final int touched;
  final int started;
  final int columns;
  final int marks;
  final int sentTimes;
  final int stride;

  final Set<AttributeDefinition> attributes;
  final List<MetricDefinition> numbers;
  final List<Series> series;
  final List<Histogram> explicit;
  final List<MetricDefinition> exponential;
  final List<MetricDefinition> histograms;
  final List<Gauge> gauges;

  /** Where the number of the snapshot stands that the gauges are of, if there are any. */
  final int gaugeSnapshot;

  RowLayout(EbpfTcpConfig config) {
    attributes = EnumSet.noneOf(AttributeDefinition.class);
    for (AttributeDefinition attribute : AttributeDefinition.values()) {
      if (config.onMetrics(attribute)) {
        attributes.add(attribute);
      }
    }
    sourceAddress = attributes.contains(AttributeDefinition.SOURCE_ADDRESS);
    destinationAddress = attributes.contains(AttributeDefinition.DESTINATION_ADDRESS);
    process = attributes.contains(AttributeDefinition.PROCESS_EXECUTABLE_NAME);
    sourcePort = attributes.contains(AttributeDefinition.SOURCE_PORT);
    destinationPort = attributes.contains(AttributeDefinition.DESTINATION_PORT);
    reporter = attributes.contains(AttributeDefinition.REPORTER);
    networkType = attributes.contains(AttributeDefinition.NETWORK_TYPE);
    pid = attributes.contains(AttributeDefinition.PROCESS_PID);
    namespace = attributes.contains(AttributeDefinition.NETWORK_NAMESPACE);
    identity =
        attributes.contains(AttributeDefinition.CONTAINER_ID)
            || attributes.contains(AttributeDefinition.K8S_POD_UID);
    side = process || pid || identity;
    keyLength =
        (sourceAddress ? 2 : 0)
            + (destinationAddress ? 2 : 0)
            + (process ? 2 : 0)
            + 1
            + (pid || namespace ? 1 : 0)
            + (identity ? 1 : 0);
    delta = config.temporality() == EbpfTcpConfig.TemporalityChoice.DELTA;

    numbers = new ArrayList<>();
    series = new ArrayList<>();
    histograms = new ArrayList<>();
    exponential = new ArrayList<>();
    explicit = new ArrayList<>();
    gauges = new ArrayList<>();
    for (MetricDefinition metric : MetricDefinition.values()) {
      if (!config.exports(metric)) {
        continue;
      }
      if (metric.kind() == MetricDefinition.Kind.HISTOGRAM) {
        histograms.add(metric);
      } else if (metric.kind() != MetricDefinition.Kind.GAUGE) {
        numbers.add(metric);
        addSeries(metric);
      }
    }

    touched = keyLength;
    int sums = touched + 1;
    columns = sums + histograms.size();
    started = columns + Column.COUNT;
    marks = started + 1;
    sentTimes = marks + Column.COUNT;
    int at = sentTimes + (delta ? series.size() + histograms.size() : 0);
    for (int i = 0; i < histograms.size(); i++) {
      MetricDefinition metric = histograms.get(i);
      EbpfTcpConfig.MetricSettings settings = config.settings(metric);
      if (settings.kind() == EbpfTcpConfig.HistogramKind.EXPONENTIAL) {
        exponential.add(metric);
      } else {
        ExplicitBounds bounds = new ExplicitBounds(settings.bounds());
        explicit.add(new Histogram(metric, sums + i, at, bounds, i));
        at += bounds.buckets();
      }
    }
    gaugeSnapshot = at++;
    for (MetricDefinition metric : MetricDefinition.values()) {
      TcpField field = metric.field();
      if (field != null && config.exports(metric)) {
        gauges.add(new Gauge(metric, field, at));
        at += 2;
      }
    }
    stride = gauges.isEmpty() ? gaugeSnapshot : at;
  }

  /** Adds the points of one metric: columns of one attribute set go together. */
  private void addSeries(MetricDefinition metric) {
    boolean directions = attributes.contains(AttributeDefinition.NETWORK_IO_DIRECTION);
    boolean errors = attributes.contains(AttributeDefinition.ERROR_TYPE);
    List<List<Column>> groups = new ArrayList<>();
    List<Integer> variants = new ArrayList<>();
    for (Column column : metric.columns()) {
      int variant = column.variant();
      boolean shown =
          (variant == Column.Variant.TRANSMIT || variant == Column.Variant.RECEIVE)
              ? directions
              : errors;
      int group = variants.indexOf(shown ? variant : Column.Variant.BASE);
      if (group < 0) {
        group = groups.size();
        groups.add(new ArrayList<>());
        variants.add(shown ? variant : Column.Variant.BASE);
      }
      groups.get(group).add(column);
    }
    for (int i = 0; i < groups.size(); i++) {
      List<Column> group = groups.get(i);
      series.add(
          new Series(
              metric,
              group.stream().mapToInt(Column::ordinal).toArray(),
              variants.get(i),
              group.stream().allMatch(Column::rare),
              series.size()));
    }
  }
}
