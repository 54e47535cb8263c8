package dev.weir.receiver.ebpftcp;

import dev.weir.pipeline.StartException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.LongSupplier;
import org.slf4j.Logger;

/**
 * Writes frames of {@link RecordingFormat} on a thread of its own, so that a slow disk never holds
 * up the reading. Recording ends for good, with one line in the log, when the file has reached its
 * limit, the disk is full, or {@value #BLOCKS} blocks of 64 kB wait to be written: a recording with
 * a hole would not add up. Measuring goes on in each case.
 *
 * <p>{@link #add} and {@link #close} are for the thread that reads.
 */
final class RecordingWriter implements AutoCloseable {
  private static final int BLOCKS = 64;
  private static final Duration LAST_WRITES = Duration.ofSeconds(5);
  private static final ByteBuffer STOP = ByteBuffer.allocate(0);

  private final Path file;
  private final long maxSize;
  private final LongSupplier monotonic;
  private final Logger log;
  private final FileChannel channel;
  private final BlockingQueue<ByteBuffer> blocks = new ArrayBlockingQueue<>(BLOCKS + 1);
  private final Thread thread;
  private volatile boolean failed;

  // Owned by the thread that reads.
  private ByteBuffer block = newBlock();
  private int type;
  private int items;
  private long size = RecordingFormat.HEADER_SIZE;
  private boolean stopped;

  private RecordingWriter(
      Path file, long maxSize, LongSupplier monotonic, Logger log, FileChannel channel) {
    this.file = file;
    this.maxSize = maxSize;
    this.monotonic = monotonic;
    this.log = log;
    this.channel = channel;
    this.thread = Thread.ofPlatform().name("ebpf_tcp-record").daemon().unstarted(this::write);
  }

  /**
   * Begins a file, or begins it anew; only its owner may read it.
   *
   * @param withFields whether rows with further fields of live connections will come
   * @throws StartException if it cannot be written
   */
  static RecordingWriter open(
      Path file,
      long maxSize,
      long epochOffset,
      boolean withFields,
      LongSupplier monotonic,
      Logger log)
      throws StartException {
    try {
      if (Files.isRegularFile(file)) {
        Files.delete(file);
      }
      FileChannel channel =
          FileChannel.open(
              file,
              Set.of(
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE,
                  StandardOpenOption.TRUNCATE_EXISTING),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      ByteBuffer header = RecordingFormat.header(epochOffset, withFields);
      while (header.hasRemaining()) {
        channel.write(header);
      }
      RecordingWriter writer = new RecordingWriter(file, maxSize, monotonic, log, channel);
      writer.thread.start();
      return writer;
    } catch (IOException e) {
      throw new StartException("record: cannot write " + file + ": " + e, e);
    }
  }

  private static ByteBuffer newBlock() {
    return ByteBuffer.allocate(RecordingFormat.FRAME_SIZE + RecordingFormat.MAX_PAYLOAD)
        .order(ByteOrder.nativeOrder())
        .position(RecordingFormat.FRAME_SIZE);
  }

  /** Adds one item, or a part of one, to the frame under way. */
  void add(int frameType, MemorySegment memory, long at, int length, boolean complete) {
    if (stopped) {
      return;
    }
    if (frameType != type || block.remaining() < RecordingFormat.itemSize(frameType)) {
      seal();
      type = frameType;
    }
    MemorySegment.copy(memory, at, MemorySegment.ofBuffer(block), 0, length);
    block.position(block.position() + length);
    if (complete) {
      items++;
    }
  }

  /** Adds a frame without payload. */
  void mark(int frameType) {
    if (stopped) {
      return;
    }
    seal();
    type = frameType;
    frame();
  }

  /** Ends the frame under way, so that it is written soon. */
  void seal() {
    if (items > 0) {
      frame();
    }
  }

  private void frame() {
    int length = block.position() - RecordingFormat.FRAME_SIZE;
    if (size + RecordingFormat.FRAME_SIZE + length > maxSize) {
      end("has reached record_max_size");
      return;
    }
    if (failed) {
      stopped = true;
      return;
    }
    size += RecordingFormat.FRAME_SIZE + length;
    ByteBuffer payload = block.duplicate().flip().position(RecordingFormat.FRAME_SIZE);
    block
        .putInt(0, type)
        .putInt(4, length)
        .putLong(8, monotonic.getAsLong())
        .putInt(16, RecordingFormat.checksum(payload))
        .putInt(20, items);
    ByteBuffer full = block.flip();
    block = newBlock();
    items = 0;
    if (blocks.size() >= BLOCKS || !blocks.offer(full)) {
      end("cannot be written as fast as records come");
    }
  }

  private void end(String why) {
    stopped = true;
    items = 0;
    log.warn("recording to {} ends here: it {}; measuring goes on", file, why);
  }

  private void write() {
    try (channel) {
      while (true) {
        ByteBuffer next = blocks.take();
        if (!next.hasRemaining()) {
          return;
        }
        while (next.hasRemaining()) {
          channel.write(next);
        }
      }
    } catch (IOException e) {
      failed = true;
      log.warn("recording to {} ends here: {}; measuring goes on", file, e.toString());
    } catch (InterruptedException e) {
      failed = true;
      log.warn("recording to {} was cut off: the last writes took too long", file);
    }
  }

  /** Writes what is left and closes the file. */
  @Override
  public void close() {
    mark(RecordingFormat.END);
    stopped = true;
    try {
      boolean room = blocks.offer(STOP);
      if (!room || !thread.join(LAST_WRITES)) {
        thread.interrupt();
        thread.join(LAST_WRITES);
      }
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
  }
}
