package dev.weir.pdata;

import java.util.Arrays;

/**
 * The points of a histogram with explicit bounds. Bounds are upper and inclusive; a point with
 * {@code n} bounds has {@code n + 1} buckets, or none of both. Points of one source share one
 * bounds array.
 */
public final class HistogramPoints extends Points {
  private static final double[][] NONE = new double[0][];
  private static final int[] NO_ENDS = new int[0];

  private long[] counts;
  private double[] sums;
  private double[] mins;
  private double[] maxs;
  private double[][] bounds;
  private long[] buckets;
  private int[] bucketEnds;

  /** Makes an empty list of points with room for {@code capacity}. */
  public HistogramPoints(int capacity) {
    this(capacity, capacity * 8);
  }

  /** Makes an empty list with room for {@code capacity} points and that many buckets in all. */
  public HistogramPoints(int capacity, int bucketCapacity) {
    super(capacity);
    counts = longs(capacity);
    sums = doubles(capacity);
    mins = doubles(capacity);
    maxs = doubles(capacity);
    bounds = capacity == 0 ? NONE : new double[capacity][];
    bucketEnds = capacity == 0 ? NO_ENDS : new int[capacity];
    buckets = longs(bucketCapacity);
  }

  private HistogramPoints(HistogramPoints other) {
    super(other);
    counts = other.counts;
    sums = other.sums;
    mins = other.mins;
    maxs = other.maxs;
    bounds = other.bounds;
    bucketEnds = other.bucketEnds;
    buckets = other.buckets;
  }

  private HistogramPoints(HistogramPoints other, int from, int to) {
    super(other, from, to);
    counts = Arrays.copyOfRange(other.counts, from, to);
    sums = Arrays.copyOfRange(other.sums, from, to);
    mins = Arrays.copyOfRange(other.mins, from, to);
    maxs = Arrays.copyOfRange(other.maxs, from, to);
    bounds = Arrays.copyOfRange(other.bounds, from, to);
    bucketEnds = Arrays.copyOfRange(other.bucketEnds, from, to);
    int begin = other.bucketStart(from);
    int end = to == from ? begin : other.bucketEnds[to - 1];
    buckets = Arrays.copyOfRange(other.buckets, begin, end);
    for (int i = 0; i < bucketEnds.length; i++) {
      bucketEnds[i] -= begin;
    }
  }

  /**
   * Appends a point and returns its index.
   *
   * @param sum sum of all samples, NaN if unknown
   * @param upperBounds ascending bounds, kept and not copied: must not be written to any more
   * @param bucketCounts source of the counts, copied from {@code offset}; one more than bounds
   */
  public int add(
      Attributes attributes,
      long startTime,
      long time,
      long count,
      double sum,
      double[] upperBounds,
      long[] bucketCounts,
      int offset) {
    int n = upperBounds.length + 1;
    return add(attributes, startTime, time, count, sum, upperBounds, bucketCounts, offset, n);
  }

  /**
   * Appends a point as it was received, with any number of bounds and buckets, and returns its
   * index. {@code upperBounds} is kept, the {@code n} counts from {@code offset} are copied.
   */
  public int add(
      Attributes attributes,
      long startTime,
      long time,
      long count,
      double sum,
      double[] upperBounds,
      long[] bucketCounts,
      int offset,
      int n) {
    int begin = size() == 0 ? 0 : bucketEnds[size() - 1];
    int i = append(attributes, startTime, time);
    if (begin + n > buckets.length) {
      buckets = Arrays.copyOf(buckets, Math.max(buckets.length * 2, begin + n));
    }
    System.arraycopy(bucketCounts, offset, buckets, begin, n);
    bucketEnds[i] = begin + n;
    counts[i] = count;
    sums[i] = sum;
    mins[i] = Double.NaN;
    maxs[i] = Double.NaN;
    bounds[i] = upperBounds;
    return i;
  }

  /** Appends a point that has a count and a sum but no buckets, and returns its index. */
  public int addWithoutBuckets(
      Attributes attributes, long startTime, long time, long count, double sum) {
    int begin = size() == 0 ? 0 : bucketEnds[size() - 1];
    int i = append(attributes, startTime, time);
    bucketEnds[i] = begin;
    counts[i] = count;
    sums[i] = sum;
    mins[i] = Double.NaN;
    maxs[i] = Double.NaN;
    bounds[i] = NO_DOUBLES;
    return i;
  }

  /** Returns the number of samples of point {@code i}. */
  public long count(int i) {
    return counts[i];
  }

  /** Returns the sum of all samples of point {@code i}, NaN if unknown. */
  public double sum(int i) {
    return sums[i];
  }

  /** Returns the least sample of point {@code i}, NaN if unknown. */
  public double min(int i) {
    return mins[i];
  }

  /** Returns the greatest sample of point {@code i}, NaN if unknown. */
  public double max(int i) {
    return maxs[i];
  }

  /** Sets the least and the greatest sample of point {@code i}, NaN for unknown. */
  public void range(int i, double min, double max) {
    own();
    mins[i] = min;
    maxs[i] = max;
  }

  /** Returns the bounds of point {@code i}: read only. */
  public double[] bounds(int i) {
    return bounds[i];
  }

  /**
   * Returns the number of buckets of point {@code i}: one more than bounds, or 0, if it is sound.
   */
  public int bucketCount(int i) {
    return bucketEnds[i] - bucketStart(i);
  }

  /** Returns how many samples of point {@code i} fell into bucket {@code bucket} alone. */
  public long bucket(int i, int bucket) {
    return buckets[bucketStart(i) + bucket];
  }

  private int bucketStart(int i) {
    return i == 0 ? 0 : bucketEnds[i - 1];
  }

  @Override
  public HistogramPoints copy() {
    return new HistogramPoints(this);
  }

  @Override
  public HistogramPoints slice(int from, int to) {
    return new HistogramPoints(this, from, to);
  }

  @Override
  void grow(int capacity) {
    counts = Arrays.copyOf(counts, capacity);
    sums = Arrays.copyOf(sums, capacity);
    mins = Arrays.copyOf(mins, capacity);
    maxs = Arrays.copyOf(maxs, capacity);
    bounds = Arrays.copyOf(bounds, capacity);
    bucketEnds = Arrays.copyOf(bucketEnds, capacity);
  }

  @Override
  void cloneOwn() {
    counts = counts.clone();
    sums = sums.clone();
    mins = mins.clone();
    maxs = maxs.clone();
    bounds = bounds.clone();
    bucketEnds = bucketEnds.clone();
    buckets = buckets.clone();
  }
}
