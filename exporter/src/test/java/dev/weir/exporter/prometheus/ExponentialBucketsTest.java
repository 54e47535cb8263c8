package dev.weir.exporter.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pdata.ExponentialHistogramPoints.Buckets;
import dev.weir.pdata.ExponentialHistogramPoints.Point;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExponentialBucketsTest {
  private static Point point(int scale, long zero, double threshold, Buckets up, Buckets down) {
    long count = zero + Arrays.stream(up.counts()).sum() + Arrays.stream(down.counts()).sum();
    return new Point(count, 0, Double.NaN, Double.NaN, scale, zero, threshold, up, down);
  }

  @Test
  void boundsArePowersOfTheBase() {
    ExponentialBuckets.Explicit explicit =
        ExponentialBuckets.explicit(
            point(1, 0, 0, new Buckets(-2, new long[] {1, 2, 3, 4}), Buckets.NONE));
    double[] bounds = new double[explicit.bounds().size()];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = explicit.bounds().value(i);
    }
    assertThat(bounds).containsExactly(0.5, Math.sqrt(0.5), 1, Math.sqrt(2), 2);
    assertThat(explicit.buckets()).containsExactly(0, 1, 2, 3, 4);
  }

  @Test
  void theZeroThresholdIsABound() {
    ExponentialBuckets.Explicit explicit =
        ExponentialBuckets.explicit(
            point(0, 7, 0.25, new Buckets(-1, new long[] {1}), new Buckets(0, new long[] {2})));
    assertThat(explicit.bounds().size()).isEqualTo(5);
    assertThat(explicit.bounds().value(2)).isEqualTo(0.25);
    assertThat(explicit.buckets()).containsExactly(0, 2, 7, 0, 1);
  }

  @Test
  void manyBucketsAreJoinedInPairs() {
    long[] counts = new long[1000];
    Arrays.fill(counts, 1);
    ExponentialBuckets.Explicit explicit =
        ExponentialBuckets.explicit(point(10, 0, 0, new Buckets(-500, counts), Buckets.NONE));
    assertThat(explicit.bounds().size()).isLessThanOrEqualTo(ExponentialBuckets.MAX_BUCKETS + 1);
    assertThat(Arrays.stream(explicit.buckets()).sum()).isEqualTo(1000);
  }

  @Test
  void extremesNeitherFailNorLoseTheOrder() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      Point a = randomPoint(random);
      Point b = randomPoint(random);
      assertThat(ExponentialBuckets.isValid(a)).isTrue();
      ExponentialBuckets.Explicit explicit = ExponentialBuckets.explicit(a);
      assertThat(explicit.buckets()).hasSize(explicit.bounds().size());
      assertThat(Arrays.stream(explicit.buckets()).sum())
          .as("seed %d", seed)
          .isLessThanOrEqualTo(a.count());
      Point sum = ExponentialBuckets.sum(a, b);
      assertThat(
              sum.zeroCount()
                  + Arrays.stream(sum.positive().counts()).sum()
                  + Arrays.stream(sum.negative().counts()).sum())
          .as("seed %d", seed)
          .isEqualTo(a.count() + b.count());
    }
  }

  private static Point randomPoint(Random random) {
    int scale = random.nextInt(65) - 32;
    return point(scale, random.nextInt(5), random.nextDouble(), buckets(random), buckets(random));
  }

  private static Buckets buckets(Random random) {
    long[] counts = new long[random.nextInt(300)];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = random.nextInt(3);
    }
    int offset = random.nextInt(4) == 0 ? random.nextInt(1 << 30) : random.nextInt(2000) - 1000;
    return new Buckets(random.nextBoolean() ? offset : -offset, counts);
  }

  @Test
  void scalesAndOffsetsThatWouldOverflowAreInvalid() {
    Buckets one = new Buckets(0, new long[] {1});
    assertThat(ExponentialBuckets.isValid(point(33, 0, 0, one, one))).isFalse();
    assertThat(ExponentialBuckets.isValid(point(Integer.MIN_VALUE, 0, 0, one, one))).isFalse();
    Buckets far = new Buckets(Integer.MAX_VALUE, new long[] {1});
    assertThat(ExponentialBuckets.isValid(point(0, 0, 0, far, one))).isFalse();
  }
}
