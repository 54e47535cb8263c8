package dev.weir.pdata;

import java.util.Arrays;

/**
 * The points of a histogram with exponential bounds: bucket {@code k} of the positive range covers
 * {@code (base^(offset + k), base^(offset + k + 1)]} with {@code base = 2^(2^-scale)} (OTLP data
 * model, "ExponentialHistogram").
 */
public final class ExponentialHistogramPoints extends Points {
  /**
   * One point's own part.
   *
   * @param count number of samples
   * @param sum sum of samples, NaN if unknown
   * @param min least sample, NaN if unknown
   * @param max greatest sample, NaN if unknown
   * @param scale resolution
   * @param zeroCount samples that count as zero
   * @param zeroThreshold greatest absolute value that counts as zero
   * @param positive buckets above zero
   * @param negative buckets below zero, by absolute value
   */
  public record Point(
      long count,
      double sum,
      double min,
      double max,
      int scale,
      long zeroCount,
      double zeroThreshold,
      Buckets positive,
      Buckets negative) {}

  /** Counts of consecutive buckets from index {@code offset}. The array must not be written to. */
  @SuppressWarnings("ArrayRecordComponent") // identity is never asked of it; an array is the point
  public record Buckets(int offset, long[] counts) {
    /** No buckets. */
    public static final Buckets NONE = new Buckets(0, new long[0]);
  }

  private static final Point[] NONE = new Point[0];

  private Point[] points;

  /** Makes an empty list of points with room for {@code capacity}. */
  public ExponentialHistogramPoints(int capacity) {
    super(capacity);
    points = capacity == 0 ? NONE : new Point[capacity];
  }

  private ExponentialHistogramPoints(ExponentialHistogramPoints other) {
    super(other);
    points = other.points;
  }

  private ExponentialHistogramPoints(ExponentialHistogramPoints other, int from, int to) {
    super(other, from, to);
    points = Arrays.copyOfRange(other.points, from, to);
  }

  /** Appends a point and returns its index. Times are nanoseconds since 1970. */
  public int add(Attributes attributes, long startTime, long time, Point point) {
    int i = append(attributes, startTime, time);
    points[i] = point;
    return i;
  }

  /** Returns point {@code i}. */
  public Point point(int i) {
    return points[i];
  }

  @Override
  public ExponentialHistogramPoints copy() {
    return new ExponentialHistogramPoints(this);
  }

  @Override
  public ExponentialHistogramPoints slice(int from, int to) {
    return new ExponentialHistogramPoints(this, from, to);
  }

  @Override
  void grow(int capacity) {
    points = Arrays.copyOf(points, capacity);
  }

  @Override
  void cloneOwn() {
    points = points.clone();
  }
}
