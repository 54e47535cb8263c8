package dev.weir.exporter.debug;

import java.time.Instant;
import java.time.InstantSource;

/**
 * Decides which messages are written: in each second the first {@code initial} of one text, then
 * every {@code thereafter}-th, as zap's sampler does behind the Collector's debug exporter.
 *
 * <p>Texts are told apart by hash in a table of {@value #SLOTS}, so two texts may share a count:
 * memory is bounded whatever passes. A text's second begins with its first message. Thread safe.
 */
final class MessageSampler {
  private static final int SLOTS = 4096;
  private static final long SECOND = 1_000_000_000L;

  private final InstantSource clock;
  private final long initial;
  private final long thereafter;
  private final long[] seen;
  private final long[] ends;

  MessageSampler(InstantSource clock, long initial, long thereafter) {
    this.clock = clock;
    this.initial = initial;
    this.thereafter = thereafter;
    // Every message passes if thereafter is 1, the default: then nothing needs counting.
    int slots = thereafter == 1 ? 0 : SLOTS;
    this.seen = new long[slots];
    this.ends = new long[slots];
  }

  /** Counts a message and returns whether it is to be written. */
  synchronized boolean admits(String message) {
    if (seen.length == 0) {
      return true;
    }
    Instant instant = clock.instant();
    long now = instant.getEpochSecond() * SECOND + instant.getNano();
    int slot = message.hashCode() & SLOTS - 1;
    if (now >= ends[slot]) {
      ends[slot] = now + SECOND;
      seen[slot] = 0;
    }
    long n = ++seen[slot];
    return n <= initial || (thereafter > 0 && (n - initial) % thereafter == 0);
  }
}
