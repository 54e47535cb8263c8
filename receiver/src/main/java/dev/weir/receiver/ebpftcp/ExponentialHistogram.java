package dev.weir.receiver.ebpftcp;

import dev.weir.pdata.ExponentialHistogramPoints.Buckets;
import dev.weir.pdata.ExponentialHistogramPoints.Point;
import java.util.Arrays;

/**
 * A histogram of nanoseconds with exponential bounds, exported in seconds: bucket {@code k} covers
 * {@code (base^k, base^(k + 1)]} with {@code base = 2^(2^-scale)} (OTLP data model). Begins at
 * scale {@value #MAX_SCALE}, where a bucket is 2 % wide, and halves its resolution whenever the
 * samples would need more than {@code maxSize} buckets; a bucket of one scale lies whole in one of
 * the next. The array grows to the buckets in use. For one thread.
 */
final class ExponentialHistogram {
  private static final int MAX_SCALE = 5;
  private static final int MIN_SCALE = -10;
  private static final double LOG2_E = 1 / Math.log(2);

  private final int maxSize;
  private int scale = MAX_SCALE;
  private int offset;
  private int used;
  private long[] counts = new long[8];
  private long zeros;
  private long count;
  private long sumNanos;
  private long min = Long.MAX_VALUE;
  private long max;

  ExponentialHistogram(int maxSize) {
    this.maxSize = maxSize;
  }

  /** Adds a sample that is not negative. */
  void record(long nanos) {
    count++;
    sumNanos += nanos;
    min = Math.min(min, nanos);
    max = Math.max(max, nanos);
    if (nanos == 0) {
      zeros++;
      return;
    }
    int index = index(nanos);
    while (used > 0
        && Math.max(index, offset + used - 1) - Math.min(index, offset) >= maxSize
        && scale > MIN_SCALE) {
      halve();
      index = index(nanos);
    }
    if (used == 0) {
      offset = index;
      used = 1;
      counts[0] = 0;
    } else if (index < offset) {
      shift(offset - index);
    } else if (index >= offset + used) {
      room(index - offset + 1);
      used = index - offset + 1;
    }
    counts[index - offset]++;
  }

  private int index(long nanos) {
    double log2 = Math.log(nanos * 1e-9) * LOG2_E;
    return (int) Math.ceil(Math.scalb(log2, scale)) - 1;
  }

  private void room(int size) {
    if (size > counts.length) {
      counts = Arrays.copyOf(counts, Math.max(size, counts.length * 2));
    }
  }

  private void shift(int by) {
    room(used + by);
    System.arraycopy(counts, 0, counts, by, used);
    Arrays.fill(counts, 0, by, 0);
    offset -= by;
    used += by;
  }

  private void halve() {
    int low = offset >> 1;
    int high = (offset + used - 1) >> 1;
    long[] merged = new long[Math.max(8, high - low + 1)];
    for (int i = 0; i < used; i++) {
      merged[((offset + i) >> 1) - low] += counts[i];
    }
    counts = merged;
    offset = low;
    used = high - low + 1;
    scale--;
  }

  /** Returns how many samples there are. */
  long count() {
    return count;
  }

  /** Returns what there is as a point. */
  Point point() {
    return new Point(
        count,
        sumNanos / 1e9,
        count == 0 ? Double.NaN : min / 1e9,
        count == 0 ? Double.NaN : max / 1e9,
        scale,
        zeros,
        0,
        new Buckets(offset, Arrays.copyOf(counts, used)),
        Buckets.NONE);
  }

  /** Forgets all samples, and keeps the scale. */
  void clear() {
    Arrays.fill(counts, 0, used, 0);
    used = 0;
    zeros = 0;
    count = 0;
    sumNanos = 0;
    min = Long.MAX_VALUE;
    max = 0;
  }
}
