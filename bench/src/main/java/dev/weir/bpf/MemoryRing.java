package dev.weir.bpf;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;

/**
 * A ring buffer as the kernel lays it out, in memory that is not the kernel's: the agent's own
 * reader reads it, lap after lap, without anybody having to write the records again. For
 * benchmarks; one thread.
 */
public final class MemoryRing implements AutoCloseable {
  private static final int DISCARD = 1 << 30;
  private static final int HEADER = 8;
  private static final VarHandle LONG = JAVA_LONG.varHandle();

  private final Libc libc = new Libc();
  private final Arena arena = Arena.ofConfined();
  private final int size;
  private final int page;
  private final int fd;
  private final MemorySegment producer;
  private final MemorySegment data;
  private final RingReader reader;
  private int used;
  private long produced;

  /**
   * Makes an empty ring.
   *
   * @param size bytes, a power of two
   */
  public MemoryRing(int size) throws IOException, BpfException {
    this.size = size;
    this.page = new PageSize().get();
    this.fd = memoryFile(arena);
    long length = 2L * page + 2L * size;
    try (RandomAccessFile file = new RandomAccessFile("/proc/self/fd/" + fd, "rw")) {
      file.setLength(length);
      MemorySegment all = file.getChannel().map(FileChannel.MapMode.READ_WRITE, 0, length, arena);
      producer = all.asSlice(page, page);
      data = all.asSlice(2L * page);
    }
    reader = new RingReader(libc, fd, size, page);
  }

  private static int memoryFile(Arena arena) throws IOException {
    Linker linker = Linker.nativeLinker();
    try {
      int fd =
          (int)
              linker
                  .downcallHandle(
                      linker.defaultLookup().findOrThrow("memfd_create"),
                      FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT))
                  .invokeExact(arena.allocateFrom("weir-bench-ring"), 0);
      if (fd < 0) {
        throw new IOException("memfd_create failed");
      }
      return fd;
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Adds a record of {@link ConnectionRecord#SIZE} bytes; returns false if there is no room. */
  public boolean add(MemorySegment record) {
    int whole = HEADER + ConnectionRecord.SIZE;
    if (used + whole > size) {
      return false;
    }
    for (long at = used; at < 2L * size; at += size) {
      data.set(JAVA_INT, at, ConnectionRecord.SIZE);
      MemorySegment.copy(record, 0, data, at + HEADER, ConnectionRecord.SIZE);
    }
    used += whole;
    return true;
  }

  /** Gives the reader all records once and returns how many that were. The ring must be full. */
  public int lap(RecordSink sink) {
    if (used < size) {
      // The rest is one record that nobody wants.
      for (long at = used; at < 2L * size; at += size) {
        data.set(JAVA_INT, at, size - used - HEADER | DISCARD);
      }
      used = size;
    }
    produced += size;
    LONG.setRelease(producer, 0L, produced);
    return reader.drain(sink);
  }

  @Override
  public void close() {
    reader.close();
    libc.close(fd);
    arena.close();
  }
}
