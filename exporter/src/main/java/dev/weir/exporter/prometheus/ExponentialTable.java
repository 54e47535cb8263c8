package dev.weir.exporter.prometheus;

import dev.weir.pdata.ExponentialHistogramPoints;
import dev.weir.pdata.ExponentialHistogramPoints.Point;
import dev.weir.pdata.Points;
import java.io.IOException;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Histograms with exponential bounds. A row keeps the point itself, which is immutable; it becomes
 * one with explicit bounds when somebody scrapes, once for each point.
 */
final class ExponentialTable extends SeriesTable {
  private static final int ROWS_AT_ONCE = 8;

  private @Nullable Point[] points = new @Nullable Point[16];
  private ExponentialBuckets.@Nullable Explicit[] explicit =
      new ExponentialBuckets.@Nullable Explicit[16];

  ExponentialTable(SeriesStore store, Source source, Family family, String metricName) {
    super(store, source, family, metricName, ROWS_AT_ONCE);
  }

  @Override
  @Nullable DropReason invalid(Points all, int i) {
    return ExponentialBuckets.isValid(((ExponentialHistogramPoints) all).point(i))
        ? null
        : DropReason.INVALID_HISTOGRAM;
  }

  @Override
  void replace(int row, Points all, int i) {
    set(row, ((ExponentialHistogramPoints) all).point(i));
  }

  private void set(int row, Point point) {
    points[row] = point;
    explicit[row] = null;
  }

  /** As for histograms with explicit bounds. */
  @Override
  @Nullable DropReason addDelta(int row, Points all, int i) {
    if (all.startTime(i) != time(row)) {
      if (all.startTime(i) < time(row)) {
        return DropReason.MISALIGNED_DELTA;
      }
      start(row, all.startTime(i));
      replace(row, all, i);
      return null;
    }
    set(
        row,
        ExponentialBuckets.sum(
            Objects.requireNonNull(points[row]), ((ExponentialHistogramPoints) all).point(i)));
    return null;
  }

  @Override
  void write(PageWriter page, int row, Claim claim) throws IOException {
    Point point = Objects.requireNonNull(points[row]);
    ExponentialBuckets.Explicit shown = explicit[row];
    if (shown == null) {
      shown = ExponentialBuckets.explicit(point);
      explicit[row] = shown;
    }
    page.writer()
        .histogram(
            claim.labels(),
            shown.bounds(),
            shown.buckets(),
            0,
            point.count(),
            point.sum(),
            page.time(time(row)),
            page.byBucket(exemplars(row), shown.bounds()));
    page.created(claim.labels(), start(row));
  }

  @Override
  void grow(int capacity) {
    points = Arrays.copyOf(points, capacity);
    explicit = Arrays.copyOf(explicit, capacity);
  }

  @Override
  void clear(int row) {
    points[row] = null;
    explicit[row] = null;
  }
}
