package dev.weir.bpf;

import java.time.Duration;

/**
 * Where connection records come from: the kernel (the probe), or a recording of what it said.
 *
 * <p>All methods but {@link #wakeUp} are called by one thread, the reader.
 */
public interface ConnectionSource extends AutoCloseable {

  /**
   * Waits until there is much to read, or {@code atMost} has passed, or {@link #wakeUp} was called.
   */
  void await(Duration atMost);

  /** Ends a running or the next {@link #await}. For any thread. */
  void wakeUp();

  /** Hands over what lies in the ring and returns how many records that was. */
  int drain(RecordSink sink);

  /**
   * Hands over one record ({@link ConnectionRecord#KIND_LIVE}) for each live connection and returns
   * how many that was. Behind each comes a row of {@link ConnectionRecord#KIND_FIELDS} if a
   * receiver asked for it.
   */
  int snapshot(RecordSink sink);

  /**
   * Hands over the overflow hash of the generation before, then begins a new generation; what is
   * counted between two calls comes with the second next call at the latest.
   */
  void foldOverflow(OverflowSink sink);

  /** Learns anew which process owns each live connection that a listener passed to a worker. */
  void sweepOwners();

  /** Returns the counters of the source itself: cumulative since it was opened. */
  ProbeStatistics statistics();

  /**
   * Ends: a last snapshot, the ring, both generations of the overflow hash, each handed over; then
   * detaches. {@link #close} follows.
   */
  void finish(RecordSink records, OverflowSink overflow);

  /** Returns whether the source has no more to give, ever: the end of a recording. */
  default boolean exhausted() {
    return false;
  }

  /** Detaches and frees everything that the kernel holds for this source. */
  @Override
  void close();
}
