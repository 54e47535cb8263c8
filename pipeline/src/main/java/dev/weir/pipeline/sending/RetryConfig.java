package dev.weir.pipeline.sending;

import dev.weir.pipeline.config.Schema;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code retry_on_failure}, with the Collector's keys, defaults and rules (collector.md 2.5).
 *
 * @param enabled whether anything is tried again
 * @param initialInterval the first wait, before chance is added
 * @param randomizationFactor how much chance: 0.5 makes a wait from half to one and a half times
 * @param multiplier what a wait is multiplied by for the next one
 * @param maxInterval the longest wait, before chance is added
 * @param maxElapsedTime after how long a request is given up; zero means never
 */
public record RetryConfig(
    boolean enabled,
    Duration initialInterval,
    double randomizationFactor,
    double multiplier,
    Duration maxInterval,
    Duration maxElapsedTime) {

  /** Declares the keys. */
  public static final Schema<RetryConfig> SCHEMA =
      Schema.define(
          fields -> {
            var enabled =
                fields.flag("enabled", true, "Whether what failed for a while is tried again.");
            var initial =
                fields.duration(
                    "initial_interval", Duration.ofSeconds(5), "The wait after the first failure.");
            var randomization =
                fields.real(
                    "randomization_factor",
                    0.5,
                    "Chance in each wait: 0.5 means from half to one and a half times as long.");
            var multiplier =
                fields.real("multiplier", 1.5, "How much longer each wait is than the last one.");
            var max =
                fields.duration(
                    "max_interval", Duration.ofSeconds(30), "The longest wait, without chance.");
            var elapsed =
                fields.duration(
                    "max_elapsed_time",
                    Duration.ofMinutes(5),
                    "After how long a request is given up and counted as failed; 0 means never.");
            fields.rule(RetryConfig::errors);
            return values ->
                new RetryConfig(
                    values.get(enabled),
                    values.get(initial),
                    values.get(randomization),
                    values.get(multiplier),
                    values.get(max),
                    values.get(elapsed));
          });

  /** Checked even when retries are off, as in the Collector. */
  private List<String> errors() {
    List<String> errors = new ArrayList<>();
    if (maxElapsedTime.isPositive()) {
      if (maxElapsedTime.compareTo(initialInterval) < 0) {
        errors.add("'max_elapsed_time' must not be less than 'initial_interval'");
      } else if (maxElapsedTime.compareTo(maxInterval) < 0) {
        errors.add("'max_elapsed_time' must not be less than 'max_interval'");
      }
    }
    notNegative(errors, "initial_interval", initialInterval.isNegative());
    notNegative(errors, "max_elapsed_time", maxElapsedTime.isNegative());
    notNegative(errors, "max_interval", maxInterval.isNegative());
    notNegative(errors, "multiplier", multiplier < 0);
    notNegative(errors, "randomization_factor", randomizationFactor < 0);
    if (randomizationFactor > 1) {
      errors.add("randomization_factor value must be less than or equal to 1");
    }
    return errors;
  }

  private static void notNegative(List<String> errors, String key, boolean negative) {
    if (negative) {
      errors.add(key + " value must be greater than or equal to 0");
    }
  }
}
