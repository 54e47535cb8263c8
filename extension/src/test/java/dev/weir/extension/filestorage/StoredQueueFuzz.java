package dev.weir.extension.filestorage;

import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Extension;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.StoredQueue;
import dev.weir.pipeline.Time;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Damages files of stored queues for as long as it is told: bits, holes, cuts, pieces moved and
 * repeated, marks in the middle of nothing. Whatever the damage, opening throws nothing, a record
 * that is still whole is found, what is found was written, and the queue goes on. Runs for seconds
 * in the tests and for minutes in {@code make bench}.
 */
public final class StoredQueueFuzz {
  private static final ComponentId EXPORTER = ComponentId.parse("otlp_grpc");
  private static final long SEGMENT = 1 << 20;
  private static final byte[] MARK = {0x57, 0x52, 0x51, 0x31};

  private final Path directory;
  private final Random random;
  private final Map<Long, byte[]> found = new LinkedHashMap<>();

  private StoredQueueFuzz(Path directory, long seed) {
    this.directory = directory;
    this.random = new Random(seed);
  }

  /**
   * Runs.
   *
   * @param directory an empty one
   * @return how many damaged queues were opened
   * @throws AssertionError if something does not hold, with the seed that shows it alone
   */
  public static long run(Path directory, long seed, Duration duration)
      throws IOException, StartException {
    long end = System.nanoTime() + duration.toNanos();
    long tried = 0;
    while (System.nanoTime() < end) {
      one(directory, seed + tried);
      tried++;
    }
    return tried;
  }

  /** Runs what one seed says. */
  static void one(Path directory, long seed) throws IOException, StartException {
    new StoredQueueFuzz(directory, seed).once(seed);
  }

  private void once(long seed) throws IOException, StartException {
    for (Path old : segments()) {
      Files.delete(old);
    }
    Map<Long, byte[]> written = new LinkedHashMap<>();
    StoredQueue queue = open();
    for (int i = 1 + random.nextInt(12); i > 0; i--) {
      byte[] record = record();
      written.put(queue.append(record), record);
    }
    queue.close();
    Path file = segments().getFirst();
    byte[] content = Files.readAllBytes(file);
    for (int i = random.nextInt(4); i >= 0; i--) {
      content = damage(content);
    }
    Files.write(file, content);
    try {
      check(written, content);
    } catch (AssertionError | RuntimeException | IOException | OutOfMemoryError e) {
      throw new AssertionError("seed " + seed + ", file " + HexFormat.of().formatHex(content), e);
    }
  }

  private void check(Map<Long, byte[]> written, byte[] content) throws IOException, StartException {
    StoredQueue queue = open();
    for (Map.Entry<Long, byte[]> each : found.entrySet()) {
      if (!Arrays.equals(written.get(each.getKey()), each.getValue())) {
        throw new AssertionError("record " + each.getKey() + " is not what was written");
      }
      if (!Arrays.equals(queue.read(each.getKey()), each.getValue())) {
        throw new AssertionError("record " + each.getKey() + " is read as another one");
      }
    }
    for (Map.Entry<Long, byte[]> each : written.entrySet()) {
      byte[] head = RecordFormat.head(each.getKey(), each.getValue());
      boolean whole = contains(content, head, each.getValue());
      if (whole && !found.containsKey(each.getKey())) {
        throw new AssertionError("record " + each.getKey() + " is whole and was not found");
      }
    }
    byte[] more = record();
    long number = queue.append(more);
    if (found.containsKey(number)) {
      throw new AssertionError("number " + number + " was given twice");
    }
    List<Long> all = new ArrayList<>(found.keySet());
    all.forEach(queue::remove);
    queue.close();
    open().close();
    if (found.size() != 1 || !Arrays.equals(found.get(number), more)) {
      throw new AssertionError("of " + number + " alone was found " + found.keySet());
    }
  }

  private byte[] record() {
    byte[] record = new byte[random.nextInt(10) == 0 ? random.nextInt(70_000) : random.nextInt(99)];
    random.nextBytes(record);
    return record;
  }

  private byte[] damage(byte[] bytes) {
    if (bytes.length == 0) {
      return MARK.clone();
    }
    int at = random.nextInt(bytes.length);
    int to = Math.min(bytes.length, at + random.nextInt(200));
    byte[] copy = bytes.clone();
    switch (random.nextInt(8)) {
      case 0 -> copy = Arrays.copyOf(bytes, at);
      case 1, 2 -> copy[at] ^= (byte) (1 << random.nextInt(8));
      case 3 -> Arrays.fill(copy, at, to, (byte) 0);
      case 4 -> copy = splice(bytes, at, new byte[0], to);
      case 5 -> copy = splice(bytes, at, MARK, at);
      case 6 -> copy = splice(bytes, at, Arrays.copyOfRange(bytes, at, to), at);
      default -> {
        int from = random.nextInt(bytes.length);
        int until = Math.min(bytes.length, from + random.nextInt(200));
        copy = splice(bytes, at, Arrays.copyOfRange(bytes, from, until), to);
      }
    }
    return copy;
  }

  private static byte[] splice(byte[] bytes, int at, byte[] insert, int resume) {
    byte[] result = new byte[at + insert.length + bytes.length - resume];
    System.arraycopy(bytes, 0, result, 0, at);
    System.arraycopy(insert, 0, result, at, insert.length);
    System.arraycopy(bytes, resume, result, at + insert.length, bytes.length - resume);
    return result;
  }

  private static boolean contains(byte[] bytes, byte[] head, byte[] record) {
    int length = head.length + record.length;
    for (int at = 0; at <= bytes.length - length; at++) {
      int body = at + head.length;
      if (bytes[at] == head[0]
          && Arrays.equals(bytes, at, body, head, 0, head.length)
          && Arrays.equals(bytes, body, at + length, record, 0, record.length)) {
        return true;
      }
    }
    return false;
  }

  private List<Path> segments() throws IOException {
    List<Path> all = new ArrayList<>();
    Path queue = directory.resolve("exporter_otlp_grpc__logs");
    if (Files.isDirectory(queue)) {
      try (DirectoryStream<Path> files =
          Files.newDirectoryStream(queue, "*" + SegmentedQueue.SUFFIX)) {
        files.forEach(all::add);
      }
    }
    return all;
  }

  private StoredQueue open() throws StartException {
    found.clear();
    FileStorageConfig config =
        new FileStorageConfig(directory, false, "0750", Duration.ZERO, 0, false);
    FileStorageExtension extension =
        new FileStorageExtension(
            KilledSender.context(ComponentKind.EXTENSION, "file_storage"),
            config,
            Disk.ofMachine(config.filePermissions()),
            SEGMENT,
            Time.SYSTEM);
    extension.start(
        new Host() {
          @Override
          public @Nullable Extension extension(ComponentId id) {
            return null;
          }

          @Override
          public void report(ComponentId id, Status status, String message) {}

          @Override
          public void fatal(ComponentId id, String message) {
            throw new AssertionError(message);
          }
        });
    return extension.open(ComponentKind.EXPORTER, EXPORTER, "logs", found::put);
  }
}
