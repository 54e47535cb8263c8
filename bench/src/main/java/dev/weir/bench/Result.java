package dev.weir.bench;

import java.util.Locale;

/**
 * One line of the report.
 *
 * @param what was measured
 * @param unit of the figures
 * @param sample the figures
 * @param bound what must hold, in words; empty for a figure that stands there for the reader only
 * @param kept whether it holds
 */
record Result(String what, String unit, Sample sample, String bound, boolean kept) {

  /** A figure without a bound. */
  static Result figure(String what, String unit, Sample sample) {
    return new Result(what, unit, sample, "", true);
  }

  /** A count without a bound. */
  static Result count(String what, String unit, long count) {
    return figure(what, unit, Sample.of((double) count));
  }

  /** A count with a bound that is kept or not. */
  static Result count(String what, String unit, long count, String bound, boolean kept) {
    return new Result(what, unit, Sample.of((double) count), bound, kept);
  }

  /** A figure whose median must not be greater than {@code most}. */
  static Result atMost(String what, String unit, Sample sample, double most) {
    return new Result(
        what, unit, sample, "at most " + number(most), Double.compare(sample.median(), most) <= 0);
  }

  String verdict() {
    return bound.isEmpty() ? "" : kept ? "OK" : "MISSED";
  }

  static String number(double value) {
    double size = Math.abs(value);
    if (value == Math.rint(value) && size < 1e15) {
      return String.format(Locale.ROOT, "%.0f", value);
    }
    return String.format(Locale.ROOT, size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.2f", value);
  }
}
