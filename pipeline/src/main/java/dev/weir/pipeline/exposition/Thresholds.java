package dev.weir.pipeline.exposition;

/**
 * The bounds of a histogram's buckets or the quantiles of a summary, with their labels ready.
 * Immutable; histograms of one source share one instance.
 */
public final class Thresholds {
  private final double[] values;
  private final byte[][] text;
  private final byte[][] openMetrics;

  private Thresholds(String label, double[] values) {
    this.values = values.clone();
    text = new byte[values.length][];
    openMetrics = new byte[values.length][];
    NumberText numbers = new NumberText();
    for (int i = 0; i < values.length; i++) {
      text[i] = Escaping.utf8(label + "=\"" + numbers.go(values[i], false) + "\"");
      openMetrics[i] = Escaping.utf8(label + "=\"" + numbers.go(values[i], true) + "\"");
    }
  }

  /**
   * Returns the bounds of a histogram.
   *
   * @param bounds upper and inclusive, strictly ascending, without infinity: the bucket above the
   *     last bound is always there
   * @throws IllegalArgumentException if they are not so
   */
  public static Thresholds bounds(double... bounds) {
    for (int i = 0; i < bounds.length; i++) {
      if (!Double.isFinite(bounds[i]) || (i > 0 && bounds[i] <= bounds[i - 1])) {
        throw new IllegalArgumentException(
            "histogram bounds must be finite and ascend, got "
                + bounds[i]
                + (i > 0 ? " after " + bounds[i - 1] : ""));
      }
    }
    return new Thresholds("le", bounds);
  }

  /** Returns the quantiles of a summary, each from 0 to 1. */
  public static Thresholds quantiles(double... quantiles) {
    return new Thresholds("quantile", quantiles);
  }

  /** Returns how many there are; a histogram has one bucket more. */
  public int size() {
    return values.length;
  }

  /** Returns the threshold at {@code index}. */
  public double value(int index) {
    return values[index];
  }

  byte[] label(int index, boolean inOpenMetrics) {
    return inOpenMetrics ? openMetrics[index] : text[index];
  }
}
