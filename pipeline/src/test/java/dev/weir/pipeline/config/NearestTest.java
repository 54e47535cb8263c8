package dev.weir.pipeline.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestTest {
  private static final List<String> KEYS =
      List.of("endpoint", "timeout", "send_batch_size", "tls", "headers", "debug");

  @ParameterizedTest
  @CsvSource({
    "endpiont, endpoint",
    "end_point, endpoint",
    "Endpoint, endpoint",
    "enpoint, endpoint",
    "time-out, timeout",
    "sendBatchSize, send_batch_size",
    "tsl, tls",
    "header, headers",
    "degub, debug",
  })
  void whatWasProbablyMeantIsFound(String wrong, String meant) {
    assertThat(Nearest.to(wrong, KEYS)).hasValue(meant);
  }

  @ParameterizedTest
  @CsvSource({"colour", "x", "''", "interval"})
  void whatIsTooFarIsNot(String wrong) {
    assertThat(Nearest.to(wrong, KEYS)).isEmpty();
    assertThat(Nearest.hint(wrong, KEYS, "valid keys"))
        .isEqualTo(" (valid keys: debug, endpoint, headers, send_batch_size, timeout, tls)");
  }

  @Test
  void aSwapOfNeighboursCountsOnce() {
    assertThat(Nearest.distance("ab", "ba")).isEqualTo(1);
    assertThat(Nearest.distance("ca", "abc")).isEqualTo(3);
    assertThat(Nearest.distance("kitten", "sitting")).isEqualTo(3);
    assertThat(Nearest.distance("", "abc")).isEqualTo(3);
  }
}
