package dev.weir.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Repeated measurements of one thing: their median and how far they lie apart. */
final class Sample {
  private final List<Double> values = new ArrayList<>();

  void add(double value) {
    values.add(value);
  }

  static Sample of(double value) {
    Sample sample = new Sample();
    sample.add(value);
    return sample;
  }

  double median() {
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    int n = sorted.size();
    return (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
  }

  double min() {
    return Collections.min(values);
  }

  double max() {
    return Collections.max(values);
  }

  /** Returns the sample of the values without their signs. */
  Sample magnitudes() {
    Sample sample = new Sample();
    values.forEach(v -> sample.add(Math.abs(v)));
    return sample;
  }
}
