package dev.weir.receiver.ebpftcp;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.weir.bpf.ConnectionRecord;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Connection records on their way from the reader to the thread that makes log records of them: a
 * bounded ring of raw copies, for one writer and one reader (Lamport 1983). A copy costs about 10
 * ns, so a burst of connections does not hold up the reading. When it is full, records are dropped
 * and counted; their metrics are not touched by that.
 */
final class EventQueue {
  private static final int WORDS = ConnectionRecord.SIZE / Long.BYTES;

  private final int capacity;
  private final long[] slots;
  private final MemorySegment memory;
  // Each counter is written by one thread only; set after the slot's content (release) and read
  // before it (acquire).
  private final AtomicLong written = new AtomicLong();
  private final AtomicLong read = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();

  EventQueue(int capacity) {
    this.capacity = capacity;
    // An array of longs, because records are read with aligned layouts.
    this.slots = new long[capacity * WORDS];
    this.memory = MemorySegment.ofArray(slots);
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
    if (position - read.getAcquire() >= capacity) {
      dropped.setRelease(dropped.getPlain() + 1);
      return;
    }
    long slot = position % capacity * ConnectionRecord.SIZE;
    MemorySegment.copy(m, JAVA_LONG, at, memory, JAVA_LONG, slot, WORDS);
    written.setRelease(position + 1);
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
      action.accept(memory, (position + i) % capacity * ConnectionRecord.SIZE);
    }
    read.setRelease(position + n);
    return n;
  }

  /** Returns how many records wait. */
  long size() {
    return written.getAcquire() - read.getAcquire();
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
