package dev.weir.extension.filestorage;

import java.io.IOException;
import java.nio.file.Path;

/** One file of records. Guarded by the lock of its queue, but for {@link #force}. */
final class Segment {
  private final Path path;
  private final Disk.File file;
  private long length;
  private int live;
  private boolean kept;

  /** How much is on the disk for certain, and whether a force failed: guarded by who forces. */
  private long forcedTo;

  private boolean failed;

  Segment(Path path, Disk.File file, long length) {
    this.path = path;
    this.file = file;
    this.length = length;
  }

  Path path() {
    return path;
  }

  Disk.File file() {
    return file;
  }

  /** Returns how many bytes it has. */
  long length() {
    return length;
  }

  /** Returns how many records in it are not removed. */
  int live() {
    return live;
  }

  /** One record more, or one fewer, that is not removed. */
  void live(int more) {
    live += more;
  }

  /** Returns whether it stays when all records in it are removed. */
  boolean kept() {
    return kept;
  }

  /** Lets it stay: some of it could not be read, and may hold more. */
  void keep() {
    kept = true;
  }

  /**
   * Appends a record and returns where it begins.
   *
   * @throws IOException if it could not be written; then the segment ends as before, or else with
   *     something that a reader passes over
   */
  long append(byte[] head, byte[]... parts) throws IOException {
    long begin = length;
    long end = begin;
    try {
      file.write(end, head, 0, head.length);
      end += head.length;
      for (byte[] part : parts) {
        file.write(end, part, 0, part.length);
        end += part.length;
      }
    } catch (IOException e) {
      try {
        file.truncate(begin);
      } catch (IOException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
    length = end;
    return begin;
  }

  /** Returns how many of its bytes are on the disk for certain. */
  long forcedTo() {
    return forcedTo;
  }

  /** Returns whether a force failed, so that later ones say nothing. */
  boolean failed() {
    return failed;
  }

  /** Returns when the first {@code written} bytes are on the disk. */
  void force(long written) throws IOException {
    boolean good = false;
    try {
      file.force();
      good = true;
    } finally {
      failed |= !good;
    }
    forcedTo = written;
  }

  void close() {
    try {
      file.close();
    } catch (IOException e) {
      // All that counts was forced or belongs to the kernel already.
      return;
    }
  }
}
