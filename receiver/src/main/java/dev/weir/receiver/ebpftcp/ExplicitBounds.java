package dev.weir.receiver.ebpftcp;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;

/**
 * Upper, inclusive bounds of a histogram of seconds, for samples in whole nanoseconds. Immutable.
 *
 * <p>Samples are as good as random, so a search that branches is mispredicted again and again. Here
 * the highest four bits of a sample and their position (eight cells for each power of two, as
 * HdrHistogram has them) tell the first bucket that it can be in; one comparison without a branch
 * then settles it, unless two bounds lie in one cell, that is less than an eighth apart.
 */
final class ExplicitBounds {
  private static final int CELL_BITS = 3;
  private static final int CELLS = 1 << CELL_BITS;

  private final double[] seconds;
  private final long[] nanos; // with a last one that nothing exceeds
  private final byte[] first = new byte[64 * CELLS];
  private final boolean dense;

  ExplicitBounds(List<Double> bounds) {
    seconds = bounds.stream().mapToDouble(Double::doubleValue).toArray();
    nanos = new long[seconds.length + 1];
    nanos[seconds.length] = Long.MAX_VALUE;
    for (int i = 0; i < seconds.length; i++) {
      // The decimal that was written, and not the double nearest to it times a billion.
      nanos[i] =
          new BigDecimal(Double.toString(seconds[i]))
              .movePointRight(9)
              .setScale(0, RoundingMode.FLOOR)
              .longValueExact();
    }
    boolean crowded = false;
    for (int cell = 0; cell < first.length; cell++) {
      int bucket = search(leastOf(cell), 0);
      first[cell] = (byte) bucket;
      long most = cell + 1 < first.length ? leastOf(cell + 1) - 1 : Long.MAX_VALUE;
      crowded |= search(most, 0) - bucket > 1;
    }
    dense = crowded;
  }

  private static int cell(long sample) {
    // Small samples have no bits to spare below their highest: they get a cell each.
    if (sample < CELLS) {
      return (int) sample;
    }
    int shift = 63 - CELL_BITS - Long.numberOfLeadingZeros(sample);
    return ((shift + 1) << CELL_BITS) + (int) (sample >>> shift) - CELLS;
  }

  private static long leastOf(int cell) {
    if (cell < CELLS) {
      return cell;
    }
    int shift = (cell >>> CELL_BITS) - 1;
    long mantissa = (cell & (CELLS - 1L)) + CELLS;
    return shift + CELL_BITS > 62 ? Long.MAX_VALUE : mantissa << shift;
  }

  private int search(long sample, int from) {
    int i = from;
    while (sample > nanos[i]) {
      i++;
    }
    return i;
  }

  /** Returns the bucket of a sample that is not negative. */
  int bucket(long sampleNanos) {
    int bucket = first[cell(sampleNanos)];
    return dense ? search(sampleNanos, bucket) : bucket + (sampleNanos > nanos[bucket] ? 1 : 0);
  }

  /** Returns the bounds in seconds: read only. */
  double[] seconds() {
    return seconds;
  }

  /** Returns the number of buckets. */
  int buckets() {
    return nanos.length;
  }
}
