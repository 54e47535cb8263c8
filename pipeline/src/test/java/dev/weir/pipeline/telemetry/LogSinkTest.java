package dev.weir.pipeline.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pipeline.telemetry.LogsConfig.Encoding;
import dev.weir.pipeline.telemetry.LogsConfig.Level;
import dev.weir.pipeline.telemetry.LogsConfig.Sampling;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;

final class LogSinkTest {
  private static final Instant NOW = Instant.parse("2025-05-09T19:57:16.332Z");
  private static final Map<String, String> RESOURCE = Map.of("service.name", "weir");
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

  private static LogsConfig config(Encoding encoding) {
    return with(encoding, false, Level.INFO, Map.of());
  }

  private static LogsConfig with(
      Encoding encoding, boolean disable, Level level, Map<String, String> initial) {
    return new LogsConfig(
        level,
        encoding,
        disable,
        disable,
        disable,
        false,
        new Sampling(true, Duration.ofHours(1), 3, 2),
        List.of("stderr"),
        List.of("stderr"),
        initial,
        List.of());
  }

  private LogSink sink(LogsConfig config) {
    return new LogSink(config, RESOURCE, InstantSource.fixed(NOW), List.of(out), List.of(errors));
  }

  private Logger logger(LogsConfig config) {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("otelcol.component.id", "otlp");
    fields.put("otelcol.component.kind", "receiver");
    return new WeirLogger("receiver/otlp", fields, new LogRouter(sink(config)));
  }

  private String written() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private static String encoded(LogsConfig config, LogLine line) {
    return new LogEncoder(config, RESOURCE, ZoneOffset.UTC).encode(line);
  }

  @Test
  void aLineForPeopleHasTheCollectorsColumns() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("endpoint", "127.0.0.1:4317");
    fields.put("NumCPU", 2);
    LogLine line = new LogLine(NOW, Level.INFO, "service", "Starting weir...", fields, null);
    assertThat(encoded(config(Encoding.CONSOLE), line))
        .isEqualTo(
            "2025-05-09T19:57:16.332Z\tinfo\tservice\tStarting weir...\t{\"resource\":"
                + " {\"service.name\": \"weir\"}, \"endpoint\": \"127.0.0.1:4317\", \"NumCPU\":"
                + " 2}\n");
    assertThat(
            new LogEncoder(
                    with(Encoding.CONSOLE, true, Level.INFO, Map.of()),
                    RESOURCE,
                    ZoneId.of("Europe/Berlin"))
                .encode(new LogLine(NOW, Level.WARN, "service", "no fields", Map.of(), null)))
        .isEqualTo("2025-05-09T21:57:16.332+0200\twarn\tno fields\n");
  }

  @Test
  void aLineForMachinesIsOneObject() {
    LogLine line =
        new LogLine(
            NOW, Level.INFO, "service", "a \"b\"\n\u0001", Map.of("list", List.of(1, "x")), null);
    assertThat(encoded(with(Encoding.JSON, false, Level.INFO, Map.of("team", "net")), line))
        .isEqualTo(
            "{\"level\":\"info\",\"ts\":\"2025-05-09T19:57:16.332Z\",\"caller\":\"service\",\"msg\":\"a"
                + " \\\"b\\\"\\n\\u0001\",\"resource\":{\"service.name\":\"weir\"},\"team\":\"net\",\"list\":[1,\"x\"]}\n");
  }

  @Test
  void keyValuePairsFollowTheFieldsOfTheLogger() {
    logger(config(Encoding.CONSOLE))
        .atInfo()
        .addKeyValue("endpoint", "localhost:4317")
        .addArgument("GRPC")
        .log("Starting {} server");
    assertThat(written())
        .endsWith(
            "\tinfo\treceiver/otlp\tStarting GRPC server\t{\"resource\": {\"service.name\":"
                + " \"weir\"}, \"otelcol.component.id\": \"otlp\", \"otelcol.component.kind\":"
                + " \"receiver\", \"endpoint\": \"localhost:4317\"}\n");
  }

  @Test
  void anErrorShowsItsStackAndAWarningOnlyItsText() {
    Logger logger = logger(config(Encoding.CONSOLE));
    logger.warn("careful", new IllegalStateException("shaky"));
    assertThat(written()).contains("\"error\": \"java.lang.IllegalStateException: shaky\"}\n");
    assertThat(written()).doesNotContain("\tat ");
    logger.error("broken", new IllegalStateException("gone"));
    assertThat(written()).contains("java.lang.IllegalStateException: gone\n\tat dev.weir");
  }

  @Test
  void theLevelHoldsAndChangesWhileRunning() {
    LogSink sink = sink(config(Encoding.CONSOLE));
    Logger logger = new WeirLogger("a", Map.of(), new LogRouter(sink));
    logger.debug("unseen");
    assertThat(logger.isDebugEnabled()).isFalse();
    sink.level(Level.DEBUG);
    assertThat(logger.isDebugEnabled()).isTrue();
    logger.debug("seen");
    logger.trace("never");
    sink.level(Level.ERROR);
    logger.warn("unseen");
    assertThat(written()).contains("seen").doesNotContain("unseen").doesNotContain("never");
  }

  @Test
  void repetitionsAreSampledByMessageAndLevelAndCounted() {
    LogSink sink = sink(config(Encoding.CONSOLE));
    Logger logger = new WeirLogger("a", Map.of(), new LogRouter(sink));
    for (int i = 1; i <= 9; i++) {
      logger.info("line {}", i);
    }
    logger.warn("line {}", 100);
    // The first three, then each second one: 5, 7, 9.
    assertThat(written().lines().map(l -> l.split("\t", -1)[3]))
        .containsExactly("line 1", "line 2", "line 3", "line 5", "line 7", "line 9", "line 100");
    assertThat(sink.sampledOut()).isEqualTo(3);
  }

  @Test
  void aNewIntervalBeginsTheCountAnew() {
    LogSampler sampler = new LogSampler(new Sampling(true, Duration.ofSeconds(10), 1, 0));
    assertThat(sampler.pass(Level.INFO, "m", 0)).isTrue();
    assertThat(sampler.pass(Level.INFO, "m", 1)).isFalse();
    assertThat(sampler.pass(Level.INFO, "m", Duration.ofSeconds(10).toNanos())).isTrue();
    assertThat(sampler.pass(Level.INFO, "m", Duration.ofSeconds(11).toNanos())).isFalse();
  }

  @Test
  void linesGoToFilesToo(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("weir.log");
    LogsConfig config =
        new LogsConfig(
            Level.INFO,
            Encoding.CONSOLE,
            false,
            false,
            true,
            false,
            new Sampling(false, Duration.ofSeconds(1), 0, 0),
            List.of(file.toString()),
            List.of("stderr"),
            Map.of(),
            List.of());
    for (int i = 0; i < 2; i++) {
      try (LogSink sink = LogSink.open(config, RESOURCE, InstantSource.fixed(NOW))) {
        new WeirLogger("a", Map.of(), new LogRouter(sink)).info("hello");
      }
    }
    assertThat(Files.readAllLines(file)).hasSize(2).allMatch(l -> l.endsWith("\tinfo\ta\thello"));
  }

  @Test
  void aBrokenOutputIsCountedAndSaidOnTheOther() {
    OutputStream broken =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("disk full");
          }
        };
    LogSink sink =
        new LogSink(
            config(Encoding.CONSOLE),
            RESOURCE,
            InstantSource.fixed(NOW),
            List.of(broken, out),
            List.of(errors));
    new WeirLogger("a", Map.of(), new LogRouter(sink)).info("hello");
    assertThat(written()).contains("hello");
    assertThat(errors.toString(StandardCharsets.UTF_8))
        .isEqualTo("2025-05-09T19:57:16.332Z write error: disk full\n");
    assertThat(sink.failed()).isEqualTo(1);
  }
}
