package dev.weir.pipeline.exposition;

/** What a family of series is, in the words of the exposition formats. */
public enum MetricType {
  /** Only grows, or starts again at 0. */
  COUNTER("counter"),
  /** Goes up and down. */
  GAUGE("gauge"),
  /** Buckets with upper bounds, sum and count. */
  HISTOGRAM("histogram"),
  /** Quantiles, sum and count. */
  SUMMARY("summary"),
  /** Not said: {@code untyped} in the text format, {@code unknown} in OpenMetrics. */
  UNKNOWN("untyped");

  private final String word;

  MetricType(String word) {
    this.word = word;
  }

  /** Returns the word of the text format's TYPE line. */
  public String word() {
    return word;
  }
}
