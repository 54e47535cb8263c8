package dev.weir.pipeline.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.weir.pipeline.config.LoadResult.Failed;
import dev.weir.pipeline.config.LoadResult.Loaded;
import dev.weir.pipeline.config.SampleComponents.Telemetry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Whatever the text, loading ends, throws nothing, and either loads or says what is wrong. A
 * failure prints its seed: {@code -Dweir.fuzz.seed=N} runs it again.
 */
class ConfigFuzzTest {
  private static final String GOOD =
      """
      receivers:
        otlp: &otlp
          protocols:
            grpc: {endpoint: "${env:HOST}:4317"}
        otlp/2: {<<: *otlp}
      processors: {batch: {timeout: 1s, metadata_keys: [a, b], send_batch_size: 0x10}}
      exporters:
        debug: {verbosity: detailed, prefix: '$${x} ${yaml:[1, 2]}'}
        otlp_grpc:
          endpoint: |
            text
          headers: {a: '${env:LIST}'}
          metrics: {tcp.rtt: {enabled: false, bounds: [.5, 1e3]}}
      connectors: {forward: }
      service:
        telemetry: {level: !!str 7}
        pipelines:
          metrics: {receivers: [otlp], processors: [batch], exporters: [debug, forward]}
          metrics/2: {receivers: [forward, otlp/2], exporters: [otlp_grpc]}
      """;
  private static final List<String> PIECES =
      List.of(
          "{",
          "}",
          "[",
          "]",
          ": ",
          ",",
          "- ",
          "\n",
          "\n  ",
          "\n    ",
          "&a ",
          "*a",
          "<<: ",
          "!!int ",
          "!!map ",
          "? ",
          "|\n",
          ">-\n",
          "'",
          "\"",
          "#",
          "%",
          "@",
          "`",
          "---\n",
          "...\n",
          "\t",
          "~",
          "null",
          "true",
          "0123",
          ".inf",
          "-1",
          "9e999",
          "::",
          "${",
          "${env:HOST}",
          "${env:LOOP}",
          "${yaml:",
          "$$",
          "$",
          "\\",
          "\u0000",
          "\ud800",
          "\ufeff",
          "\u2028",
          "\u00e9",
          "receivers",
          "exporters::debug",
          "service",
          "pipelines",
          "enabled: false",
          "otlp",
          "/",
          "5s");

  @Test
  @Timeout(120)
  void noTextMakesLoadingThrow() {
    long seed = Long.getLong("weir.fuzz.seed", System.nanoTime());
    Random random = new Random(seed);
    long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
    for (int round = 0; round < 20_000 && System.nanoTime() < end; round++) {
      String yaml = round % 2 == 0 ? mutated(random) : garbage(random);
      assertThatCode(() -> load(yaml, random))
          .as("seed %d, text:%n%s", seed, yaml)
          .doesNotThrowAnyException();
    }
  }

  @Test
  void theTextThatIsMutatedIsGood() {
    assertThat(
            SampleComponents.loader(Map.of("HOST", "h", "LIST", "[1]"))
                .load(List.of(new ConfigSource.Text("c.yaml", GOOD))))
        .isInstanceOf(Loaded.class);
  }

  private static void load(String yaml, Random random) {
    LoadResult<Telemetry> result =
        SampleComponents.loader(
                Map.of("HOST", "h", "LIST", "[a, {b: c}]", "LOOP", "[x${env:LOOP}]", "T", yaml))
            .load(
                List.of(
                    new ConfigSource.Text("c.yaml", yaml),
                    new ConfigSource.Assignment(
                        "a.b"
                            + "=".repeat(random.nextInt(2))
                            + yaml.substring(0, Math.min(5, yaml.length())))));
    switch (result) {
      case Failed<Telemetry> failed -> {
        assertThat(failed.errors()).isNotEmpty();
        assertThat(failed.errors()).allMatch(error -> !error.message().isBlank());
        assertThat(failed.render()).isNotBlank();
      }
      case Loaded<Telemetry> loaded ->
          assertThat(ConfigPrinter.print(loaded.config())).isNotBlank();
    }
  }

  private static String mutated(Random random) {
    StringBuilder text = new StringBuilder(GOOD);
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = random.nextInt(text.length());
      switch (random.nextInt(3)) {
        case 0 -> text.insert(at, piece(random));
        case 1 -> text.delete(at, Math.min(text.length(), at + 1 + random.nextInt(12)));
        default -> {
          int from = random.nextInt(text.length());
          text.insert(at, text.substring(from, Math.min(text.length(), from + 40)));
        }
      }
    }
    return text.toString();
  }

  private static String garbage(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(40); i >= 0; i--) {
      text.append(piece(random));
    }
    return text.toString();
  }

  private static String piece(Random random) {
    return random.nextInt(20) == 0
        ? String.valueOf((char) random.nextInt(0x10000))
        : PIECES.get(random.nextInt(PIECES.size()));
  }
}
