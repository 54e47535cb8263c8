package dev.weir.pipeline.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GoDurationTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "+0, 0",
    "-0, 0",
    "0s, 0",
    "5s, 5000000000",
    "1h30m, 5400000000000",
    "250ms, 250000000",
    "1.5s, 1500000000",
    ".5s, 500000000",
    "5.s, 5000000000",
    "-1.5h, -5400000000000",
    "12\u00b5s, 12000",
    "12\u03bcs, 12000",
    "12us, 12000",
    "0.1ns, 0",
    "39h9m14.425s, 140954425000000",
    "9223372036854775807ns, 9223372036854775807",
    "-9223372036854775808ns, -9223372036854775808",
  })
  void goNotationIsRead(String text, long nanos) {
    assertThat(GoDuration.parse(text)).isEqualTo(Duration.ofNanos(nanos));
  }

  @ParameterizedTest
  @CsvSource({
    "'', invalid duration",
    "3, missing unit in duration",
    "-, invalid duration",
    "s, invalid duration",
    "., invalid duration",
    "-., invalid duration",
    ".s, invalid duration",
    "1.2.3s, invalid duration",
    "5 parsecs, unknown unit",
    "1d, unknown unit",
    "1S, unknown unit",
    "9223372036854775808ns, invalid duration",
    "3000000h, invalid duration",
  })
  void theReasonHasGosWords(String text, String reason) {
    assertThatThrownBy(() -> GoDuration.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(reason);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0s",
    "1, 1ns",
    "1100, 1.1\u00b5s",
    "2200000, 2.2ms",
    "3300000000, 3.3s",
    "245000000000, 4m5s",
    "245001000000, 4m5.001s",
    "18367001000000, 5h6m7.001s",
    "5400000000000, 1h30m0s",
    "480000000001, 8m0.000000001s",
    "-1500000000, -1.5s",
  })
  void durationsAreWrittenAsGoPrintsThem(long nanos, String text) {
    assertThat(GoDuration.format(Duration.ofNanos(nanos))).isEqualTo(text);
  }

  @Test
  void whatIsWrittenCanBeRead() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 10_000; i++) {
      Duration duration = Duration.ofNanos(random.nextLong() >> random.nextInt(64));
      assertThat(GoDuration.parse(GoDuration.format(duration)))
          .as("seed %d", seed)
          .isEqualTo(duration);
    }
  }
}
