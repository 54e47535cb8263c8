package dev.weir.receiver.ebpftcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExplicitBoundsTest {

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void aSampleFallsIntoTheFirstBucketWhoseBoundIsNotLess(long seed) {
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    List<List<Double>> all = new ArrayList<>();
    for (MetricDefinition metric : MetricDefinition.values()) {
      if (!metric.bounds().isEmpty()) {
        all.add(metric.bounds());
      }
    }
    for (int n = 0; n < 20; n++) {
      List<Double> bounds = new ArrayList<>();
      double bound = random.nextInt(1, 1000) * 1e-9;
      for (int i = random.nextInt(1, 60); i > 0; i--) {
        bounds.add(bound);
        bound += bound * random.nextDouble() * 0.3 + 1e-9;
      }
      all.add(bounds);
    }
    for (List<Double> bounds : all) {
      ExplicitBounds tested = new ExplicitBounds(bounds);
      assertThat(tested.buckets()).isEqualTo(bounds.size() + 1);
      for (int n = 0; n < 2000; n++) {
        long sample = random.nextLong() >>> random.nextInt(1, 64);
        if (n % 3 == 0) {
          // On a bound, and just beside.
          double near = bounds.get(random.nextInt(bounds.size()));
          sample = Math.max(0, (long) (near * 1e9) + random.nextInt(-1, 2));
        }
        assertThat(tested.bucket(sample))
            .as("%d in %s, seed %d", sample, bounds, seed)
            .isEqualTo(expected(sample, bounds));
      }
      assertThat(tested.bucket(Long.MAX_VALUE)).isEqualTo(bounds.size());
      assertThat(tested.bucket(0)).isZero();
    }
  }

  private static int expected(long sample, List<Double> bounds) {
    BigDecimal exact = BigDecimal.valueOf(sample);
    for (int i = 0; i < bounds.size(); i++) {
      if (exact.compareTo(new BigDecimal(Double.toString(bounds.get(i))).movePointRight(9)) <= 0) {
        return i;
      }
    }
    return bounds.size();
  }
}
