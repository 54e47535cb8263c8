package dev.weir.exporter.file;

import dev.weir.pipeline.files.RotatedFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * One file of whole messages. Messages wait in a buffer of 64 KiB; what has been taken into it and
 * cannot be written stays there, and goes on with the byte at which the disk was full, so that no
 * message is torn and none is written twice. While the buffer cannot be written, no further message
 * is taken. Thread safe.
 */
final class MessageFile {
  private static final int BUFFER = 64 << 10;
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  private final Path path;
  private final FileExporterConfig config;
  private final @Nullable RotatedFiles rotated;
  private final Logger logger;
  private final long maxBytes;
  private @Nullable FileChannel channel;
  private long size;
  private long rotateAt;
  private byte[] pending = new byte[BUFFER];
  private int begin;
  private int end;
  private long pendingItems;
  private boolean failing;

  MessageFile(Path path, FileExporterConfig config, @Nullable RotatedFiles rotated, Logger logger) {
    this.path = path;
    this.config = config;
    this.rotated = rotated;
    this.logger = logger;
    this.maxBytes = config.rotation() == null ? Long.MAX_VALUE : config.rotation().maxBytes();
  }

  /** Opens it. */
  synchronized void open(boolean append) throws IOException {
    Path directory = path.getParent();
    if (config.createDirectory() && directory != null && !Files.isDirectory(directory)) {
      Files.createDirectories(directory, permissions());
    }
    Set<OpenOption> options = new HashSet<>(Set.of(StandardOpenOption.CREATE));
    options.add(StandardOpenOption.WRITE);
    options.add(append ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING);
    FileChannel opened =
        FileChannel.open(path, options, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    channel = opened;
    size = Files.isRegularFile(path) ? opened.size() : 0;
    rotateAt = maxBytes;
    if (rotated != null) {
      rotated.tidy();
    }
  }

  private FileAttribute<?> permissions() {
    String digits = config.directoryPermissions().isEmpty() ? "755" : config.directoryPermissions();
    int mode = Integer.parseInt(digits, 8);
    Set<PosixFilePermission> permissions = new HashSet<>();
    PosixFilePermission[] all = PosixFilePermission.values(); // from the owner's read downwards
    for (int bit = 0; bit < all.length; bit++) {
      if ((mode & (1 << (all.length - 1 - bit))) != 0) {
        permissions.add(all[bit]);
      }
    }
    return PosixFilePermissions.asFileAttribute(permissions);
  }

  /** Returns what is wrong with the path, for a person. */
  static String reason(Path path, IOException e) {
    Path directory = path.toAbsolutePath().getParent();
    if (directory != null && !Files.isDirectory(directory)) {
      return "open "
          + path
          + ": no such file or directory; make "
          + directory
          + ", or set create_directory: true";
    }
    if (Files.isDirectory(path)) {
      return "open " + path + ": is a directory";
    }
    if (e instanceof java.nio.file.AccessDeniedException) {
      return "open " + path + ": permission denied";
    }
    if (e instanceof FileSystemException f && f.getReason() != null) {
      return "open " + path + ": " + f.getReason();
    }
    return "write " + path + ": " + e.getMessage();
  }

  /**
   * Takes a message.
   *
   * @param items how many items are in it
   * @throws IOException if it was not taken, because the file cannot be written now
   */
  synchronized void add(byte[] message, int items) throws IOException {
    if (message.length > BUFFER - end) {
      write();
    }
    if (size + (end - begin) + message.length > rotateAt && size + (end - begin) > 0) {
      write();
      rotate();
    }
    if (message.length > BUFFER) {
      addLarge(message, items);
      return;
    }
    System.arraycopy(message, 0, pending, end, message.length);
    end += message.length;
    pendingItems += items;
  }

  /** Writes a message that does not fit into the buffer; what is begun becomes the buffer. */
  private void addLarge(byte[] message, int items) throws IOException {
    byte[] small = pending;
    pending = message;
    end = message.length;
    pendingItems = items;
    try {
      write();
      pending = small;
    } catch (IOException e) {
      if (begin == 0) {
        pending = small;
        end = 0;
        pendingItems = 0;
        throw e;
      }
      failed(e); // the rest waits for room
    }
  }

  /** Writes what waits; says when that begins to fail and when it works again. */
  synchronized void flush() {
    try {
      write();
    } catch (IOException e) {
      failed(e);
    }
  }

  private void failed(IOException e) {
    if (!failing) {
      failing = true;
      logger.error("{}; data is refused until it works again", reason(path, e));
    }
  }

  private void write() throws IOException {
    boolean something = begin < end;
    try {
      if (channel == null && something) {
        open(true);
      }
      FileChannel target = channel;
      while (begin < end && target != null) {
        int n = target.write(ByteBuffer.wrap(pending, begin, end - begin));
        begin += n;
        size += n;
      }
    } catch (IOException e) {
      FileChannel broken = channel;
      if (broken != null && !broken.isOpen()) {
        channel = null; // an interrupt of the thread closed it: the next write opens it again
        skipWritten();
      }
      if (begin < end) {
        failed(e);
        throw new IOException(reason(path, e), e);
      }
    }
    begin = 0;
    end = 0;
    pendingItems = 0;
    if (pending.length != BUFFER) {
      pending = new byte[BUFFER];
    }
    if (failing && something) {
      failing = false;
      logger.info("writing to {} again", path);
    }
  }

  /** An interrupt may come when bytes are in the file and before it is said how many. */
  private void skipWritten() {
    try {
      long more = Files.isRegularFile(path) ? Files.size(path) - size : 0;
      if (0 < more && more <= end - begin) {
        begin += (int) more;
        size += more;
      }
    } catch (IOException e) {
      logger.error("cannot tell how much was written to {}: {}", path, e.toString());
    }
  }

  private void rotate() {
    RotatedFiles backups = rotated;
    if (backups == null) {
      return;
    }
    try {
      Files.move(path, backups.nextName(), StandardCopyOption.ATOMIC_MOVE);
      FileChannel old = channel;
      channel = null;
      if (old != null) {
        old.close();
      }
      open(true);
    } catch (IOException e) {
      // Better too long a file than lost data; if the new file cannot be opened, write() says so.
      logger.error("cannot put {} aside: {}", path, e.toString());
      rotateAt = size > Long.MAX_VALUE - maxBytes ? Long.MAX_VALUE : size + maxBytes;
    }
  }

  /**
   * Writes what waits and closes.
   *
   * @return how many items could not be written and are lost
   */
  synchronized long close(Duration grace) {
    flush();
    long lost = begin < end ? pendingItems : 0;
    FileChannel current = channel;
    channel = null;
    if (current != null) {
      try {
        current.close();
      } catch (IOException e) {
        logger.error("cannot close {}: {}", path, e.toString());
      }
    }
    if (rotated != null) {
      rotated.close(grace);
    }
    return lost;
  }
}
