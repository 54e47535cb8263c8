package dev.weir.extension.filestorage;

import dev.weir.extension.testing.Yaml;
import dev.weir.pdata.Resource;
import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.StoredQueue;
import dev.weir.pipeline.Time;
import dev.weir.pipeline.testing.LogLines;
import dev.weir.pipeline.testing.Measurements;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** A storage in a directory of the test, whose disk can fail. */
final class Shelf implements Disk {
  final Path directory;
  final LogLines log = new LogLines();
  final Measurements measurements = new Measurements();

  /** What was found at the last opening, by number. */
  final Map<Long, String> found = new LinkedHashMap<>();

  volatile boolean fsync;
  volatile long maxSize;
  volatile long segmentSize = 200;

  /** Bytes that the disk still takes. */
  final AtomicLong room = new AtomicLong(Long.MAX_VALUE);

  volatile boolean readOnly;
  volatile boolean forceFails;

  /** A bad sector: reads that touch bytes from here to there fail. */
  volatile long badFrom = Long.MAX_VALUE;

  volatile long badTo = Long.MAX_VALUE;
  final AtomicInteger forces = new AtomicInteger();

  private final Disk real;

  Shelf(Path directory) {
    this.directory = directory;
    this.real = Disk.ofMachine(config().filePermissions());
  }

  private FileStorageConfig config() {
    return new FileStorageConfig(directory, false, "0750", Duration.ZERO, maxSize, fsync);
  }

  FileStorageExtension extension() throws Exception {
    ComponentContext context =
        new ComponentContext(
            ComponentKind.EXTENSION,
            ComponentId.parse("file_storage"),
            new BuildInfo("weir", "0"),
            Resource.EMPTY,
            log,
            measurements.meter(),
            InstantSource.system(),
            Map.of());
    FileStorageExtension extension =
        new FileStorageExtension(context, config(), this, segmentSize, Time.SYSTEM);
    extension.start(Yaml.nobody());
    return extension;
  }

  StoredQueue open() throws Exception {
    found.clear();
    return extension()
        .open(
            ComponentKind.EXPORTER,
            ComponentId.parse("otlp_grpc"),
            "logs",
            (number, record) -> found.put(number, new String(record, StandardCharsets.UTF_8)));
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  Path queueDirectory() {
    return directory.resolve("exporter_otlp_grpc__logs");
  }

  List<Path> segments() throws IOException {
    try (Stream<Path> all = Files.list(queueDirectory())) {
      return all.filter(p -> p.toString().endsWith(SegmentedQueue.SUFFIX)).sorted().toList();
    }
  }

  @Override
  public File open(Path path) throws IOException {
    if (readOnly && !Files.exists(path)) {
      throw new IOException("Read-only file system");
    }
    File file = real.open(path);
    return new File() {
      @Override
      public void write(long position, byte[] bytes, int offset, int length) throws IOException {
        if (readOnly) {
          throw new IOException("Read-only file system");
        }
        int fits = (int) Math.min(length, room.get());
        file.write(position, bytes, offset, fits);
        room.addAndGet(-fits);
        if (fits < length) {
          throw new IOException("No space left on device");
        }
      }

      @Override
      public void read(long position, byte[] bytes, int offset, int length) throws IOException {
        if (position < badTo && badFrom < position + length) {
          throw new IOException("Input/output error");
        }
        file.read(position, bytes, offset, length);
      }

      @Override
      public long length() throws IOException {
        return file.length();
      }

      @Override
      public void truncate(long length) throws IOException {
        file.truncate(length);
      }

      @Override
      public void force() throws IOException {
        forces.incrementAndGet();
        if (forceFails) {
          throw new IOException("Input/output error");
        }
        file.force();
      }

      @Override
      public void close() throws IOException {
        file.close();
      }
    };
  }
}
