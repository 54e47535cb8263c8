package dev.weir.exporter.prometheus;

import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.slf4j.Logger;

/**
 * Counts the points that are not shown, by reason, and says so in the log, at most once a minute a
 * reason. Thread safe.
 */
final class DropCounts {
  private static final long QUIET_MILLIS = 60_000;

  private record Count(LongAdder points, AtomicLong loggedAt, AtomicLong logged) {}

  private final Map<DropReason, Count> counts = new EnumMap<>(DropReason.class);
  private final Logger logger;
  private final InstantSource clock;

  DropCounts(Logger logger, InstantSource clock) {
    this.logger = logger;
    this.clock = clock;
    for (DropReason reason : DropReason.values()) {
      counts.put(
          reason, new Count(new LongAdder(), new AtomicLong(Long.MIN_VALUE), new AtomicLong()));
    }
  }

  private Count of(DropReason reason) {
    Count count = counts.get(reason);
    if (count == null) {
      throw new IllegalStateException(reason.word());
    }
    return count;
  }

  /** Counts points; {@code detail} says more to a person and is only asked when a line is due. */
  void add(DropReason reason, long points, String metric, Supplier<String> detail) {
    Count count = of(reason);
    count.points.add(points);
    long now = clock.millis();
    long before = count.loggedAt.get();
    if ((before == Long.MIN_VALUE || now - before >= QUIET_MILLIS)
        && count.loggedAt.compareAndSet(before, now)) {
      long total = count.points.sum();
      long since = total - count.logged.getAndSet(total);
      String more = detail.get();
      logger.warn(
          "points are not shown: {} of metric {}{}{} ({} points for this reason since the last"
              + " line, {} in all)",
          reason.word(),
          metric,
          more.isEmpty() ? "" : ": ",
          more,
          since,
          total);
    }
  }

  long get(DropReason reason) {
    return of(reason).points.sum();
  }
}
