package dev.weir.exporter.accesslog;

import java.util.Arrays;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Whole lines between those who deliver them and the one thread that writes them.
 *
 * <p>Two byte arrays that change places: one is filled under the lock, the other is being written
 * without it. What waits and what is on its way together never exceed the limit; the arrays grow
 * with the need and are given back when it is over. Cost: one copy of each byte.
 */
final class LineBuffer {
  private static final int START = 1 << 14;
  private static final int KEPT = 1 << 18;
  private static final int ENOUGH = 1 << 16;

  private final int limit;
  private final boolean blocks;
  private final long flushNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition filled = lock.newCondition();
  private final Condition drained = lock.newCondition();
  private byte[] waiting = new byte[START];
  private int size;
  private long oldest;
  private int inFlight;
  private long accepted;
  private boolean closed;
  private int blocked;

  /** What the writer holds; only its thread touches it. */
  private byte[] taken = new byte[START];

  /**
   * Makes an empty buffer.
   *
   * @param limit most bytes that wait or are on their way
   * @param blocks whether {@link #offer} waits for room
   * @param flushNanos how long a line may wait for more lines
   */
  LineBuffer(int limit, boolean blocks, long flushNanos) {
    this.limit = limit;
    this.blocks = blocks;
    this.flushNanos = flushNanos;
  }

  /** Returns the bytes that wait or are on their way. */
  long bytes() {
    lock.lock();
    try {
      return (long) size + inFlight;
    } finally {
      lock.unlock();
    }
  }

  /** Returns how many lines were ever taken in. */
  long accepted() {
    lock.lock();
    try {
      return accepted;
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether {@link #close} was called. */
  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes in the first {@code length} bytes of {@code lines}: whole lines, each shorter than the
   * limit.
   *
   * @return how many lines found no room, counted from the end; never any if this buffer blocks,
   *     unless it is closed
   */
  int offer(byte[] lines, int length) {
    lock.lock();
    try {
      int from = 0;
      while (from < length && !closed) {
        int room = limit - size - inFlight;
        int end = length - from <= room ? length : lastLineEnd(lines, from, from + room);
        if (end > from) {
          append(lines, from, end);
          from = end;
        } else if (blocks) {
          blocked++;
          filled.signal();
          drained.awaitUninterruptibly();
          blocked--;
        } else {
          break;
        }
      }
      return countLines(lines, from, length);
    } finally {
      lock.unlock();
    }
  }

  private void append(byte[] lines, int from, int end) {
    int n = end - from;
    if (size + n > waiting.length) {
      int doubled = (int) Math.min(limit, waiting.length * 2L);
      waiting = Arrays.copyOf(waiting, Math.max(doubled, size + n));
    }
    System.arraycopy(lines, from, waiting, size, n);
    if (size == 0) {
      oldest = System.nanoTime();
    }
    boolean first = size == 0;
    boolean enough = size < ENOUGH && size + n >= ENOUGH;
    size += n;
    accepted += countLines(lines, from, end);
    if (first || enough) {
      filled.signal();
    }
  }

  /**
   * Waits until lines are due, and hands them over in {@link #taken}. For the writer's thread. What
   * was handed over before counts as done.
   *
   * @return how many bytes; 0 after {@link #close} when nothing is left
   */
  int take() {
    lock.lock();
    try {
      inFlight = 0;
      drained.signalAll();
      while (!closed && (size == 0 || (blocked == 0 && size < ENOUGH))) {
        if (size == 0) {
          filled.awaitUninterruptibly();
        } else {
          long left = oldest + flushNanos - System.nanoTime();
          if (left <= 0) {
            break;
          }
          filled.awaitNanos(left);
        }
      }
      byte[] next = taken.length > KEPT && size < taken.length / 4 ? new byte[START] : taken;
      taken = waiting;
      waiting = next;
      inFlight = size;
      size = 0;
      return inFlight;
    } catch (InterruptedException e) {
      // Nobody has a reason to interrupt the writer, and a write would fail from now on.
      throw new IllegalStateException("the writer of the access log was interrupted", e);
    } finally {
      lock.unlock();
    }
  }

  /** Returns what {@link #take} handed over. For the writer's thread. */
  byte[] taken() {
    return taken;
  }

  /** Takes in no more lines and wakes everybody. */
  void close() {
    lock.lock();
    try {
      closed = true;
      filled.signalAll();
      drained.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns where the last whole line between {@code from} and {@code to} ends, or {@code from}.
   */
  static int lastLineEnd(byte[] lines, int from, int to) {
    for (int i = to; i > from; i--) {
      if (lines[i - 1] == '\n') {
        return i;
      }
    }
    return from;
  }

  /** Counts the line ends between {@code from} and {@code to}. */
  static int countLines(byte[] lines, int from, int to) {
    int n = 0;
    for (int i = from; i < to; i++) {
      if (lines[i] == '\n') {
        n++;
      }
    }
    return n;
  }
}
