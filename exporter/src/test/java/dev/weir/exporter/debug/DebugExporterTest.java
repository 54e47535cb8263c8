package dev.weir.exporter.debug;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.exporter.debug.DebugExporterConfig.Verbosity;
import dev.weir.exporter.testing.TestContext;
import dev.weir.pdata.Item;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.StartException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DebugExporterTest {
  private final TestContext test = new TestContext();
  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
  private final InstantSource clock = now::get;

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource(Verbosity.class)
  void metricsReadAsTheCollectorWritesThem(Verbosity verbosity) throws Exception {
    assertThat(written(Signal.METRICS, verbosity, Batches.metrics()))
        .isEqualTo(golden("metrics", verbosity));
  }

  @ParameterizedTest
  @EnumSource(Verbosity.class)
  void logsReadAsTheCollectorWritesThem(Verbosity verbosity) throws Exception {
    assertThat(written(Signal.LOGS, verbosity, Batches.logs()))
        .isEqualTo(golden("logs", verbosity));
  }

  @ParameterizedTest
  @EnumSource(Verbosity.class)
  void tracesReadAsTheCollectorWritesThem(Verbosity verbosity) throws Exception {
    assertThat(written(Signal.TRACES, verbosity, Batches.traces()))
        .isEqualTo(golden("traces", verbosity));
  }

  @Test
  void theAgentsOwnLogGetsTheSummaryWithFieldsAndThenTheText() throws Exception {
    Exporter<LogRecord> exporter = logs(config(Verbosity.NORMAL, 2, 1, true, List.of("stdout")));
    exporter.start(TestContext.host());
    assertThat(exporter.consume(Batches.logs())).isEqualTo(Outcome.accepted());
    exporter.stop(Duration.ofSeconds(1));

    assertThat(test.logger().messages()).hasSize(2);
    assertThat(test.logger().messages().get(0).text()).isEqualTo("Logs");
    assertThat(test.logger().messages().get(0).fields())
        .containsExactly("resource logs=1", "log records=4");
    assertThat(test.logger().messages().get(1).text())
        .startsWith("ResourceLog #0 service.name=weir")
        .endsWith("\n");
  }

  @Test
  void samplingWritesTheFirstOnesOfEachSecondAndThenEveryNth() throws Exception {
    Exporter<LogRecord> exporter = logs(config(Verbosity.BASIC, 2, 3, true, List.of("stdout")));
    exporter.start(TestContext.host());
    for (int i = 0; i < 11; i++) {
      exporter.consume(Batches.logs());
    }
    assertThat(test.logger().messages()).as("2 at once, then the 5th, 8th and 11th").hasSize(5);
    assertThat(test.sum("weir_debug_sampled_out_messages", "exporter", "debug")).isEqualTo(6);

    now.set(Instant.EPOCH.plusSeconds(1));
    exporter.consume(Batches.logs());
    exporter.consume(Batches.logs());
    exporter.consume(Batches.logs());
    assertThat(test.logger().messages()).as("a new second").hasSize(7);
  }

  @Test
  void thereafterZeroWritesNothingMore() {
    MessageSampler sampler = new MessageSampler(clock, 1, 0);
    assertThat(sampler.admits("a")).isTrue();
    assertThat(sampler.admits("a")).isFalse();
    assertThat(sampler.admits("b")).as("another text has its own count").isTrue();
  }

  @Test
  void aFileIsAppendedToAndBothPlacesGetEverything() throws Exception {
    Path one = directory.resolve("one");
    Path two = directory.resolve("two");
    Files.writeString(one, "before\n");
    DebugExporterConfig config =
        config(Verbosity.BASIC, 2, 1, false, List.of(one.toString(), two.toString()));
    Exporter<LogRecord> exporter = logs(config);
    exporter.start(TestContext.host());
    exporter.consume(Batches.logs());
    exporter.stop(Duration.ofSeconds(1));
    String line = "Logs\t{\"resource logs\": 1, \"log records\": 4}\n";
    assertThat(one).hasContent("before\n" + line);
    assertThat(two).hasContent(line);
  }

  @Test
  void aPathThatCannotBeOpenedIsNamedAtStart() {
    String path = directory.resolve("missing/file").toString();
    Exporter<LogRecord> exporter = logs(config(Verbosity.BASIC, 2, 1, false, List.of(path)));
    assertThatThrownBy(() -> exporter.start(TestContext.host()))
        .isInstanceOf(StartException.class)
        .hasMessageContaining(path)
        .hasMessageContaining("output_paths");
  }

  @Test
  void stopWithoutStartDoesNothing() {
    logs(DebugExporterConfig.SCHEMA.defaults()).stop(Duration.ZERO);
    assertThat(test.logger().messages()).isEmpty();
  }

  @Test
  void theDefaultsAreTheCollectors() {
    assertThat(DebugExporterConfig.SCHEMA.defaults())
        .isEqualTo(config(Verbosity.BASIC, 2, 1, true, List.of("stdout")));
  }

  private static DebugExporterConfig config(
      Verbosity verbosity, long initial, long thereafter, boolean internal, List<String> paths) {
    return new DebugExporterConfig(verbosity, initial, thereafter, internal, paths);
  }

  private Exporter<LogRecord> logs(DebugExporterConfig config) {
    return make(Signal.LOGS, config);
  }

  private <T extends Item> Exporter<T> make(Signal<T> signal, DebugExporterConfig config) {
    ComponentContext context = test.exporter("debug", clock);
    ExporterFactory<DebugExporterConfig> factory = DebugExporterFactory.create();
    return Objects.requireNonNull(factory.maker(signal)).make(context, config);
  }

  private <T extends Item> String written(Signal<T> signal, Verbosity verbosity, Telemetry<T> batch)
      throws Exception {
    Path file = directory.resolve("out");
    Exporter<T> exporter = make(signal, config(verbosity, 2, 1, false, List.of(file.toString())));
    exporter.start(TestContext.host());
    assertThat(exporter.consume(batch)).isEqualTo(Outcome.accepted());
    exporter.stop(Duration.ofSeconds(1));
    return Files.readString(file);
  }

  private static String golden(String signal, Verbosity verbosity) throws IOException {
    String name = signal + "-" + verbosity.name().toLowerCase(Locale.ROOT) + ".txt";
    try (InputStream in =
        Objects.requireNonNull(DebugExporterTest.class.getResourceAsStream(name))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
