package dev.weir.receiver.ebpftcp;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;

/**
 * Upper, inclusive bounds of a histogram of seconds, for samples in whole nanoseconds. Immutable.
 *
 * <p>The position of a sample's highest bit tells the first bucket that it can be in; from there on
 * a linear search, with the usual two or three bounds for each power of ten, takes one to three
 * comparisons.
 */
final class ExplicitBounds {
  private final double[] seconds;
  private final long[] nanos;
  private final byte[] first = new byte[65];

  ExplicitBounds(List<Double> bounds) {
    seconds = bounds.stream().mapToDouble(Double::doubleValue).toArray();
    nanos = new long[seconds.length];
    for (int i = 0; i < seconds.length; i++) {
      // The decimal that was written, and not the double nearest to it times a billion.
      nanos[i] =
          new BigDecimal(Double.toString(seconds[i]))
              .movePointRight(9)
              .setScale(0, RoundingMode.FLOOR)
              .longValueExact();
    }
    for (int zeros = 0; zeros <= 64; zeros++) {
      long least = zeros == 64 ? 0 : 1L << (63 - zeros);
      first[zeros] = (byte) search(least, 0);
    }
  }

  private int search(long sample, int from) {
    int i = from;
    while (i < nanos.length && sample > nanos[i]) {
      i++;
    }
    return i;
  }

  /** Returns the bucket of a sample that is not negative. */
  int bucket(long sampleNanos) {
    return search(sampleNanos, first[Long.numberOfLeadingZeros(sampleNanos)]);
  }

  /** Returns the bounds in seconds: read only. */
  double[] seconds() {
    return seconds;
  }

  /** Returns the number of buckets. */
  int buckets() {
    return nanos.length + 1;
  }
}
