package dev.weir.receiver.ebpftcp;

import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/** Nanoseconds since 1970, and how CLOCK_MONOTONIC relates to them. */
final class EpochTime {
  private EpochTime() {}

  /** Returns the time of day. */
  static long nanos(InstantSource clock) {
    Instant now = clock.instant();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }

  /**
   * Returns what to add to CLOCK_MONOTONIC. On Linux {@link System#nanoTime} is that clock, which
   * bpf_ktime_get_ns reads too; a test of the probe holds the two against each other. Taken anew
   * each interval, since the time of day is adjusted and this clock only slewed.
   */
  static long offset(InstantSource clock, LongSupplier monotonic) {
    long before = monotonic.getAsLong();
    long wall = nanos(clock);
    long after = monotonic.getAsLong();
    return wall - (before + (after - before) / 2);
  }
}
