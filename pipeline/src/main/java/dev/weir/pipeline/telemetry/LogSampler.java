package dev.weir.pipeline.telemetry;

import dev.weir.pipeline.telemetry.LogsConfig.Level;
import dev.weir.pipeline.telemetry.LogsConfig.Sampling;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Decides which repetitions of a line are written, as the sampler of the Collector's logger does
 * (zap): lines are counted by level and by a hash of the message, in 4096 counters (64 KiB in all);
 * messages that fall on one counter share it. Thread safe, without a lock: at the turn of an
 * interval a line more or less may pass.
 */
final class LogSampler {
  private static final int COUNTERS = 4096;

  private final Sampling sampling;
  private final AtomicLongArray counts = new AtomicLongArray(COUNTERS);
  private final AtomicLongArray ends = new AtomicLongArray(COUNTERS);

  LogSampler(Sampling sampling) {
    this.sampling = sampling;
  }

  /**
   * Returns whether to write the line.
   *
   * @param message the text before arguments are put in
   * @param now any clock in nanoseconds that goes on evenly
   */
  boolean pass(Level level, String message, long now) {
    if (!sampling.enabled()) {
      return true;
    }
    int hash = 31 * message.hashCode() + level.name().hashCode();
    int i = (hash ^ hash >>> 16) & (COUNTERS - 1);
    long end = ends.get(i);
    long count;
    if ((counts.get(i) == 0 || now - end >= 0)
        && ends.compareAndSet(i, end, now + sampling.tick().toNanos())) {
      counts.set(i, 1);
      count = 1;
    } else {
      count = counts.incrementAndGet(i);
    }
    return count <= sampling.initial()
        || (sampling.thereafter() > 0 && (count - sampling.initial()) % sampling.thereafter() == 0);
  }
}
