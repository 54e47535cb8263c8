package dev.weir.exporter.accesslog;

import dev.weir.pipeline.StartException;
import dev.weir.pipeline.files.RotatedFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Appends to a file. Puts it aside when it is full, always between two lines, and opens the path
 * again when another program has moved the file away (device and inode differ) or has emptied it.
 */
final class FileSink implements Sink {
  private static final int SLICE = 1 << 16;
  private static final int TYPE_MASK = 0xF000;
  private static final int NAMED_PIPE = 0x1000;
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  private final Path path;
  private final boolean append;
  private final boolean createDirectory;
  private final long maxBytes;
  private final RotatedFiles rotated;
  private final AccessLogMetrics metrics;
  private final Logger logger;
  private @Nullable FileChannel channel;
  private @Nullable Object identity;
  private Set<PosixFilePermission> permissions = OWNER_ONLY;
  private boolean regular = true;
  private boolean betweenLines = true;
  private long size;
  private long rotateAt;

  FileSink(
      Path path,
      AccessLogExporterConfig config,
      long maxBytes,
      RotatedFiles rotated,
      AccessLogMetrics metrics,
      Logger logger) {
    this.path = path;
    this.append = config.append();
    this.createDirectory = config.createDirectory();
    this.maxBytes = maxBytes;
    this.rotated = rotated;
    this.metrics = metrics;
    this.logger = logger;
  }

  @Override
  public void open() throws StartException {
    try {
      if (!append && Files.isRegularFile(path)) {
        Files.newByteChannel(path, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)
            .close();
      }
      FileChannel opened = openFile();
      if (size > 0 && regular && !endsWithLineEnd()) {
        // The last run was killed in the middle of a line; ours begin on a line of their own.
        size += opened.write(ByteBuffer.wrap(new byte[] {'\n'}));
      }
    } catch (IOException e) {
      close(Duration.ZERO);
      throw new StartException("path: cannot write to \"" + path + "\": " + reason(e), e);
    }
    if (regular) {
      rotated.tidy();
    }
  }

  private String reason(IOException e) {
    Path directory = path.getParent();
    if (directory != null && !Files.isDirectory(directory)) {
      return "directory \""
          + directory
          + "\" does not exist; make it, or set create_directory: true";
    }
    if (Files.isDirectory(path)) {
      return "it is a directory";
    }
    if (e instanceof FileSystemException f && f.getReason() != null) {
      return f.getReason();
    }
    return e.getClass().getSimpleName() + ": " + e.getMessage();
  }

  private FileChannel openFile() throws IOException {
    Path directory = path.getParent();
    if (createDirectory && directory != null) {
      Files.createDirectories(directory);
    }
    try {
      int mode = (Integer) Files.getAttribute(path, "unix:mode");
      if ((mode & TYPE_MASK) == NAMED_PIPE) {
        throw new FileSystemException(
            path.toString(), null, "it is a named pipe; leave path out and use standard output");
      }
    } catch (NoSuchFileException e) {
      Files.createFile(path, PosixFilePermissions.asFileAttribute(permissions));
    }
    FileChannel opened =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    channel = opened;
    BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
    identity = attributes.fileKey();
    regular = attributes.isRegularFile();
    if (regular) {
      permissions = Files.getPosixFilePermissions(path);
    }
    size = regular ? opened.size() : 0;
    rotateAt = maxBytes;
    betweenLines = true;
    return opened;
  }

  private boolean endsWithLineEnd() throws IOException {
    try (FileChannel reader = FileChannel.open(path, StandardOpenOption.READ)) {
      ByteBuffer last = ByteBuffer.allocate(1);
      return reader.read(last, size - 1) == 1 && last.get(0) == '\n';
    }
  }

  @Override
  public boolean refresh() throws IOException {
    FileChannel current = channel;
    if (current != null) {
      if (!regular) {
        return false;
      }
      if (Objects.equals(identity, identityNow())) {
        // Emptied by copytruncate: appending goes on at the new end.
        size = current.size();
        return false;
      }
      channel = null;
      current.close();
    }
    boolean moved = current != null;
    openFile();
    if (moved) {
      metrics.reopened();
    }
    return true;
  }

  private @Nullable Object identityNow() throws IOException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  @Override
  public int write(byte[] lines, int from, int to) throws IOException {
    int end = Math.min(to, from + SLICE);
    if (betweenLines && regular) {
      end = fitting(lines, from, end, to);
    } else if (regular) {
      end = Math.min(end, endOfLine(lines, from, to));
    }
    FileChannel target = channel;
    if (target == null) {
      throw new IOException("the file is not open");
    }
    int n = target.write(ByteBuffer.wrap(lines, from, end - from));
    if (n > 0) {
      size += n;
      betweenLines = lines[from + n - 1] == '\n';
    }
    return n;
  }

  /**
   * Returns up to where whole lines fit into the file, which is put aside if not even one does. A
   * line that is longer than a whole file gets a file of its own.
   */
  private int fitting(byte[] lines, int from, int end, int to) throws IOException {
    long room = rotateAt - size;
    if (room >= end - from) {
      return end;
    }
    int fit = room <= 0 ? from : LineBuffer.lastLineEnd(lines, from, (int) (from + room));
    if (fit > from) {
      return fit;
    }
    if (size > 0) {
      rotate();
      if (size == 0 || rotateAt - size >= end - from) {
        return fitting(lines, from, end, to);
      }
    }
    return endOfLine(lines, from, to);
  }

  private static int endOfLine(byte[] lines, int from, int to) {
    for (int i = from; i < to; i++) {
      if (lines[i] == '\n') {
        return i + 1;
      }
    }
    return to;
  }

  private void rotate() throws IOException {
    try {
      Files.move(path, rotated.nextName(), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      // Better too long a file than lost lines.
      logger.error("cannot put {} aside, writing on into it: {}", path, e.toString());
      rotateAt = size > Long.MAX_VALUE - maxBytes ? Long.MAX_VALUE : size + maxBytes;
      return;
    }
    FileChannel old = channel;
    channel = null;
    if (old != null) {
      old.close();
    }
    openFile();
    metrics.rotated();
    rotated.tidy();
  }

  @Override
  public void close(Duration grace) {
    FileChannel current = channel;
    channel = null;
    if (current != null) {
      try {
        current.close();
      } catch (IOException e) {
        logger.error("cannot close {}: {}", path, e.toString());
      }
    }
    rotated.close(grace);
  }
}
