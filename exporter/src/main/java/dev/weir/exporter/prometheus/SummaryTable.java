package dev.weir.exporter.prometheus;

import dev.weir.pdata.Points;
import dev.weir.pdata.SummaryPoints;
import dev.weir.pipeline.exposition.Thresholds;
import java.io.IOException;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Summaries: the last point's quantiles. */
final class SummaryTable extends SeriesTable {
  private static final int ROWS_AT_ONCE = 64;

  private double @Nullable [] lastRaw;
  private @Nullable Thresholds lastThresholds;
  private @Nullable Thresholds[] quantiles = new @Nullable Thresholds[16];
  private double[][] values = new double[16][];
  private long[] counts = new long[16];
  private double[] sums = new double[16];

  SummaryTable(SeriesStore store, Source source, Family family, String metricName) {
    super(store, source, family, metricName, ROWS_AT_ONCE);
  }

  @Override
  @Nullable DropReason invalid(Points points, int i) {
    return null;
  }

  @Override
  void replace(int row, Points points, int i) {
    SummaryPoints summaries = (SummaryPoints) points;
    quantiles[row] = thresholds(summaries.quantiles(i));
    values[row] = summaries.values(i);
    counts[row] = summaries.count(i);
    sums[row] = summaries.sum(i);
  }

  private Thresholds thresholds(double[] raw) {
    Thresholds known = lastThresholds;
    if (known == null || !Arrays.equals(raw, lastRaw)) {
      known = Thresholds.quantiles(raw);
      lastRaw = raw;
      lastThresholds = known;
    }
    return known;
  }

  @Override
  @Nullable DropReason addDelta(int row, Points points, int i) {
    throw new IllegalStateException("a summary has no temporality");
  }

  @Override
  void write(PageWriter page, int row, Claim claim) throws IOException {
    page.writer()
        .summary(
            claim.labels(),
            Objects.requireNonNull(quantiles[row]),
            values[row],
            0,
            counts[row],
            sums[row],
            page.time(time(row)));
    page.created(claim.labels(), start(row));
  }

  @Override
  void grow(int capacity) {
    quantiles = Arrays.copyOf(quantiles, capacity);
    values = Arrays.copyOf(values, capacity);
    counts = Arrays.copyOf(counts, capacity);
    sums = Arrays.copyOf(sums, capacity);
  }

  @Override
  @SuppressWarnings(
      "NullAway") // an empty row has no values; the element type has no other spelling
  void clear(int row) {
    quantiles[row] = null;
    values[row] = null;
  }
}
