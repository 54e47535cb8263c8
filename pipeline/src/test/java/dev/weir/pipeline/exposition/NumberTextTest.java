package dev.weir.pipeline.exposition;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumberTextTest {
  private final NumberText numbers = new NumberText();

  private String value(double value, boolean openMetrics) {
    byte[] out = new byte[NumberText.MAX_LENGTH];
    return new String(out, 0, numbers.put(out, 0, value, openMetrics), StandardCharsets.US_ASCII);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, 0.0",
    "-0.0, -0, -0.0",
    "1, 1, 1.0",
    "-17, -17, -17.0",
    "0.1, 0.1, 0.1",
    "0.30000000000000004, 0.30000000000000004, 0.30000000000000004",
    "123456.75, 123456.75, 123456.75",
    "1234567.5, 1.2345675e+06, 1.2345675e+06",
    "1e6, 1000000, 1000000.0",
    "9007199254740991, 9007199254740991, 9007199254740991.0",
    "1e21, 1e+21, 1e+21",
    "1.7976931348623157E308, 1.7976931348623157e+308, 1.7976931348623157e+308",
    "0.0001, 0.0001, 0.0001",
    "0.00001, 1e-05, 1e-05",
    "1.5e-7, 1.5e-07, 1.5e-07",
    "2.2250738585072014E-308, 2.2250738585072014e-308, 2.2250738585072014e-308",
    "NaN, NaN, NaN",
    "Infinity, +Inf, +Inf",
    "-Infinity, -Inf, -Inf"
  })
  void valuesAreWrittenForPeopleAndParsers(double value, String text, String openMetrics) {
    assertThat(value(value, false)).isEqualTo(text);
    assertThat(value(value, true)).isEqualTo(openMetrics);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, 0.0",
    "0.005, 0.005, 0.005",
    "1, 1, 1.0",
    "10, 10, 10.0",
    "2.5, 2.5, 2.5",
    "100000, 100000, 100000.0",
    "1000000, 1e+06, 1e+06",
    "1048576, 1.048576e+06, 1.048576e+06",
    "0.00001, 1e-05, 1e-05",
    "-5, -5, -5.0"
  })
  void boundsFollowGo(double value, String text, String openMetrics) {
    assertThat(numbers.go(value, false)).isEqualTo(text);
    assertThat(numbers.go(value, true)).isEqualTo(openMetrics);
  }

  @Test
  void anyDoubleReadsBackAsItself() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 200_000; i++) {
      double value =
          switch (i % 4) {
            case 0 -> Double.longBitsToDouble(random.nextLong());
            case 1 -> random.nextInt(1_000_000) / 1000.0;
            case 2 -> random.nextGaussian() * 1e9;
            default -> random.nextDouble();
          };
      if (Double.isFinite(value)) {
        assertThat(Double.parseDouble(value(value, (i & 8) != 0)))
            .as("seed %d", seed)
            .isEqualTo(value);
        assertThat(Double.parseDouble(numbers.go(value, false)))
            .as("seed %d", seed)
            .isEqualTo(value);
      }
    }
  }

  @Test
  void anyLongReadsBackAsItself() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] out = new byte[NumberText.MAX_LENGTH];
    long[] edges = {
      0, 1, -1, 9, 10, 99, 100, Long.MAX_VALUE, Long.MIN_VALUE, 1_000_000_000_000_000_000L
    };
    for (int i = 0; i < 100_000; i++) {
      long value = i < edges.length ? edges[i] : random.nextLong() >> random.nextInt(64);
      int end = NumberText.put(out, 0, value);
      assertThat(new String(out, 0, end, StandardCharsets.US_ASCII))
          .as("seed %d", seed)
          .isEqualTo(Long.toString(value));
      end = NumberText.putUnsigned(out, 0, value);
      assertThat(new String(out, 0, end, StandardCharsets.US_ASCII))
          .as("seed %d", seed)
          .isEqualTo(Long.toUnsignedString(value));
    }
  }
}
