package dev.weir.exporter.prometheus;

import dev.weir.pdata.ExponentialHistogramPoints.Buckets;
import dev.weir.pdata.ExponentialHistogramPoints.Point;
import dev.weir.pipeline.exposition.Thresholds;
import java.util.Arrays;

/**
 * Exponential histograms as histograms with explicit bounds, for the text formats know no others.
 *
 * <p>Bucket {@code k} of the positive range ends at {@code base^(offset + k + 1)}, {@code base =
 * 2^(2^-scale)} (OTLP data model, "ExponentialHistogram"): that becomes its {@code le}. Empty
 * buckets at both ends are left out, the lower end of the first bucket is a bound of its own, and
 * so is the zero threshold if something was counted there or below. Above {@value #MAX_BUCKETS}
 * buckets neighbours are joined in pairs, which lowers the scale by one, until they are fewer. A
 * negative bucket's upper end is exclusive in OTLP and inclusive in Prometheus; that difference
 * stays.
 */
final class ExponentialBuckets {
  static final int MAX_BUCKETS = 160;
  private static final int MAX_SPAN = 1 << 12;
  private static final int MAX_SCALE = 32;
  private static final int MAX_OFFSET = 1 << 30;
  private static final long[] NONE = {};

  private ExponentialBuckets() {}

  /** Returns whether scale and offsets are such that indexes do not overflow. */
  static boolean isValid(Point point) {
    return Math.abs((long) point.scale()) <= MAX_SCALE
        && isValid(point.positive())
        && isValid(point.negative());
  }

  private static boolean isValid(Buckets buckets) {
    return Math.abs((long) buckets.offset()) <= MAX_OFFSET && buckets.counts().length <= MAX_OFFSET;
  }

  /** A histogram with explicit bounds: one bucket more than bounds. */
  @SuppressWarnings("ArrayRecordComponent") // made for one scrape, never compared
  record Explicit(Thresholds bounds, long[] buckets) {}

  /** Returns the buckets of a point. */
  static Explicit explicit(Point point) {
    Buckets positive = trimmed(point.positive());
    Buckets negative = trimmed(point.negative());
    int scale = point.scale();
    while (positive.counts().length + negative.counts().length > MAX_BUCKETS) {
      positive = halved(positive);
      negative = halved(negative);
      scale--;
    }
    Builder builder = new Builder(positive.counts().length + negative.counts().length + 3);
    for (int i = negative.counts().length - 1; i >= 0; i--) {
      int index = negative.offset() + i;
      if (i == negative.counts().length - 1) {
        builder.add(-power(scale, index + 1L), 0);
      }
      builder.add(-power(scale, index), negative.counts()[i]);
    }
    boolean zero = point.zeroCount() != 0 || negative.counts().length > 0;
    if (zero) {
      builder.add(point.zeroThreshold(), point.zeroCount());
    }
    for (int i = 0; i < positive.counts().length; i++) {
      int index = positive.offset() + i;
      if (i == 0) {
        builder.add(power(scale, index), 0);
      }
      builder.add(power(scale, index + 1L), positive.counts()[i]);
    }
    return builder.build();
  }

  /**
   * Returns {@code base^index}. A power of two is exact, bounds of all octaves have the same digits
   * in base 2, and every machine gets the same bits: they become labels.
   */
  private static double power(int scale, long index) {
    double exponent =
        scale >= 0 ? Math.scalb((double) index, -scale) : index * Math.scalb(1.0, -scale);
    double whole = Math.floor(exponent);
    int power = (int) Math.max(-5000, Math.min(5000, whole));
    return Math.scalb(StrictMath.pow(2, exponent - whole), power);
  }

  /** Returns the sum of two points of one series that follow each other. */
  static Point sum(Point a, Point b) {
    int scale = Math.min(a.scale(), b.scale());
    Point one = atScale(a, scale);
    Point two = atScale(b, scale);
    while (span(one.positive(), two.positive()) > MAX_SPAN
        || span(one.negative(), two.negative()) > MAX_SPAN) {
      // Far apart: without this, two points could ask for an array of any size.
      scale--;
      one = atScale(one, scale);
      two = atScale(two, scale);
    }
    Buckets positive = added(one.positive(), two.positive());
    Buckets negative = added(one.negative(), two.negative());
    while (positive.counts().length + negative.counts().length > 4 * MAX_BUCKETS) {
      positive = halved(positive);
      negative = halved(negative);
      scale--;
    }
    return new Point(
        a.count() + b.count(),
        a.sum() + b.sum(),
        Double.NaN,
        Double.NaN,
        scale,
        a.zeroCount() + b.zeroCount(),
        Math.max(a.zeroThreshold(), b.zeroThreshold()),
        positive,
        negative);
  }

  private static Point atScale(Point point, int scale) {
    Buckets positive = point.positive();
    Buckets negative = point.negative();
    for (int s = point.scale(); s > scale && !(isEmpty(positive) && isEmpty(negative)); s--) {
      positive = halved(positive);
      negative = halved(negative);
    }
    return new Point(
        point.count(),
        point.sum(),
        point.min(),
        point.max(),
        scale,
        point.zeroCount(),
        point.zeroThreshold(),
        positive,
        negative);
  }

  private static long span(Buckets a, Buckets b) {
    if (isEmpty(a) || isEmpty(b)) {
      return 0;
    }
    return Math.max(a.offset() + (long) a.counts().length, b.offset() + (long) b.counts().length)
        - Math.min(a.offset(), b.offset());
  }

  private static boolean isEmpty(Buckets buckets) {
    return buckets.counts().length == 0;
  }

  private static Buckets trimmed(Buckets buckets) {
    long[] counts = buckets.counts();
    int from = 0;
    int to = counts.length;
    while (from < to && counts[from] == 0) {
      from++;
    }
    while (to > from && counts[to - 1] == 0) {
      to--;
    }
    return from == 0 && to == counts.length
        ? buckets
        : new Buckets(buckets.offset() + from, Arrays.copyOfRange(counts, from, to));
  }

  /** Joins buckets in pairs: bucket {@code i} of a scale is in {@code i >> 1} of the next lower. */
  private static Buckets halved(Buckets buckets) {
    long[] counts = buckets.counts();
    if (counts.length == 0) {
      return buckets;
    }
    int first = buckets.offset() >> 1;
    int last = (int) ((buckets.offset() + (long) counts.length - 1) >> 1);
    long[] joined = new long[last - first + 1];
    for (int i = 0; i < counts.length; i++) {
      joined[((buckets.offset() + i) >> 1) - first] += counts[i];
    }
    return new Buckets(first, joined);
  }

  private static Buckets added(Buckets a, Buckets b) {
    if (isEmpty(a)) {
      return b;
    }
    if (isEmpty(b)) {
      return a;
    }
    int from = Math.min(a.offset(), b.offset());
    long[] counts = new long[(int) span(a, b)];
    for (int i = 0; i < a.counts().length; i++) {
      counts[a.offset() - from + i] += a.counts()[i];
    }
    for (int i = 0; i < b.counts().length; i++) {
      counts[b.offset() - from + i] += b.counts()[i];
    }
    return new Buckets(from, counts);
  }

  /** Collects bounds that ascend: what underflows or overflows joins its neighbour. */
  private static final class Builder {
    private final double[] bounds;
    private final long[] counts;
    private int size;

    Builder(int capacity) {
      bounds = new double[capacity];
      counts = new long[capacity];
    }

    void add(double bound, long count) {
      if (size > 0 && bound <= bounds[size - 1]) {
        counts[size - 1] += count;
      } else if (Double.isFinite(bound)) {
        bounds[size] = bound == 0 ? 0.0 : bound;
        counts[size++] = count;
      }
    }

    Explicit build() {
      return new Explicit(
          Thresholds.bounds(Arrays.copyOf(bounds, size)),
          size == 0 ? NONE : Arrays.copyOf(counts, size));
    }
  }
}
