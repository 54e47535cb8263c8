package dev.weir.exporter.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.exporter.testing.TestContext;
import dev.weir.exporter.testing.TestYaml;
import dev.weir.pdata.Attributes;
import dev.weir.pdata.Item;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Scope;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Text;
import dev.weir.pdata.otlp.OtlpJson;
import dev.weir.pdata.otlp.OtlpProtobuf;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.config.SchemaTable;
import dev.weir.pipeline.testing.LifecycleContract;
import dev.weir.transport.compression.Compression;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FileExporterTest {
  private static final Duration GRACE = Duration.ofSeconds(5);

  @TempDir Path directory;
  private final TestContext context = new TestContext();

  private Path path() {
    return directory.resolve("data.json");
  }

  @Test
  void theReadmeHasEveryKeyWithItsDefaultAndItsExampleLoads() throws Exception {
    String readme = TestYaml.readme("file");
    assertThat(SchemaTable.of(FileExporterConfig.SCHEMA).differences(readme)).isEmpty();
    var config =
        (FileExporterConfig)
            TestYaml.config(FileExporterFactory.create(), TestYaml.example(readme));
    assertThat(Objects.requireNonNull(config.rotation()).maxMegabytes()).isEqualTo(50);
  }

  @Test
  void mistakesAreSaidInTheCollectorsWords() {
    errors("path: \"\"", "path must be non-empty");
    errors("path: a, format: xml", "expected json or proto");
    errors("path: a, compression: gzip", "compression is not supported");
    errors(
        "path: a, append: true, compression: zstd",
        "append and compression enabled at the same time is not supported");
    errors(
        "path: a, append: true, rotation: {}",
        "append and rotation enabled at the same time is not supported");
    errors("path: a, flush_interval: -1s", "flush_interval must be larger than zero");
    errors("path: a, group_by: {enabled: true}", "path must contain exactly one *");
    errors("path: \"*/*\", group_by: {enabled: true}", "path must contain exactly one *");
    errors("path: \"*\", group_by: {enabled: true}", "path must not start with *");
    errors("path: a, directory_permissions: rwx", "octal");
    errors("path: a, encoding: text", "encoding extensions are not there");
  }

  private static void errors(String body, String expected) {
    assertThat(TestYaml.errors(FileExporterFactory.create(), "exporters: {file: {" + body + "}}\n"))
        .contains(expected);
  }

  @ParameterizedTest
  @CsvSource({"sum, metrics", "histogram, metrics", "traces, traces", "logs, logs"})
  void aLineIsWhatTheCollectorWrites(String golden, String signal) throws Exception {
    writesWhatItRead(golden, Objects.requireNonNull(Signal.named(signal)));
  }

  private <T extends Item> void writesWhatItRead(String golden, Signal<T> signal) throws Exception {
    byte[] line;
    try (InputStream in =
        Objects.requireNonNull(FileExporterTest.class.getResourceAsStream(golden + ".json"))) {
      line = in.readAllBytes();
    }
    Exporter<T> exporter = exporter(signal, "path: " + path());
    exporter.start(TestContext.host());
    assertThat(exporter.consume(OtlpJson.decode(signal, line))).isEqualTo(Outcome.accepted());
    exporter.stop(GRACE);
    assertThat(Files.readString(path())).isEqualTo(new String(line, StandardCharsets.UTF_8));
  }

  @Test
  void protobufComesAfterItsLength() throws Exception {
    write("format: proto", 2);
    byte[] expected = OtlpProtobuf.encode(LifecycleContract.batch(Signal.LOGS));
    assertThat(messages()).containsExactly(expected, expected);
  }

  @ParameterizedTest
  @CsvSource({"json", "proto"})
  void packedMessagesComeAfterTheirLengthWhateverTheFormat(String format) throws Exception {
    write("compression: zstd, format: " + format, 1);
    Telemetry<LogRecord> batch = LifecycleContract.batch(Signal.LOGS);
    byte[] packed = messages().getFirst();
    assertThat(Compression.ZSTD.decompress(packed, 0, packed.length, 1 << 20).toArray())
        .isEqualTo(format.equals("json") ? OtlpJson.encode(batch) : OtlpProtobuf.encode(batch));
  }

  private List<byte[]> messages() throws IOException {
    List<byte[]> messages = new ArrayList<>();
    try (DataInputStream in = new DataInputStream(Files.newInputStream(path()))) {
      while (in.available() > 0) {
        messages.add(in.readNBytes(in.readInt()));
      }
    }
    return messages;
  }

  @Test
  void aStartEmptiesTheFileUnlessItAppends() throws Exception {
    write("format: json", 2);
    write("append: true", 1);
    assertThat(lines()).isEqualTo(3);
    write("append: false", 1);
    assertThat(lines()).isEqualTo(1);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path())))
        .isEqualTo("rw-------");
  }

  @Test
  void theSignalsOfOneExporterShareTheFile() throws Exception {
    var factory = FileExporterFactory.create();
    var config =
        (FileExporterConfig)
            TestYaml.config(factory, "exporters: {file: {path: " + path() + "}}\n");
    var logs =
        Objects.requireNonNull(factory.maker(Signal.LOGS))
            .make(context.exporter("file", InstantSource.system()), config);
    var traces =
        Objects.requireNonNull(factory.maker(Signal.TRACES))
            .make(context.exporter("file", InstantSource.system()), config);
    logs.start(TestContext.host());
    traces.start(TestContext.host());
    logs.consume(LifecycleContract.batch(Signal.LOGS));
    traces.consume(LifecycleContract.batch(Signal.TRACES));
    logs.stop(GRACE);
    traces.consume(LifecycleContract.batch(Signal.TRACES));
    traces.stop(GRACE);
    assertThat(lines()).isEqualTo(3);
  }

  @Test
  void whatWaitsIsWrittenAfterTheInterval() throws Exception {
    Exporter<LogRecord> exporter = exporter(Signal.LOGS, "flush_interval: 10ms, path: " + path());
    exporter.start(TestContext.host());
    exporter.consume(LifecycleContract.batch(Signal.LOGS));
    await().until(() -> lines() == 1);
    exporter.stop(GRACE);
  }

  @Test
  void aFullFileIsPutAsideBetweenTwoMessages() throws Exception {
    Exporter<LogRecord> exporter =
        exporter(Signal.LOGS, "rotation: {max_megabytes: 1, max_backups: 2}, path: " + path());
    exporter.start(TestContext.host());
    String text = "x".repeat(300_000);
    for (int i = 0; i < 12; i++) {
      assertThat(exporter.consume(record(text, "a"))).isEqualTo(Outcome.accepted());
    }
    exporter.stop(GRACE);
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> all = files.sorted().toList();
      assertThat(all).hasSize(3);
      for (Path file : all) {
        assertThat(Files.size(file)).isLessThanOrEqualTo(1 << 20);
        assertThat(Files.readAllLines(file)).hasSize(3).allMatch(l -> l.endsWith("}]}"));
      }
      assertThat(all.getFirst().getFileName().toString())
          .matches("data-\\d{4}-\\d\\d-\\d\\dT\\d\\d-\\d\\d-\\d\\d\\.\\d{3}\\.json");
    }
  }

  @Test
  void anUnwritablePathIsSaidAtTheStart() {
    Path missing = directory.resolve("no/such/data.json");
    assertThatThrownBy(() -> exporter(Signal.LOGS, "path: " + missing).start(TestContext.host()))
        .isInstanceOf(StartException.class)
        .hasMessageContaining(missing.toString())
        .hasMessageContaining("create_directory: true");
    assertThatThrownBy(() -> exporter(Signal.LOGS, "path: " + directory).start(TestContext.host()))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("is a directory");
  }

  @Test
  void directoriesAreMadeWithTheirPermissions() throws Exception {
    Path deep = directory.resolve("a/data.json");
    Exporter<LogRecord> exporter =
        exporter(
            Signal.LOGS, "create_directory: true, directory_permissions: \"0700\", path: " + deep);
    exporter.start(TestContext.host());
    exporter.stop(GRACE);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(deep.getParent())))
        .isEqualTo("rwx------");
  }

  @Test
  void aFullDiskRefusesAndIsSaidOnce() throws Exception {
    Exporter<LogRecord> exporter = exporter(Signal.LOGS, "path: /dev/full, append: true");
    exporter.start(TestContext.host());
    Telemetry<LogRecord> large = record("x".repeat(100_000), "a");
    for (int i = 0; i < 3; i++) {
      assertThat(exporter.consume(large.copy()))
          .isInstanceOfSatisfying(
              Outcome.Retry.class,
              retry ->
                  assertThat(retry.reason()).isEqualTo("write /dev/full: No space left on device"));
    }
    assertThat(exporter.consume(LifecycleContract.batch(Signal.LOGS)))
        .isEqualTo(Outcome.accepted()); // into the buffer
    exporter.stop(GRACE);
    assertThat(context.sum("weir_file_lost_items")).isEqualTo(1);
    assertThat(context.logger().messages())
        .filteredOn(m -> m.text().contains("data is refused until it works again"))
        .hasSize(1);
  }

  @Test
  void anInterruptedWriteIsRefusedAndTheNextOneWorks() throws Exception {
    Exporter<LogRecord> exporter = exporter(Signal.LOGS, "path: " + path());
    exporter.start(TestContext.host());
    Telemetry<LogRecord> large = record("x".repeat(100_000), "a");
    assertThat(exporter.consume(large.copy())).isEqualTo(Outcome.accepted());
    Thread.currentThread().interrupt();
    Outcome interrupted = exporter.consume(large.copy());
    assertThat(Thread.interrupted()).isTrue();
    assertThat(interrupted).isInstanceOf(Outcome.Retry.class);
    assertThat(exporter.consume(large.copy())).isEqualTo(Outcome.accepted());
    exporter.stop(GRACE);
    assertThat(lines()).isEqualTo(2);
    assertThat(context.logger().messages())
        .extracting(m -> m.text())
        .anyMatch(text -> text.contains("data is refused until it works again"))
        .contains("writing to " + path() + " again");
  }

  @Test
  void interruptsAtAnyMomentNeitherTearNorRepeatAMessage() throws Exception {
    Exporter<LogRecord> exporter = exporter(Signal.LOGS, "path: " + path());
    exporter.start(TestContext.host());
    Thread writer = Thread.currentThread();
    AtomicBoolean going = new AtomicBoolean(true);
    Thread interrupter =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (going.get()) {
                    writer.interrupt();
                    LockSupport.parkNanos(ThreadLocalRandom.current().nextInt(400_000));
                  }
                });
    int messages = 300;
    for (int i = 0; i < messages; i++) {
      Telemetry<LogRecord> batch = record(i + "x".repeat(i % 3 == 0 ? 500 : 300_000), "a");
      boolean taken = false;
      while (!taken) {
        taken = exporter.consume(batch.copy()).taken();
        boolean _ = Thread.interrupted();
      }
    }
    going.set(false);
    interrupter.join();
    boolean _ = Thread.interrupted();
    exporter.stop(GRACE);
    List<String> lines = Files.readAllLines(path());
    assertThat(lines).hasSize(messages);
    for (int i = 0; i < messages; i++) {
      assertThat(lines.get(i)).contains("\"" + i + "xxx").endsWith("}]}");
    }
  }

  @Test
  void eachValueOfAnAttributeHasItsFile() throws Exception {
    Exporter<LogRecord> exporter =
        exporter(
            Signal.LOGS,
            "path: \"%s/*.json\", create_directory: true, group_by: {enabled: true,"
                    .formatted(directory)
                + " resource_attribute: tenant, max_open_files: 1}");
    exporter.start(TestContext.host());
    for (String tenant : List.of("a", "b", "../../up", "a")) {
      assertThat(exporter.consume(record("hello", tenant))).isEqualTo(Outcome.accepted());
    }
    assertThat(exporter.consume(LifecycleContract.batch(Signal.LOGS)))
        .isEqualTo(new Outcome.Partial(1, "the resource has no attribute tenant"));
    exporter.stop(GRACE);
    assertThat(Files.readAllLines(directory.resolve("a.json"))).hasSize(2);
    assertThat(Files.readAllLines(directory.resolve("b.json"))).hasSize(1);
    assertThat(Files.readAllLines(directory.resolve("up.json"))).hasSize(1);
  }

  @Test
  void itKeepsTheLifecycle() throws Exception {
    var factory = FileExporterFactory.create();
    var config =
        (FileExporterConfig)
            TestYaml.config(factory, "exporters: {file: {path: " + path() + "}}\n");
    LifecycleContract.of(factory, config).check();
  }

  private static Telemetry<LogRecord> record(String text, String tenant) {
    return Telemetry.of(
        Signal.LOGS,
        Resource.of(Attributes.of("tenant", tenant)),
        Scope.of("test", "1"),
        List.of(new LogRecord().times(1, 2).body(Text.of(text))));
  }

  private void write(String more, int times) throws StartException {
    Exporter<LogRecord> exporter = exporter(Signal.LOGS, more + ", path: " + path());
    exporter.start(TestContext.host());
    for (int i = 0; i < times; i++) {
      assertThat(exporter.consume(LifecycleContract.batch(Signal.LOGS)))
          .isEqualTo(Outcome.accepted());
    }
    exporter.stop(GRACE);
  }

  private long lines() throws IOException {
    return Files.readAllLines(path()).size();
  }

  private <T extends Item> Exporter<T> exporter(Signal<T> signal, String body) {
    var factory = FileExporterFactory.create();
    var config =
        (FileExporterConfig) TestYaml.config(factory, "exporters: {file: {" + body + "}}\n");
    return Objects.requireNonNull(factory.maker(signal))
        .make(context.exporter("file", InstantSource.system()), config);
  }
}
