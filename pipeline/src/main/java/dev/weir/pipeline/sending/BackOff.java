package dev.weir.pipeline.sending;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * The waits between attempts: each longer than the last by a factor up to a maximum, with chance
 * added, by the formula of the library that the Collector uses (cenkalti/backoff v5,
 * ExponentialBackOff). For one request.
 */
final class BackOff {
  private final double initial;
  private final double max;
  private final double multiplier;
  private final double randomization;
  private final DoubleSupplier chance;
  private double current;

  /**
   * Starts with the first wait.
   *
   * @param chance numbers from 0 to less than 1
   */
  BackOff(RetryConfig config, DoubleSupplier chance) {
    this.initial = config.initialInterval().toNanos();
    this.max = config.maxInterval().toNanos();
    this.multiplier = config.multiplier();
    this.randomization = config.randomizationFactor();
    this.chance = chance;
  }

  /** Returns the next wait. */
  Duration next() {
    if (current == 0) {
      current = initial;
    }
    double delta = randomization * current;
    double wait =
        randomization == 0 ? current : current - delta + chance.getAsDouble() * (2 * delta + 1);
    current = current >= max / multiplier ? max : Math.floor(current * multiplier);
    return Duration.ofNanos((long) wait);
  }
}
