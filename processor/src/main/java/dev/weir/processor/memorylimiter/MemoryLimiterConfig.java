package dev.weir.processor.memorylimiter;

import dev.weir.pipeline.config.Schema;
import java.time.Duration;
import java.util.List;

/**
 * The keys of processor {@code memory_limiter}, as the Collector names them (collector.md 2.10).
 *
 * @param checkInterval from one look at the heap to the next
 * @param limitMib the hard limit; 0 for the percentage
 * @param spikeLimitMib how far below it the soft limit is; 0 for a fifth of the hard limit
 * @param limitPercentage the hard limit in hundredths of what the heap can hold
 * @param spikeLimitPercentage how far below it the soft limit is; 0 for a fifth of the hard limit
 * @param minGcSoft the shortest time between two collections forced above the soft limit
 * @param minGcHard the shortest time between two collections forced above the hard limit
 * @param maxGcSoft how long that time may grow when collections are of no use; 0 lets it be
 * @param maxGcHard the same above the hard limit
 */
public record MemoryLimiterConfig(
    Duration checkInterval,
    long limitMib,
    long spikeLimitMib,
    long limitPercentage,
    long spikeLimitPercentage,
    Duration minGcSoft,
    Duration minGcHard,
    Duration maxGcSoft,
    Duration maxGcHard) {
  private static final long MOST = 0xffff_ffffL;

  /** Declares the keys. */
  static final Schema<MemoryLimiterConfig> SCHEMA =
      Schema.define(
          fields -> {
            var interval =
                fields
                    .duration(
                        "check_interval",
                        Duration.ZERO,
                        "From one look at the heap to the next; must be given, `1s` is good.")
                    .check(Duration::isPositive, "'check_interval' must be greater than zero");
            var limit =
                fields
                    .whole("limit_mib", 0, "The hard limit in MiB; goes before the percentage.")
                    .check(n -> n >= 0 && n <= MOST, "must be from 0 to 4294967295");
            var spike =
                fields
                    .whole(
                        "spike_limit_mib",
                        0,
                        "The soft limit is so many MiB below the hard one; 0 means a fifth of it.")
                    .check(n -> n >= 0 && n <= MOST, "must be from 0 to 4294967295");
            var percentage =
                fields
                    .whole(
                        "limit_percentage",
                        0,
                        "The hard limit in hundredths of what the heap can hold (see below).")
                    .check(n -> n >= 0, "must not be negative");
            var spikePercentage =
                fields
                    .whole(
                        "spike_limit_percentage",
                        0,
                        "The soft limit is so many hundredths below the hard one; 0 means a fifth"
                            + " of it.")
                    .check(n -> n >= 0, "must not be negative");
            var minSoft =
                fields.duration(
                    "min_gc_interval_when_soft_limited",
                    Duration.ofSeconds(10),
                    "The shortest time between two collections of garbage that are forced above"
                        + " the soft limit.");
            var minHard =
                fields.duration(
                    "min_gc_interval_when_hard_limited",
                    Duration.ZERO,
                    "The same above the hard limit.");
            var maxSoft =
                fields.duration(
                    "max_gc_interval_when_soft_limited",
                    Duration.ofSeconds(30),
                    "How far that time may double while collections bring nothing; 0: not at all.");
            var maxHard =
                fields.duration(
                    "max_gc_interval_when_hard_limited",
                    Duration.ofSeconds(30),
                    "The same above the hard limit.");
            fields.rule(MemoryLimiterConfig::errors);
            return values ->
                new MemoryLimiterConfig(
                    values.get(interval),
                    values.get(limit),
                    values.get(spike),
                    values.get(percentage),
                    values.get(spikePercentage),
                    values.get(minSoft),
                    values.get(minHard),
                    values.get(maxSoft),
                    values.get(maxHard));
          });

  /** The first rule that is broken, as in the Collector. */
  private List<String> errors() {
    if (minGcSoft.compareTo(minGcHard) < 0) {
      return List.of(
          "'min_gc_interval_when_soft_limited' should be larger than"
              + " 'min_gc_interval_when_hard_limited'");
    }
    if (maxGcSoft.isNegative()) {
      return List.of("'max_gc_interval_when_soft_limited' must be non-negative");
    }
    if (maxGcHard.isNegative()) {
      return List.of("'max_gc_interval_when_hard_limited' must be non-negative");
    }
    if (maxGcSoft.isPositive() && maxGcSoft.compareTo(minGcSoft) < 0) {
      return List.of(
          "'max_gc_interval_when_soft_limited' must be greater than or equal to"
              + " 'min_gc_interval_when_soft_limited' (or 0 to disable)");
    }
    if (maxGcHard.isPositive() && maxGcHard.compareTo(minGcHard) < 0) {
      return List.of(
          "'max_gc_interval_when_hard_limited' must be greater than or equal to"
              + " 'min_gc_interval_when_hard_limited' (or 0 to disable)");
    }
    if (maxGcSoft.isPositive() && maxGcHard.isPositive() && maxGcSoft.compareTo(maxGcHard) < 0) {
      return List.of(
          "'max_gc_interval_when_soft_limited' should be larger than or equal to"
              + " 'max_gc_interval_when_hard_limited' (when both are set)");
    }
    if (limitMib == 0 && limitPercentage == 0) {
      return List.of("'limit_mib' or 'limit_percentage' must be greater than zero");
    }
    if (limitPercentage > 100 || spikeLimitPercentage > 100) {
      return List.of(
          "'limit_percentage' and 'spike_limit_percentage' must be greater than zero and less than"
              + " or equal to hundred");
    }
    if (limitMib > 0 && limitMib <= spikeLimitMib) {
      return List.of("'spike_limit_mib' must be smaller than 'limit_mib'");
    }
    if (limitPercentage > 0 && limitPercentage <= spikeLimitPercentage) {
      return List.of("'spike_limit_percentage' must be smaller than 'limit_percentage'");
    }
    return List.of();
  }
}
