package dev.weir.exporter.prometheus;

/**
 * Why a point is not shown. The words are those of {@code weir_exporter_prometheus_dropped_points}.
 */
enum DropReason {
  /** Nothing is left of the metric's name after translation. */
  INVALID_NAME("invalid_name"),
  /** The name belongs to a metric of another type. */
  TYPE_CONFLICT("type_conflict"),
  /** Two labels have one name, or a label's name is unusable. */
  INVALID_LABELS("invalid_labels"),
  /** Another series has the same name and labels. */
  DUPLICATE_SERIES("duplicate_series"),
  /** There are {@code max_series} already. */
  MAX_SERIES("max_series"),
  /** The point is older than the one that is shown. */
  OUT_OF_ORDER("out_of_order"),
  /** A delta that overlaps with what was added before. */
  MISALIGNED_DELTA("misaligned_delta"),
  /** A delta of a sum that also falls: what it is added to is not known. */
  DELTA_NON_MONOTONIC("delta_non_monotonic"),
  /** The temporality is not said. */
  UNSPECIFIED_TEMPORALITY("unspecified_temporality"),
  /** Bounds that do not ascend, or a number of buckets that does not fit them. */
  INVALID_HISTOGRAM("invalid_histogram"),
  /** The point has no value, and does not say that the series ended either. */
  NO_VALUE("no_value");

  private final String word;

  DropReason(String word) {
    this.word = word;
  }

  String word() {
    return word;
  }
}
