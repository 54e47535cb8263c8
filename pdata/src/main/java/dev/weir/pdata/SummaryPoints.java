package dev.weir.pdata;

import java.util.Arrays;

/** The points of a summary: quantiles that the source computed. */
public final class SummaryPoints extends Points {
  private static final double[][] NONE = new double[0][];

  private long[] counts;
  private double[] sums;
  private double[][] quantiles;
  private double[][] values;

  /** Makes an empty list of points with room for {@code capacity}. */
  public SummaryPoints(int capacity) {
    super(capacity);
    counts = longs(capacity);
    sums = doubles(capacity);
    quantiles = capacity == 0 ? NONE : new double[capacity][];
    values = capacity == 0 ? NONE : new double[capacity][];
  }

  private SummaryPoints(SummaryPoints other) {
    super(other);
    counts = other.counts;
    sums = other.sums;
    quantiles = other.quantiles;
    values = other.values;
  }

  private SummaryPoints(SummaryPoints other, int from, int to) {
    super(other, from, to);
    counts = Arrays.copyOfRange(other.counts, from, to);
    sums = Arrays.copyOfRange(other.sums, from, to);
    quantiles = Arrays.copyOfRange(other.quantiles, from, to);
    values = Arrays.copyOfRange(other.values, from, to);
  }

  /** Appends a point without quantiles and returns its index. */
  public int add(Attributes attributes, long startTime, long time, long count, double sum) {
    return add(attributes, startTime, time, count, sum, NO_DOUBLES, NO_DOUBLES);
  }

  /**
   * Appends a point and returns its index.
   *
   * @param at quantiles from 0 to 1, kept and not copied
   * @param quantileValues the value at each, kept and not copied
   */
  public int add(
      Attributes attributes,
      long startTime,
      long time,
      long count,
      double sum,
      double[] at,
      double[] quantileValues) {
    if (at.length != quantileValues.length) {
      throw new IllegalArgumentException(
          at.length + " quantiles, " + quantileValues.length + " values");
    }
    int i = append(attributes, startTime, time);
    counts[i] = count;
    sums[i] = sum;
    quantiles[i] = at;
    values[i] = quantileValues;
    return i;
  }

  /** Returns the number of samples of point {@code i}. */
  public long count(int i) {
    return counts[i];
  }

  /** Returns the sum of samples of point {@code i}. */
  public double sum(int i) {
    return sums[i];
  }

  /** Returns the quantiles of point {@code i}: read only. */
  public double[] quantiles(int i) {
    return quantiles[i];
  }

  /** Returns the values at the quantiles of point {@code i}: read only. */
  public double[] values(int i) {
    return values[i];
  }

  @Override
  public SummaryPoints copy() {
    return new SummaryPoints(this);
  }

  @Override
  public SummaryPoints slice(int from, int to) {
    return new SummaryPoints(this, from, to);
  }

  @Override
  void grow(int capacity) {
    counts = Arrays.copyOf(counts, capacity);
    sums = Arrays.copyOf(sums, capacity);
    quantiles = Arrays.copyOf(quantiles, capacity);
    values = Arrays.copyOf(values, capacity);
  }

  @Override
  void cloneOwn() {
    counts = counts.clone();
    sums = sums.clone();
    quantiles = quantiles.clone();
    values = values.clone();
  }
}
