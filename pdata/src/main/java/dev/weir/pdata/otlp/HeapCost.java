package dev.weir.pdata.otlp;

/**
 * What the parts of a message take of the heap as objects, in bytes: each as if nothing stood in
 * it, references to it included. Measured on JDK 25 with compressed references; AmplificationTest
 * holds them against what is really allocated.
 *
 * <p>An empty part takes two bytes of protobuf or three of JSON, so these figures and not the
 * length of a message say what hostile input costs.
 */
final class HeapCost {
  /** A {@code ResourceMetrics}, {@code ResourceLogs} or {@code ResourceSpans} with its lists. */
  static final int GROUP = 88;

  /** A {@code ScopeMetrics}, {@code ScopeLogs} or {@code ScopeSpans} with its list. */
  static final int SCOPE_ITEMS = 96;

  static final int RESOURCE = 24;
  static final int ENTITY_REF = 40;
  static final int SCOPE = 32;
  static final int METRIC = 112;

  /** The points of a gauge, a sum or an exponential histogram before the first. */
  static final int POINTS = 64;

  static final int HISTOGRAM_POINTS = 192;
  static final int SUMMARY_POINTS = 112;

  static final int NUMBER_POINT = 40;
  static final int HISTOGRAM_POINT = 72;
  static final int EXPONENTIAL_POINT = 104;
  static final int SUMMARY_POINT = 72;
  static final int BUCKETS = 48;
  static final int QUANTILE = 16;
  static final int EXEMPLAR = 72;
  static final int LOG_RECORD = 72;
  static final int SPAN = 120;
  static final int EVENT = 56;
  static final int LINK = 64;

  /** An attribute: its key, should nobody have met it yet, and its share of the set. */
  static final int KEY_VALUE = 60;

  static final int VALUE = 16;
  static final int INTEGER = 16;
  static final int LIST_VALUE = 48;

  /** A text or bytes, beside its content. */
  static final int TEXT = 40;

  /** A number in an array. */
  static final int NUMBER = 8;

  private HeapCost() {}
}
