package dev.weir.receiver.ebpftcp;

import dev.weir.bpf.ConnectionRecord;
import dev.weir.bpf.ConnectionSource;
import dev.weir.bpf.OverflowEntry;
import dev.weir.bpf.OverflowSink;
import dev.weir.bpf.ProbeStatistics;
import dev.weir.bpf.RecordSink;
import dev.weir.pipeline.StartException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * A recording as a source of connection records. All that was recorded comes out of {@link #drain},
 * snapshots too: records are deltas, so what they add up to does not depend on who asks when.
 *
 * <p>A file that is cut off or damaged is played up to there; the log says where and how much. What
 * is no recording at all, or one of another version or byte order, is refused when it is opened.
 */
final class ReplaySource implements ConnectionSource {
  /** Records handed over in one go at most, so that collections are not held up for long. */
  private static final int AT_ONCE = 100_000;

  private final Path file;
  private final FileChannel channel;
  private final double speed;
  private final LongSupplier monotonic;
  private final Logger log;
  private final long epochOffset;
  private final ByteBuffer frame =
      ByteBuffer.allocate(RecordingFormat.FRAME_SIZE).order(ByteOrder.nativeOrder());
  // Direct, because records are read with aligned layouts, which an array of bytes does not
  // promise.
  private final ByteBuffer payloadBytes = ByteBuffer.allocateDirect(RecordingFormat.MAX_PAYLOAD);
  private final MemorySegment payload = MemorySegment.ofBuffer(payloadBytes);
  private final Queue<MemorySegment> overflow = new ArrayDeque<>();
  private final Queue<MemorySegment> totals = new ArrayDeque<>();
  private final Semaphore wake = new Semaphore(0);

  private final long began;
  private long recordedBegin;
  private boolean any;
  private boolean frameRead;
  private boolean exhausted;
  private long records;
  private long snapshots;
  private long snapshotRows;
  private long lastSnapshotRows;

  private ReplaySource(
      Path file,
      FileChannel channel,
      double speed,
      LongSupplier monotonic,
      Logger log,
      long epochOffset) {
    this.file = file;
    this.channel = channel;
    this.speed = speed;
    this.monotonic = monotonic;
    this.log = log;
    this.epochOffset = epochOffset;
    this.began = monotonic.getAsLong();
  }

  /**
   * Opens a recording.
   *
   * @param speed how much faster than recorded; 0 is as fast as possible
   * @throws StartException if it cannot be read or is not a recording that this version plays
   */
  static ReplaySource open(Path file, double speed, LongSupplier monotonic, Logger log)
      throws StartException {
    FileChannel channel = null;
    boolean good = false;
    try {
      channel = FileChannel.open(file, StandardOpenOption.READ);
      ByteBuffer header =
          ByteBuffer.allocate(RecordingFormat.HEADER_SIZE).order(ByteOrder.nativeOrder());
      read(channel, header);
      String wrong = wrong(header.flip());
      if (wrong != null) {
        throw new StartException("replay: " + file + " " + wrong);
      }
      long offset = header.getLong(RecordingFormat.HEADER_SIZE - Long.BYTES);
      ReplaySource source = new ReplaySource(file, channel, speed, monotonic, log, offset);
      good = true;
      return source;
    } catch (IOException e) {
      throw new StartException("replay: cannot read " + file + ": " + e, e);
    } finally {
      if (!good && channel != null) {
        closeQuietly(channel, log);
      }
    }
  }

  private static @Nullable String wrong(ByteBuffer header) {
    byte[] magic = new byte[RecordingFormat.MAGIC.length];
    if (header.remaining() >= magic.length) {
      header.get(magic);
    }
    if (header.limit() < RecordingFormat.HEADER_SIZE
        || !Arrays.equals(magic, RecordingFormat.MAGIC)) {
      return "is not a recording: it was not written by `record`";
    }
    int order = header.getInt();
    if (order != RecordingFormat.ORDER) {
      return "was recorded on a machine with another byte order, and can only be played on such";
    }
    int version = header.getInt();
    if ((version != RecordingFormat.VERSION && version != RecordingFormat.VERSION_WITH_FIELDS)
        || header.getInt() != ConnectionRecord.SIZE
        || header.getInt() != OverflowEntry.KEY_SIZE
        || header.getInt() != OverflowEntry.SUM_SIZE) {
      return "was recorded by another version (format "
          + version
          + "), this one plays formats "
          + RecordingFormat.VERSION
          + " and "
          + RecordingFormat.VERSION_WITH_FIELDS
          + " with records of "
          + ConnectionRecord.SIZE
          + " bytes";
    }
    return null;
  }

  private static boolean read(FileChannel channel, ByteBuffer into) throws IOException {
    while (into.hasRemaining()) {
      if (channel.read(into) < 0) {
        return false;
      }
    }
    return true;
  }

  private static void closeQuietly(FileChannel channel, Logger log) {
    try {
      channel.close();
    } catch (IOException e) {
      log.debug("closing a recording failed", e);
    }
  }

  /** Returns what to add to the times of the records to get nanoseconds since 1970. */
  long epochOffset() {
    return epochOffset;
  }

  /** Returns how many records have been handed over. */
  long records() {
    return records;
  }

  @Override
  public void await(Duration atMost) {
    long wait = atMost.toNanos();
    if (!exhausted && speed == 0) {
      return;
    }
    if (!exhausted && frameRead) {
      wait = Math.min(wait, until(frame.getLong(8)));
    }
    try {
      if (wait > 0 && wake.tryAcquire(wait, TimeUnit.NANOSECONDS)) {
        wake.drainPermits();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns how long it is until what was recorded at {@code time} is due. */
  private long until(long time) {
    return speed == 0
        ? 0
        : (long) ((time - recordedBegin) / speed) - (monotonic.getAsLong() - began);
  }

  @Override
  public void wakeUp() {
    wake.release();
  }

  @Override
  public int drain(RecordSink sink) {
    int n = 0;
    while (n < AT_ONCE && nextFrame() && until(frame.getLong(8)) <= 0) {
      int played = play(sink);
      records += played;
      n += played;
    }
    return n;
  }

  /** Makes sure that the header of a frame has been read; false at the end. */
  private boolean nextFrame() {
    if (frameRead || exhausted) {
      return frameRead;
    }
    try {
      long at = channel.position();
      frame.clear();
      if (!read(channel, frame)) {
        end(
            frame.position() == 0
                ? "has no end mark: the recording was cut off"
                : "ends in the middle of a frame, at byte " + at);
        return false;
      }
      int type = frame.getInt(0);
      int length = frame.getInt(4);
      int items = frame.getInt(20);
      int itemSize = RecordingFormat.itemSize(type);
      if (itemSize < 0
          || length < 0
          || length > RecordingFormat.MAX_PAYLOAD
          || (long) itemSize * items != length) {
        end("is damaged: there is no frame at byte " + at);
        return false;
      }
      ByteBuffer bytes = payloadBytes.clear().limit(length);
      if (!read(channel, bytes)) {
        end("ends in the middle of a frame, at byte " + at);
        return false;
      }
      if (RecordingFormat.checksum(bytes.flip()) != frame.getInt(16)) {
        end("is damaged: the frame at byte " + at + " does not have its checksum");
        return false;
      }
      if (!any) {
        any = true;
        recordedBegin = frame.getLong(8);
      }
      if (type == RecordingFormat.END) {
        end(null);
        return false;
      }
      frameRead = true;
      return true;
    } catch (IOException e) {
      end("cannot be read any further: " + e);
      return false;
    }
  }

  private void end(@Nullable String why) {
    exhausted = true;
    if (why != null) {
      log.warn("replay: {} {}; the {} records before that count", file, why, records);
    }
  }

  private int play(RecordSink sink) {
    int type = frame.getInt(0);
    int items = frame.getInt(20);
    frameRead = false;
    switch (type) {
      case RecordingFormat.RECORDS, RecordingFormat.SNAPSHOT, RecordingFormat.FINAL -> {
        for (int i = 0; i < items; i++) {
          if (type == RecordingFormat.FINAL) {
            if (ConnectionRecord.kind(payload, (long) i * ConnectionRecord.SIZE)
                == ConnectionRecord.KIND_FIELDS) {
              continue; // samples, which the last passes did not take when it was recorded either
            }
            withoutSamples((long) i * ConnectionRecord.SIZE);
          }
          sink.accept(payload, (long) i * ConnectionRecord.SIZE);
        }
        if (type == RecordingFormat.SNAPSHOT) {
          snapshotRows += items;
        }
        return items;
      }
      case RecordingFormat.SNAPSHOT_END -> {
        snapshots++;
        lastSnapshotRows = snapshotRows;
        snapshotRows = 0;
      }
      case RecordingFormat.OVERFLOW -> keep(overflow, items, RecordingFormat.itemSize(type));
      case RecordingFormat.TOTAL -> keep(totals, items, RecordingFormat.itemSize(type));
      default -> throw new IllegalStateException("frame type " + type);
    }
    return 0;
  }

  private void withoutSamples(long at) {
    if (ConnectionRecord.kind(payload, at) == ConnectionRecord.KIND_LIVE) {
      payload.set(ValueLayout.JAVA_INT, at + ConnectionRecord.SRTT_US, 0);
      payload.set(ValueLayout.JAVA_INT, at + ConnectionRecord.MIN_RTT_US, ConnectionRecord.NO_RTT);
    }
  }

  private void keep(Queue<MemorySegment> queue, int items, int size) {
    for (int i = 0; i < items; i++) {
      MemorySegment copy = MemorySegment.ofArray(new long[size / Long.BYTES]);
      queue.add(copy.copyFrom(payload.asSlice((long) i * size, size)));
    }
  }

  @Override
  public int snapshot(RecordSink sink) {
    // Snapshots come as they were recorded.
    return 0;
  }

  @Override
  public void foldOverflow(OverflowSink sink) {
    for (MemorySegment entry = overflow.poll(); entry != null; entry = overflow.poll()) {
      sink.accept(
          entry.asSlice(0, OverflowEntry.KEY_SIZE),
          entry.asSlice(OverflowEntry.KEY_SIZE, OverflowEntry.SUM_SIZE));
    }
    for (MemorySegment total = totals.poll(); total != null; total = totals.poll()) {
      sink.acceptTotal(total);
    }
  }

  @Override
  public void sweepOwners() {
    // Owners come as they were recorded.
  }

  @Override
  public ProbeStatistics statistics() {
    return new ProbeStatistics(
        records,
        0,
        0,
        0,
        0,
        0,
        Map.of(),
        0,
        0,
        0,
        Map.of(),
        Map.of(),
        snapshots,
        lastSnapshotRows,
        0,
        0,
        0,
        0,
        0);
  }

  @Override
  public void finish(RecordSink sink, OverflowSink overflowSink) {
    drain(sink);
    foldOverflow(overflowSink);
  }

  @Override
  public boolean exhausted() {
    return exhausted;
  }

  @Override
  public void close() {
    closeQuietly(channel, log);
  }
}
