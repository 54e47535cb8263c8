package dev.weir.exporter.accesslog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.exporter.testing.TestContext;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Signal;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.files.RotatedFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSinkTest {
  private static final Duration GRACE = Duration.ofSeconds(30);
  private static final String LINE = "0123456789 a line of 31 bytes.\n";

  private final TestContext test = new TestContext();
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-11-20T10:51:54.947554Z"));
  private final InstantSource clock = now::get;

  @TempDir Path directory;
  private Path file = Path.of("");

  @BeforeEach
  void name() {
    file = directory.resolve("access.log");
  }

  @Test
  void theExporterWritesAFileOfWholeLinesReadableByItsOwnerOnly() throws Exception {
    Exporter<LogRecord> exporter = exporter(new Configs().path(file));
    exporter.start(TestContext.host());
    exporter.consume(Records.connections(0, 1_000));
    exporter.stop(GRACE);
    assertThat(Files.readAllLines(file)).hasSize(1_000);
    assertThat(Files.getPosixFilePermissions(file))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void aFileIsPutAsideWhenItIsFullAndNothingIsLostOrCut() throws Exception {
    Exporter<LogRecord> exporter = exporter(new Configs().path(file).rotation(0, 100));
    exporter.start(TestContext.host());
    for (int i = 0; i < 20_000; i += 500) {
      exporter.consume(Records.connections(i, 500));
    }
    exporter.stop(GRACE);

    List<Path> all = files();
    assertThat(all).hasSizeGreaterThan(3);
    long lines = 0;
    for (Path one : all) {
      assertThat(Files.size(one)).isBetween(1L, 1L << 20);
      List<String> read = Files.readAllLines(one);
      assertThat(read).allMatch(line -> line.endsWith(" network.type=ipv4"));
      lines += read.size();
    }
    assertThat(lines).isEqualTo(20_000);
    assertThat(test.sum("weir_access_log_rotations")).isEqualTo(all.size() - 1);
    assertThat(names())
        .as("one millisecond, several files: names stay apart")
        .contains("access-2026-11-20T10-51-54.947.log", "access-2026-11-20T10-51-54.948.log");
  }

  @Test
  void onlyTheNewestBackupsAreKept() throws Exception {
    FileSink sink = sink(new Configs().path(file).rotation(0, 2), LINE.length());
    sink.open();
    for (int i = 0; i < 6; i++) {
      now.set(Instant.parse("2026-11-20T00:00:00Z").plusSeconds(i));
      write(sink, LINE);
    }
    sink.close(GRACE);
    assertThat(names())
        .containsExactly(
            "access-2026-11-20T00-00-04.000.log",
            "access-2026-11-20T00-00-05.000.log",
            "access.log");
  }

  @Test
  void backupsOlderThanMaxDaysAreDeletedAtARotationAndAtTheStart() throws Exception {
    Files.writeString(directory.resolve("access-2026-11-16T00-00-00.000.log"), "old\n");
    Files.writeString(directory.resolve("access-2026-11-19T00-00-00.000.log.gz"), "new\n");
    Files.writeString(directory.resolve("access-2026-11-18T23-59-59.000.log.gz.tmp"), "cut off");
    Files.writeString(directory.resolve("access-of-somebody-else.log"), "foreign\n");
    Files.writeString(directory.resolve("other-2020-01-01T00-00-00.000.log"), "foreign\n");
    FileSink sink = sink(new Configs().path(file).rotation(3, 0), LINE.length());
    sink.open();
    await()
        .untilAsserted(
            () ->
                assertThat(names())
                    .containsExactly(
                        "access-2026-11-19T00-00-00.000.log.gz",
                        "access-of-somebody-else.log",
                        "access.log",
                        "other-2020-01-01T00-00-00.000.log"));
    write(sink, LINE);
    now.set(Instant.parse("2026-11-22T12:00:00Z"));
    write(sink, LINE);
    sink.close(GRACE);
    assertThat(names())
        .containsExactly(
            "access-2026-11-22T12-00-00.000.log",
            "access-of-somebody-else.log",
            "access.log",
            "other-2020-01-01T00-00-00.000.log");
  }

  @Test
  void filesPutAsideAreCompressedAndReadBack() throws Exception {
    FileSink sink = sink(new Configs().path(file).rotation(0, 0).gzip(), LINE.length() * 2L);
    sink.open();
    for (int i = 0; i < 5; i++) {
      now.set(Instant.parse("2026-11-20T00:00:00Z").plusSeconds(i));
      write(sink, LINE);
    }
    sink.close(GRACE);
    assertThat(names())
        .containsExactly(
            "access-2026-11-20T00-00-02.000.log.gz",
            "access-2026-11-20T00-00-04.000.log.gz",
            "access.log");
    try (InputStream in =
        new GZIPInputStream(
            Files.newInputStream(directory.resolve("access-2026-11-20T00-00-02.000.log.gz")))) {
      assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo(LINE + LINE);
    }
    assertThat(Files.getPosixFilePermissions(directory.resolve(names().getFirst())))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void aLineLongerThanAWholeFileStaysInOnePiece() throws Exception {
    FileSink sink = sink(new Configs().path(file).rotation(0, 0), 100);
    sink.open();
    String line = "x".repeat(200_000) + "\n";
    write(sink, LINE);
    write(sink, line);
    write(sink, LINE);
    sink.close(GRACE);
    assertThat(files()).extracting(Files::size).containsExactly(31L, 200_001L, 31L);
  }

  @Test
  void aFileMovedAwayByAnotherProgramIsBegunAgain() throws Exception {
    FileSink sink = sink(new Configs().path(file), Long.MAX_VALUE);
    sink.open();
    write(sink, LINE);
    Files.move(file, directory.resolve("access.log.1"));
    write(sink, LINE);
    write(sink, LINE);
    Files.delete(file);
    write(sink, LINE);
    sink.close(GRACE);
    assertThat(directory.resolve("access.log.1")).hasContent(LINE);
    assertThat(file).hasContent(LINE);
    assertThat(test.sum("weir_access_log_reopened_files")).isEqualTo(2);
  }

  @Test
  void aFileEmptiedByAnotherProgramIsContinuedAtItsBeginning() throws Exception {
    FileSink sink = sink(new Configs().path(file), 3L * LINE.length());
    sink.open();
    write(sink, LINE);
    write(sink, LINE);
    Files.newByteChannel(file, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)
        .close();
    write(sink, LINE);
    write(sink, LINE);
    sink.close(GRACE);
    assertThat(file).hasContent(LINE + LINE);
    assertThat(files()).hasSize(1);
  }

  @Test
  void aDirectoryThatGoesAwayCostsLinesUntilItIsBack() throws Exception {
    Path inner = directory.resolve("logs");
    Files.createDirectory(inner);
    Exporter<LogRecord> exporter = exporter(new Configs().path(inner.resolve("access.log")));
    exporter.start(TestContext.host());
    Files.delete(inner.resolve("access.log"));
    Files.delete(inner);
    exporter.consume(Records.connections(0, 10));
    await().until(() -> test.sum("weir_access_log_dropped_lines", "reason", "write_failed") == 10);
    Files.createDirectory(inner);
    exporter.consume(Records.connections(10, 10));
    exporter.stop(GRACE);
    assertThat(Files.readAllLines(inner.resolve("access.log"))).hasSize(10);
    assertThat(test.sum("otelcol_exporter_sent_log_records")).isEqualTo(10);
  }

  @Test
  void appendContinuesAFileAndOtherwiseItIsEmptied() throws Exception {
    Files.writeString(file, "before\n");
    Exporter<LogRecord> exporter = exporter(new Configs().path(file));
    exporter.start(TestContext.host());
    exporter.consume(Records.connections(0, 1));
    exporter.stop(GRACE);
    assertThat(Files.readAllLines(file)).hasSize(2).first().isEqualTo("before");

    exporter = exporter(new Configs().path(file).emptyFirst());
    exporter.start(TestContext.host());
    exporter.consume(Records.connections(0, 1));
    exporter.stop(GRACE);
    assertThat(Files.readAllLines(file)).hasSize(1);
  }

  @Test
  void afterAKillInTheMiddleOfALineTheNextRunBeginsALineOfItsOwn() throws Exception {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                EndlessWriter.class.getName(),
                file.toString())
            .redirectErrorStream(true)
            .start();
    try {
      await().atMost(GRACE).until(() -> Files.exists(file) && Files.size(file) > 1_000_000);
    } finally {
      child.destroyForcibly();
      assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
    String left = Files.readString(file);
    List<String> lines = left.lines().toList();
    assertThat(lines.subList(0, lines.size() - 1))
        .allMatch(line -> line.endsWith(" network.type=ipv4"));

    // Cut it where the kernel did not happen to.
    Files.writeString(file, left.substring(0, left.length() - 5));
    Exporter<LogRecord> exporter = exporter(new Configs().path(file));
    exporter.start(TestContext.host());
    exporter.consume(Records.connections(0, 1));
    exporter.stop(GRACE);
    assertThat(Files.readAllLines(file).getLast())
        .startsWith("2026-11-20T10:51:55.947554Z close")
        .endsWith(" network.type=ipv4");
  }

  @Test
  void aPathThatCannotBeWrittenIsExplainedAtTheStart() throws Exception {
    Path missing = directory.resolve("no/such/access.log");
    assertThatThrownBy(() -> exporter(new Configs().path(missing)).start(TestContext.host()))
        .isInstanceOf(StartException.class)
        .hasMessage(
            "path: cannot write to \"%s\": directory \"%s\" does not exist; make it, or set"
                + " create_directory: true",
            missing, missing.getParent());
    assertThatThrownBy(() -> exporter(new Configs().path(directory)).start(TestContext.host()))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("it is a directory");

    Path pipe = directory.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    assertThatThrownBy(() -> exporter(new Configs().path(pipe)).start(TestContext.host()))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("named pipe");

    Exporter<LogRecord> exporter = exporter(new Configs().path(missing).createDirectory());
    exporter.start(TestContext.host());
    exporter.stop(GRACE);
    assertThat(missing).exists();
  }

  @Test
  void aDeviceIsNeverPutAside() throws Exception {
    Exporter<LogRecord> exporter =
        exporter(new Configs().path(Path.of("/dev/null")).rotation(0, 1));
    exporter.start(TestContext.host());
    for (int i = 0; i < 10; i++) {
      exporter.consume(Records.connections(0, 1_000));
    }
    exporter.stop(GRACE);
    assertThat(test.sum("otelcol_exporter_sent_log_records")).isEqualTo(10_000);
    assertThat(test.sum("weir_access_log_rotations")).isZero();
  }

  /** Writes connections until it is killed. */
  static final class EndlessWriter {
    private EndlessWriter() {}

    public static void main(String[] arguments) throws Exception {
      AccessLogExporterConfig config = new Configs().path(Path.of(arguments[0])).block().build();
      Exporter<LogRecord> exporter = make(config, new TestContext(), InstantSource.system());
      exporter.start(TestContext.host());
      for (int i = 0; ; i++) {
        exporter.consume(Records.connections(i, 100));
      }
    }
  }

  private static void write(FileSink sink, String text) throws IOException {
    boolean ignored = sink.refresh();
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    for (int from = 0; from < bytes.length; ) {
      from += sink.write(bytes, from, bytes.length);
    }
  }

  private FileSink sink(Configs configs, long maxBytes) {
    AccessLogExporterConfig config = configs.build();
    var context = test.exporter("access_log", clock);
    return new FileSink(
        file,
        config,
        maxBytes,
        new RotatedFiles(
            file,
            config.rotation(),
            config.compression() == AccessLogExporterConfig.Compression.GZIP,
            clock,
            context.logger()),
        new AccessLogMetrics(context.meter(), context.id()),
        context.logger());
  }

  private Exporter<LogRecord> exporter(Configs configs) {
    return make(configs.build(), test, clock);
  }

  private static Exporter<LogRecord> make(
      AccessLogExporterConfig config, TestContext test, InstantSource clock) {
    var maker = AccessLogExporterFactory.create().maker(Signal.LOGS);
    return Objects.requireNonNull(maker).make(test.exporter("access_log", clock), config);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> list = Files.list(directory)) {
      return list.sorted().toList();
    }
  }

  private List<String> names() throws IOException {
    return files().stream().map(path -> String.valueOf(path.getFileName())).toList();
  }
}
