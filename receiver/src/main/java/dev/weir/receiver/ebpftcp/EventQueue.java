package dev.weir.receiver.ebpftcp;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.weir.bpf.ConnectionRecord;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Connection records on their way from the reader to the thread that makes log records of them: a
 * bounded ring of raw copies, for one writer and one reader (Lamport 1983). A copy costs about 10
 * ns, so a burst of connections does not hold up the reading. When it is full, records are dropped
 * and counted; their metrics are not touched by that.
 *
 * <p>It takes memory only for as many records as ever waited at once, in chunks: an empty queue
 * begins at its first slot again.
 */
final class EventQueue {
  private static final int WORDS = ConnectionRecord.SIZE / Long.BYTES;

  /** Records in a chunk, which is 51 kB. */
  private static final int CHUNK = 256;

  private final int capacity;
  private final @Nullable MemorySegment[] chunks;
  // The position that has the first slot. The writer sets it while the queue is empty, so never
  // while the reader uses it, and before the release of what it wrote there.
  private long origin;
  // Each counter is written by one thread only; set after the slot's content (release) and read
  // before it (acquire).
  private final AtomicLong written = new AtomicLong();
  private final AtomicLong read = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();

  EventQueue(int capacity) {
    this.capacity = capacity;
    this.chunks = new MemorySegment[(capacity + CHUNK - 1) / CHUNK];
  }

  /** Returns whether another record fits; for the writer. */
  boolean hasRoom() {
    return written.getPlain() - read.getAcquire() < capacity;
  }

  /** Returns how many records were taken out so far. */
  long taken() {
    return read.getAcquire();
  }

  /** Copies a record into the queue, or counts it as dropped; for the writer. */
  void offer(MemorySegment m, long at) {
    long position = written.getPlain();
    long waiting = position - read.getAcquire();
    if (waiting >= capacity) {
      dropped.setRelease(dropped.getPlain() + 1);
      return;
    }
    if (waiting == 0) {
      origin = position;
    }
    int slot = slot(position);
    MemorySegment chunk = chunks[slot / CHUNK];
    if (chunk == null) {
      // An array of longs, because records are read with aligned layouts.
      chunk = MemorySegment.ofArray(new long[Math.min(CHUNK, capacity) * WORDS]);
      chunks[slot / CHUNK] = chunk;
    }
    MemorySegment.copy(m, JAVA_LONG, at, chunk, JAVA_LONG, offset(slot), WORDS);
    written.setRelease(position + 1);
  }

  private int slot(long position) {
    return (int) ((position - origin) % capacity);
  }

  private static long offset(int slot) {
    return (long) (slot % CHUNK) * ConnectionRecord.SIZE;
  }

  /** Does something with a record where it lies. */
  @FunctionalInterface
  interface Action {
    void accept(MemorySegment memory, long at);
  }

  /**
   * Passes at most {@code limit} records to {@code action} and returns how many; for the reader.
   */
  int poll(int limit, Action action) {
    long position = read.getPlain();
    int n = (int) Math.min(limit, written.getAcquire() - position);
    for (int i = 0; i < n; i++) {
      int slot = slot(position + i);
      // There since the first record in it, which was written before this one.
      action.accept(Objects.requireNonNull(chunks[slot / CHUNK]), offset(slot));
    }
    read.setRelease(position + n);
    return n;
  }

  /** Returns how many records wait. */
  long size() {
    return written.getAcquire() - read.getAcquire();
  }

  /** Returns for how many records it has taken memory so far; for the writer. */
  int allocated() {
    int n = 0;
    for (MemorySegment chunk : chunks) {
      n += chunk == null ? 0 : (int) (chunk.byteSize() / ConnectionRecord.SIZE);
    }
    return n;
  }

  /** Returns how many records it holds at most. */
  int capacity() {
    return capacity;
  }

  /** Returns how many were dropped. */
  long dropped() {
    return dropped.getAcquire();
  }
}
