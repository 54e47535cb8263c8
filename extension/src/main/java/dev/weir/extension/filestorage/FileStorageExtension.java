package dev.weir.extension.filestorage;

import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.StorageExtension;
import dev.weir.pipeline.StoredQueue;
import dev.weir.pipeline.Time;
import io.opentelemetry.api.metrics.ObservableLongGauge;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** Keeps queues in files, a directory for each. Thread safe. */
final class FileStorageExtension implements StorageExtension {
  private static final Duration LOOK = Duration.ofMillis(50);

  private final FileStorageConfig config;
  private final Disk disk;
  private final long segmentSize;
  private final Time time;
  private final Logger logger;
  private final StorageCounts counts;
  private @Nullable ObservableLongGauge gauge;

  FileStorageExtension(
      ComponentContext context, FileStorageConfig config, Disk disk, long segmentSize, Time time) {
    this.config = config;
    this.disk = disk;
    this.segmentSize = segmentSize;
    this.time = time;
    this.logger = context.logger();
    this.counts = new StorageCounts(context.meter(), context.id().toString());
  }

  @Override
  public void start(Host host) throws StartException {
    try {
      if (config.createDirectory()) {
        make(config.directory());
      }
      if (!Files.isDirectory(config.directory())) {
        throw new StartException(
            "directory must exist: "
                + config.directory()
                + ". You can enable the create_directory option to automatically create it");
      }
    } catch (IOException e) {
      throw new StartException("cannot make " + config.directory() + ": " + reason(e), e);
    }
    gauge = counts.watch();
  }

  private void make(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(
          directory, PosixFilePermissions.asFileAttribute(config.permissions()));
    }
  }

  @Override
  public StoredQueue open(ComponentKind kind, ComponentId id, String name, Visitor visitor)
      throws StartException {
    Path directory = config.directory().resolve(fileName(kind, id, name));
    SegmentedQueue queue = null;
    FileChannel lockFile = null;
    try {
      make(directory);
      lockFile = lock(directory);
      queue = new SegmentedQueue(directory, disk, config, segmentSize, lockFile, logger, counts);
      queue.recover(visitor);
    } catch (IOException e) {
      if (queue != null) {
        queue.close();
      } else if (lockFile != null) {
        close(lockFile);
      }
      throw new StartException(
          "cannot open the stored queue in " + directory + ": " + reason(e), e);
    }
    counts.opened(directory, queue::bytes);
    return queue;
  }

  private FileChannel lock(Path directory) throws IOException, StartException {
    FileChannel channel =
        FileChannel.open(
            directory.resolve("lock"),
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(config.filePermissions()));
    boolean locked = false;
    try {
      long until = time.nanos() + config.timeout().toNanos();
      locked = tryLock(channel);
      while (!locked && time.nanos() - until < 0) {
        pause();
        locked = tryLock(channel);
      }
    } finally {
      if (!locked) {
        close(channel);
      }
    }
    if (!locked) {
      throw new StartException(
          "timeout: the stored queue in "
              + directory
              + " is in use, by another process or by another exporter of this one");
    }
    return channel;
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false; // this process has it already
    }
  }

  private void pause() throws IOException {
    ReentrantLock lock = new ReentrantLock();
    Condition never = lock.newCondition();
    long until = time.nanos() + LOOK.toNanos();
    lock.lock();
    try {
      while (time.nanos() - until < 0) {
        time.await(lock, never, until);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for another process", e);
    } finally {
      lock.unlock();
    }
  }

  private static void close(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return e.getMessage() + ": permission denied";
    }
    String message = e.getMessage();
    return message == null ? e.toString() : message;
  }

  /** Returns the Collector's name for a client's file: what is odd becomes {@code ~XXXX}. */
  static String fileName(ComponentKind kind, ComponentId id, String name) {
    String raw = kind.word() + "_" + id.type() + "_" + id.name();
    String all = name.isEmpty() ? raw : raw + "_" + name;
    StringBuilder safe = new StringBuilder();
    for (int i = 0; i < all.length(); i++) {
      char c = all.charAt(i);
      if (c < 128 && (Character.isLetterOrDigit(c) || c == '_' || c == '-' || c == '.')) {
        safe.append(c);
      } else {
        safe.append(String.format(Locale.ROOT, "~%04X", (int) c));
      }
    }
    return safe.toString();
  }

  @Override
  public void stop(Duration grace) {
    ObservableLongGauge open = gauge;
    gauge = null;
    if (open != null) {
      open.close();
    }
  }
}
