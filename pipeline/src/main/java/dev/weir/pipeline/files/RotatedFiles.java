package dev.weir.pipeline.files;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * The files that were put aside: {@code access.log} becomes {@code
 * access-2026-11-20T10-51-54.947.log}, later {@code ....log.gz}, as the Collector's file exporter
 * names them. Deleting and compressing happen on a thread of their own that ends when it is done;
 * files with other names are never touched.
 */
public final class RotatedFiles {
  private static final String COMPRESSED = ".gz";
  private static final String UNFINISHED = ".gz.tmp";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH-mm-ss.SSS", Locale.ROOT);

  private final Path directory;
  private final String prefix;
  private final String suffix;
  private final Rotation rotation;
  private final boolean compress;
  private final ZoneId zone;
  private final InstantSource clock;
  private final Logger logger;
  private final AtomicBoolean queued = new AtomicBoolean();
  private @Nullable ThreadPoolExecutor worker;

  /**
   * Makes a view of the files that were put aside beside {@code path}.
   *
   * @param path the file itself
   * @param compress whether they are compressed with gzip
   * @param clock names them
   */
  public RotatedFiles(
      Path path, Rotation rotation, boolean compress, InstantSource clock, Logger logger) {
    Path parent = path.getParent();
    Path file = path.getFileName();
    if (parent == null || file == null) {
      throw new IllegalArgumentException("not a file: " + path);
    }
    String name = file.toString();
    int dot = name.lastIndexOf('.');
    this.directory = parent;
    this.prefix = (dot <= 0 ? name : name.substring(0, dot)) + "-";
    this.suffix = dot <= 0 ? "" : name.substring(dot);
    this.rotation = rotation;
    this.compress = compress;
    this.zone = rotation.localtime() ? ZoneId.systemDefault() : ZoneOffset.UTC;
    this.clock = clock;
    this.logger = logger;
  }

  /**
   * Returns a name for the file that is put aside now: that of this millisecond or the next free.
   */
  public Path nextName() {
    Instant time = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    while (true) {
      Path name = directory.resolve(prefix + TIME.format(time.atZone(zone)) + suffix);
      if (!Files.exists(name) && !Files.exists(sibling(name, COMPRESSED))) {
        return name;
      }
      time = time.plusMillis(1);
    }
  }

  private static Path sibling(Path file, String extension) {
    return file.resolveSibling(file.getFileName() + extension);
  }

  /** Deletes and compresses what is due, in the background. */
  public void tidy() {
    if (queued.compareAndSet(false, true)) {
      ThreadPoolExecutor pool = worker;
      if (pool == null) {
        pool =
            new ThreadPoolExecutor(
                1,
                1,
                1,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name("file-rotation").factory());
        pool.allowCoreThreadTimeOut(true);
        worker = pool;
      }
      pool.execute(this::run);
    }
  }

  /**
   * Waits for what {@link #tidy} began, for {@code grace} at most; the next start does the rest.
   */
  public void close(Duration grace) {
    ThreadPoolExecutor pool = worker;
    if (pool == null) {
      return;
    }
    pool.shutdown();
    try {
      if (!pool.awaitTermination(grace.toMillis(), TimeUnit.MILLISECONDS)) {
        pool.shutdownNow();
      }
    } catch (InterruptedException e) {
      pool.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    queued.set(false);
    try {
      List<List<Path>> kept = delete();
      if (compress) {
        for (List<Path> forms : kept) {
          for (Path file : forms) {
            if (!file.toString().endsWith(COMPRESSED)) {
              compress(file);
            }
          }
        }
      }
    } catch (IOException e) {
      logger.error("cannot tidy up the files put aside in {}: {}", directory, e.toString());
    }
  }

  /** Deletes what is too old or too many, and returns the rest. */
  private List<List<Path>> delete() throws IOException {
    Map<Instant, List<Path>> found = new TreeMap<>(Comparator.reverseOrder());
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        if (name.endsWith(UNFINISHED)
            && time(name.substring(0, name.length() - UNFINISHED.length())) != null) {
          Files.deleteIfExists(file);
          continue;
        }
        Instant time =
            time(
                name.endsWith(COMPRESSED)
                    ? name.substring(0, name.length() - COMPRESSED.length())
                    : name);
        if (time != null) {
          found.computeIfAbsent(time, t -> new ArrayList<>(1)).add(file);
        }
      }
    }
    Instant oldest =
        rotation.maxDays() == 0
            ? Instant.MIN
            : clock.instant().minus(Duration.ofDays(rotation.maxDays()));
    List<List<Path>> kept = new ArrayList<>();
    for (Map.Entry<Instant, List<Path>> entry : found.entrySet()) {
      boolean tooMany = rotation.maxBackups() > 0 && kept.size() >= rotation.maxBackups();
      if (tooMany || entry.getKey().isBefore(oldest)) {
        for (Path file : entry.getValue()) {
          Files.deleteIfExists(file);
        }
      } else {
        kept.add(entry.getValue());
      }
    }
    return kept;
  }

  /** Returns when a file of this name was put aside, or null if the name is none of ours. */
  private @Nullable Instant time(String name) {
    int length = name.length() - prefix.length() - suffix.length();
    if (length <= 0 || !name.startsWith(prefix) || !name.endsWith(suffix)) {
      return null;
    }
    try {
      String middle = name.substring(prefix.length(), prefix.length() + length);
      return LocalDateTime.parse(middle, TIME).atZone(zone).toInstant();
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  private void compress(Path file) throws IOException {
    Path unfinished = sibling(file, UNFINISHED);
    boolean done = false;
    try {
      try (InputStream in = Files.newInputStream(file);
          OutputStream out = new GZIPOutputStream(Files.newOutputStream(unfinished), 1 << 16)) {
        in.transferTo(out);
      }
      Files.setPosixFilePermissions(unfinished, Files.getPosixFilePermissions(file));
      Files.move(unfinished, sibling(file, COMPRESSED), StandardCopyOption.ATOMIC_MOVE);
      Files.delete(file);
      done = true;
    } finally {
      if (!done) {
        Files.deleteIfExists(unfinished);
      }
    }
  }
}
