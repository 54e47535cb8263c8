package dev.weir.pdata;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A slice has the same points, is its own, and can grow. */
final class SliceTest {
  private static final Attributes SET = Attributes.of("k", "v");

  @Test
  void aSliceOfNumbersHasTheSamePoints() {
    NumberPoints points = new NumberPoints(0);
    for (int i = 0; i < 5; i++) {
      points.add(SET, i, i + 100, i * 7L);
    }
    points.setReal(2, 2.5);
    points.flags(3, Points.NO_RECORDED_VALUE);
    NumberPoints slice = points.slice(2, 4);
    assertThat(slice.size()).isEqualTo(2);
    assertThat(slice.real(0)).isEqualTo(2.5);
    assertThat(slice.integer(1)).isEqualTo(21);
    assertThat(slice.time(1)).isEqualTo(103);
    assertThat(slice.flags(0)).isZero();
    assertThat(slice.flags(1)).isEqualTo(Points.NO_RECORDED_VALUE);
    slice.set(0, 99);
    slice.add(SET, 0, 0, 1);
    assertThat(points.real(2)).isEqualTo(2.5);
    assertThat(points.size()).isEqualTo(5);
    assertThat(slice.size()).isEqualTo(3);
    NumberPoints nothing = points.slice(5, 5);
    assertThat(nothing.size()).isZero();
    nothing.add(SET, 0, 0, 4);
    assertThat(nothing.integer(0)).isEqualTo(4);
  }

  @Test
  void aSliceOfHistogramsHasItsOwnBuckets() {
    HistogramPoints points = new HistogramPoints(1);
    for (int i = 0; i < 4; i++) {
      points.add(SET, 0, i, i, i, new double[] {1, 2}, new long[] {i, 10 + i, 20 + i}, 0);
    }
    points.addWithoutBuckets(SET, 0, 9, 9, 9);
    HistogramPoints slice = points.slice(1, 5);
    assertThat(slice.size()).isEqualTo(4);
    assertThat(buckets(slice, 0)).containsExactly(1L, 11L, 21L);
    assertThat(buckets(slice, 2)).containsExactly(3L, 13L, 23L);
    assertThat(buckets(slice, 3)).isEmpty();
    slice.add(SET, 0, 5, 5, 5, new double[] {1, 2}, new long[] {7, 8, 9}, 0);
    assertThat(buckets(slice, 4)).containsExactly(7L, 8L, 9L);
    assertThat(buckets(points, 3)).containsExactly(3L, 13L, 23L);
    assertThat(points.slice(0, 0).size()).isZero();
  }

  private static List<Long> buckets(HistogramPoints points, int i) {
    List<Long> buckets = new ArrayList<>();
    for (int b = 0; b < points.bucketCount(i); b++) {
      buckets.add(points.bucket(i, b));
    }
    return buckets;
  }

  @Test
  void slicesOfSummariesAndExponentialHistogramsHaveTheSamePoints() {
    SummaryPoints summaries = new SummaryPoints(1);
    summaries.add(SET, 0, 1, 1, 1);
    summaries.add(SET, 0, 2, 2, 2, new double[] {0.5}, new double[] {3});
    assertThat(summaries.slice(1, 2).values(0)).containsExactly(3);
    ExponentialHistogramPoints exponential = new ExponentialHistogramPoints(1);
    var point =
        new ExponentialHistogramPoints.Point(
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            ExponentialHistogramPoints.Buckets.NONE,
            ExponentialHistogramPoints.Buckets.NONE);
    exponential.add(SET, 0, 1, point);
    assertThat(exponential.slice(0, 1).point(0)).isSameAs(point);
  }

  @Test
  void aSliceOfAMetricIsTheSameMetric() {
    NumberPoints points = new NumberPoints(2);
    points.add(SET, 0, 1, 10);
    points.add(SET, 0, 1, 20);
    Metric metric = Metric.sum("n", "d", "u", Metric.Temporality.DELTA, true, points);
    metric.metadata(SET);
    Metric slice = metric.slice(1, 2);
    assertThat(slice.name()).isEqualTo("n");
    assertThat(slice.monotonic()).isTrue();
    assertThat(slice.temporality()).isEqualTo(Metric.Temporality.DELTA);
    assertThat(slice.metadata()).isEqualTo(SET);
    assertThat(slice.count()).isEqualTo(1);
    assertThat(slice.numbers().integer(0)).isEqualTo(20);
    assertThat(metric.count()).isEqualTo(2);
  }
}
