package dev.weir.pdata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.weir.pdata.ExponentialHistogramPoints.Buckets;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PointsTest {
  private static final Attributes A = Attributes.of("a", "1");
  private static final Attributes B = Attributes.of("b", "2");
  private static final double[] BOUNDS = {1, 2};

  @Test
  void numbersKeepTheirKind() {
    NumberPoints points = new NumberPoints(0);
    assertThat(points.add(A, 1, 2, Long.MAX_VALUE)).isZero();
    assertThat(points.addReal(B, 3, 4, -1.5)).isEqualTo(1);
    assertThat(points.addEmpty(A, 5, 6)).isEqualTo(2);
    assertThat(points.size()).isEqualTo(3);
    assertThat(points.integer(0)).isEqualTo(Long.MAX_VALUE);
    assertThat(points.isReal(0)).isFalse();
    assertThat(points.real(1)).isEqualTo(-1.5);
    assertThat(points.integer(1)).isEqualTo(-1);
    assertThat(points.isReal(1)).isTrue();
    assertThat(points.hasValue(2)).isFalse();
    assertThat(points.startTime(1)).isEqualTo(3);
    assertThat(points.time(1)).isEqualTo(4);
    points.set(2, 7);
    assertThat(points.hasValue(2)).isTrue();
    points.setReal(2, 0.5);
    assertThat(points.real(2)).isEqualTo(0.5);
  }

  @Test
  void histogramsKeepBoundsAndBucketsApart() {
    HistogramPoints points = new HistogramPoints(0);
    long[] source = {9, 9, 1, 2, 3, 9};
    points.add(A, 1, 2, 6, 10.5, BOUNDS, source, 2);
    points.addWithoutBuckets(B, 1, 2, 4, Double.NaN);
    points.add(A, 1, 2, 5, 1, new double[0], new long[] {5}, 0);
    source[2] = 100;
    assertThat(points.bucketCount(0)).isEqualTo(3);
    assertThat(buckets(points, 0)).containsExactly(1L, 2L, 3L);
    assertThat(points.bounds(0)).isSameAs(BOUNDS);
    assertThat(points.bucketCount(1)).isZero();
    assertThat(points.bounds(1)).isEmpty();
    assertThat(points.sum(1)).isNaN();
    assertThat(buckets(points, 2)).containsExactly(5L);
    assertThat(points.count(0)).isEqualTo(6);
    assertThat(points.sum(0)).isEqualTo(10.5);
    assertThat(points.min(0)).isNaN();
    points.range(0, 0.5, 4);
    assertThat(points.min(0)).isEqualTo(0.5);
    assertThat(points.max(0)).isEqualTo(4);
    assertThat(points.max(1)).isNaN();
  }

  @Test
  void exponentialHistogramsAndSummariesKeepWhatTheyGet() {
    ExponentialHistogramPoints exponential = new ExponentialHistogramPoints(0);
    var point =
        new ExponentialHistogramPoints.Point(
            3, 1.5, 0.1, 1, 4, 1, 0.01, new Buckets(-2, new long[] {1, 1}), Buckets.NONE);
    for (int i = 0; i < 40; i++) {
      assertThat(exponential.add(A, i, i + 1, point)).isEqualTo(i);
    }
    assertThat(exponential.point(39)).isSameAs(point);
    assertThat(exponential.startTime(39)).isEqualTo(39);

    SummaryPoints summary = new SummaryPoints(0);
    for (int i = 0; i < 40; i++) {
      summary.add(A, 1, 2, i, i * 2.0, new double[] {0.5}, new double[] {i});
    }
    summary.add(B, 1, 2, 3, 4);
    assertThat(summary.count(39)).isEqualTo(39);
    assertThat(summary.sum(39)).isEqualTo(78);
    assertThat(summary.quantiles(39)).containsExactly(0.5);
    assertThat(summary.values(39)).containsExactly(39);
    assertThat(summary.quantiles(40)).isEmpty();
    assertThatThrownBy(() -> summary.add(A, 1, 2, 1, 1, new double[2], new double[1]))
        .hasMessage("2 quantiles, 1 values");
    assertThat(summary.size()).as("the refused point left nothing behind").isEqualTo(41);
  }

  @Test
  void flagsAndExemplarsAreThereOnlyWhereTheyWereSet() {
    NumberPoints points = new NumberPoints(1);
    points.add(A, 1, 2, 3);
    assertThat(points.flags(0)).isZero();
    assertThat(points.exemplars(0)).isEmpty();
    points.flags(0, Points.NO_RECORDED_VALUE);
    Exemplar exemplar =
        new Exemplar(
            1, new Value.Int(1), A, Value.Bytes.of(new byte[16]), Value.Bytes.of(new byte[8]));
    points.exemplars(0, List.of(exemplar));
    for (int i = 1; i < 100; i++) {
      points.add(B, 1, 2, i);
    }
    assertThat(points.flags(0)).isEqualTo(Points.NO_RECORDED_VALUE);
    assertThat(points.flags(99)).isZero();
    assertThat(points.exemplars(0)).containsExactly(exemplar);
    assertThat(points.exemplars(99)).isEmpty();
    points.flags(99, 2);
    assertThat(points.flags(99)).isEqualTo(2);
  }

  @Test
  void aCopySeesNoWriteOfTheOriginalNorTheOtherWayRound() {
    NumberPoints original = new NumberPoints(2);
    original.add(A, 1, 2, 3);
    NumberPoints copy = original.copy();
    original.set(0, 4);
    copy.attributes(0, B);
    assertThat(copy.integer(0)).isEqualTo(3);
    assertThat(original.attributes(0)).isSameAs(A);
    assertThat(original.integer(0)).isEqualTo(4);

    NumberPoints second = copy.copy();
    second.add(A, 1, 2, 5);
    copy.add(B, 1, 2, 6);
    assertThat(second.integer(1)).isEqualTo(5);
    assertThat(copy.integer(1)).isEqualTo(6);
  }

  @Test
  void everyWriteOfEveryKindIsHiddenFromTheCopy() {
    HistogramPoints histogram = new HistogramPoints(2);
    histogram.add(A, 1, 2, 6, 10, BOUNDS, new long[] {1, 2, 3}, 0);
    HistogramPoints copy = histogram.copy();
    histogram.range(0, 1, 2);
    histogram.times(0, 8, 9);
    histogram.flags(0, 1);
    histogram.add(B, 1, 2, 3, 4, BOUNDS, new long[] {7, 8, 9}, 0);
    copy.add(B, 1, 2, 3, 4, BOUNDS, new long[] {4, 5, 6}, 0);
    assertThat(copy.min(0)).isNaN();
    assertThat(copy.startTime(0)).isEqualTo(1);
    assertThat(copy.time(0)).isEqualTo(2);
    assertThat(copy.flags(0)).isZero();
    assertThat(buckets(copy, 0)).containsExactly(1L, 2L, 3L);
    assertThat(buckets(copy, 1)).containsExactly(4L, 5L, 6L);
    assertThat(buckets(histogram, 1)).containsExactly(7L, 8L, 9L);

    SummaryPoints summary = new SummaryPoints(1);
    summary.add(A, 1, 2, 3, 4);
    SummaryPoints summaryCopy = summary.copy();
    summary.add(B, 1, 2, 5, 6);
    assertThat(summaryCopy.size()).isEqualTo(1);

    ExponentialHistogramPoints exponential = new ExponentialHistogramPoints(1);
    var point =
        new ExponentialHistogramPoints.Point(1, 1, 1, 1, 0, 0, 0, Buckets.NONE, Buckets.NONE);
    exponential.add(A, 1, 2, point);
    ExponentialHistogramPoints exponentialCopy = exponential.copy();
    exponentialCopy.attributes(0, B);
    assertThat(exponential.attributes(0)).isSameAs(A);
    assertThat(exponentialCopy.point(0)).isSameAs(point);
  }

  @Test
  void aCopyCostsNoArraysUntilItIsWrittenTo() {
    NumberPoints original = new NumberPoints(1 << 16);
    for (int i = 0; i < 1 << 16; i++) {
      original.add(A, 1, 2, i);
    }
    NumberPoints copy = original.copy();
    assertThat(allocatedBy(original::copy)).isLessThan(10_000);
    assertThat(allocatedBy(() -> copy.set(0, 7))).isGreaterThan(1L << 20);
    assertThat(allocatedBy(() -> copy.set(1, 8))).as("its own already").isLessThan(10_000);
    assertThat(original.integer(0)).isZero();
  }

  private static long allocatedBy(Runnable work) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    work.run();
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  @Test
  void manyCopiesWrittenToInAnyOrderBehaveAsListsDo() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<NumberPoints> points = new ArrayList<>();
    List<List<Long>> models = new ArrayList<>();
    points.add(new NumberPoints(0));
    models.add(new ArrayList<>());
    for (int step = 0; step < 5_000; step++) {
      int i = random.nextInt(points.size());
      NumberPoints chosen = points.get(i);
      List<Long> model = models.get(i);
      long value = random.nextLong();
      switch (random.nextInt(4)) {
        case 0 -> {
          int to = points.size() < 12 ? points.size() : random.nextInt(points.size());
          if (to == points.size()) {
            points.add(chosen.copy());
            models.add(new ArrayList<>(model));
          } else if (to != i) {
            points.set(to, chosen.copy());
            models.set(to, new ArrayList<>(model));
          }
        }
        case 1 -> {
          if (!model.isEmpty()) {
            int at = random.nextInt(model.size());
            chosen.set(at, value);
            model.set(at, value);
          }
        }
        default -> {
          if (model.size() < 50) {
            chosen.add(A, 1, 2, value);
            model.add(value);
          }
        }
      }
      for (int p = 0; p < points.size(); p++) {
        NumberPoints checked = points.get(p);
        List<Long> values = new ArrayList<>();
        for (int k = 0; k < checked.size(); k++) {
          values.add(checked.integer(k));
        }
        assertThat(values).as("seed " + seed + ", step " + step).isEqualTo(models.get(p));
      }
    }
  }

  private static List<Long> buckets(HistogramPoints points, int i) {
    List<Long> buckets = new ArrayList<>();
    for (int b = 0; b < points.bucketCount(i); b++) {
      buckets.add(points.bucket(i, b));
    }
    return buckets;
  }
}
