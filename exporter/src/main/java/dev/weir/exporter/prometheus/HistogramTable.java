package dev.weir.exporter.prometheus;

import dev.weir.pdata.HistogramPoints;
import dev.weir.pdata.Points;
import dev.weir.pipeline.exposition.Thresholds;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Histograms with explicit bounds. A row has its own array of counts, made with the series and
 * written over by each point; rows share the rendered bounds.
 */
final class HistogramTable extends SeriesTable {
  private static final int ROWS_AT_ONCE = 32;
  private static final int KNOWN_BOUNDS = 16;

  /** Bounds that were seen, as the points have them and as they are written. */
  @SuppressWarnings("ArrayRecordComponent") // compared by Arrays.equals where it matters
  private record Known(double[] raw, Thresholds thresholds) {}

  private final List<Known> known = new ArrayList<>();
  private double @Nullable [] lastRaw;
  private @Nullable Thresholds lastThresholds;
  private @Nullable Thresholds[] bounds = new @Nullable Thresholds[16];
  private long[][] buckets = new long[16][];
  private long[] counts = new long[16];
  private double[] sums = new double[16];

  HistogramTable(SeriesStore store, Source source, Family family, String metricName) {
    super(store, source, family, metricName, ROWS_AT_ONCE);
  }

  @Override
  @Nullable DropReason invalid(Points points, int i) {
    HistogramPoints histograms = (HistogramPoints) points;
    int bucketCount = histograms.bucketCount(i);
    double[] raw = histograms.bounds(i);
    if (bucketCount != 0 && bucketCount != raw.length + 1) {
      return DropReason.INVALID_HISTOGRAM;
    }
    try {
      thresholds(raw);
      return null;
    } catch (IllegalArgumentException e) {
      return DropReason.INVALID_HISTOGRAM;
    }
  }

  @SuppressWarnings("ReferenceEquality") // points of one source share one array
  private Thresholds thresholds(double[] raw) {
    if (raw == lastRaw && lastThresholds != null) {
      return lastThresholds;
    }
    Thresholds found = null;
    for (Known one : known) {
      if (Arrays.equals(one.raw(), raw)) {
        found = one.thresholds();
      }
    }
    if (found == null) {
      // A last bound of infinity says what every histogram has anyway.
      boolean closed = raw.length > 0 && raw[raw.length - 1] == Double.POSITIVE_INFINITY;
      found = Thresholds.bounds(closed ? Arrays.copyOf(raw, raw.length - 1) : raw);
      if (known.size() == KNOWN_BOUNDS) {
        known.removeFirst();
      }
      known.add(new Known(raw, found));
    }
    lastRaw = raw;
    lastThresholds = found;
    return found;
  }

  @Override
  void replace(int row, Points points, int i) {
    HistogramPoints histograms = (HistogramPoints) points;
    Thresholds thresholds = thresholds(histograms.bounds(i));
    long[] own = buckets[row];
    if (own == null || own.length != thresholds.size()) {
      own = new long[thresholds.size()];
      buckets[row] = own;
    }
    boolean counted = histograms.bucketCount(i) > 0;
    for (int b = 0; b < own.length; b++) {
      own[b] = counted ? histograms.bucket(i, b) : 0;
    }
    bounds[row] = thresholds;
    counts[row] = histograms.count(i);
    sums[row] = histograms.sum(i);
  }

  /**
   * Adds where the delta begins at the last one's end. Where it begins later, the source began
   * anew; where it overlaps, it is dropped: as the Collector does. Other bounds replace the old.
   */
  @Override
  @SuppressWarnings("ReferenceEquality") // other bounds have other thresholds
  @Nullable DropReason addDelta(int row, Points points, int i) {
    HistogramPoints histograms = (HistogramPoints) points;
    if (histograms.startTime(i) != time(row)) {
      if (histograms.startTime(i) < time(row)) {
        return DropReason.MISALIGNED_DELTA;
      }
      start(row, histograms.startTime(i));
      replace(row, points, i);
      return null;
    }
    if (bounds[row] != thresholds(histograms.bounds(i))) {
      replace(row, points, i);
      return null;
    }
    long[] own = buckets[row];
    if (histograms.bucketCount(i) > 0) {
      for (int b = 0; b < own.length; b++) {
        own[b] += histograms.bucket(i, b);
      }
    }
    counts[row] += histograms.count(i);
    sums[row] += histograms.sum(i);
    return null;
  }

  @Override
  void write(PageWriter page, int row, Claim claim) throws IOException {
    Thresholds thresholds = Objects.requireNonNull(bounds[row]);
    page.writer()
        .histogram(
            claim.labels(),
            thresholds,
            buckets[row],
            0,
            counts[row],
            sums[row],
            page.time(time(row)),
            page.byBucket(exemplars(row), thresholds));
    page.created(claim.labels(), start(row));
  }

  @Override
  void grow(int capacity) {
    bounds = Arrays.copyOf(bounds, capacity);
    buckets = Arrays.copyOf(buckets, capacity);
    counts = Arrays.copyOf(counts, capacity);
    sums = Arrays.copyOf(sums, capacity);
  }

  @Override
  @SuppressWarnings(
      "NullAway") // an empty row has no counts; the element type has no other spelling
  void clear(int row) {
    bounds[row] = null;
    buckets[row] = null;
  }
}
