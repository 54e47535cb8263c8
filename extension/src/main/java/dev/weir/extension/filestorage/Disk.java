package dev.weir.extension.filestorage;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Opens files; tests put in one whose files fail. Files are {@link RandomAccessFile}s because a
 * channel would be closed by an interrupt of any thread that uses it.
 */
interface Disk {

  /** A file of which one thread at a time reads or writes; {@link #force} may run beside. */
  interface File extends Closeable {
    /** Writes at a position. */
    void write(long position, byte[] bytes, int offset, int length) throws IOException;

    /** Reads as many bytes as asked for; fails at the end of the file. */
    void read(long position, byte[] bytes, int offset, int length) throws IOException;

    /** Returns the length. */
    long length() throws IOException;

    /** Cuts or extends the file. */
    void truncate(long length) throws IOException;

    /** Returns when all that was written before is on the disk. */
    void force() throws IOException;
  }

  /** Opens a file for reading and writing; makes it if it is not there. */
  File open(Path path) throws IOException;

  /**
   * The disk of the machine.
   *
   * @param permissions of new files
   */
  static Disk ofMachine(Set<PosixFilePermission> permissions) {
    return path -> {
      if (!Files.exists(path)) {
        Files.createFile(path, PosixFilePermissions.asFileAttribute(permissions));
      }
      RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
      return new File() {
        @Override
        public void write(long position, byte[] bytes, int offset, int length) throws IOException {
          file.seek(position);
          file.write(bytes, offset, length);
        }

        @Override
        public void read(long position, byte[] bytes, int offset, int length) throws IOException {
          file.seek(position);
          file.readFully(bytes, offset, length);
        }

        @Override
        public long length() throws IOException {
          return file.length();
        }

        @Override
        public void truncate(long length) throws IOException {
          file.setLength(length);
        }

        @Override
        public void force() throws IOException {
          file.getFD().sync();
        }

        @Override
        public void close() throws IOException {
          file.close();
        }
      };
    };
  }
}
