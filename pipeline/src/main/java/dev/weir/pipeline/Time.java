package dev.weir.pipeline;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;

/**
 * The passing of time for whoever waits: queues, batches, retries. Tests put in their own, in which
 * time passes when they say so. Thread safe.
 */
public interface Time {
  /** The time of the machine. */
  Time SYSTEM =
      new Time() {
        @Override
        public long nanos() {
          return System.nanoTime();
        }

        @Override
        @SuppressWarnings("WaitNotInLoop") // the callers loop
        public void await(Lock lock, Condition condition, long until) throws InterruptedException {
          long _ = condition.awaitNanos(until - System.nanoTime());
        }
      };

  /** Returns nanoseconds since some moment. */
  long nanos();

  /**
   * Waits until the condition is signalled or {@link #nanos()} is {@code until}. It may return
   * earlier: the caller asks in a loop.
   *
   * @param lock held by the caller; the condition is its
   */
  void await(Lock lock, Condition condition, long until) throws InterruptedException;
}
