package dev.weir.pipeline.sending;

import dev.weir.pipeline.config.Field;
import dev.weir.pipeline.config.Schema;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The keys that every exporter with this stack has: {@code timeout}, {@code retry_on_failure},
 * {@code sending_queue}.
 *
 * <pre>{@code
 * Schema.define(fields -> {
 *   var endpoint = fields.text("endpoint", "", "Where to send.");
 *   var sending = SendingConfig.declare(fields, Duration.ofSeconds(5));
 *   return values -> new MyConfig(values.get(endpoint), sending.apply(values));
 * });
 * }</pre>
 *
 * @param timeout how long one attempt may take; zero means as long as it likes
 * @param retry when what failed is tried again
 * @param queue the queue before it, or null for none
 */
public record SendingConfig(Duration timeout, RetryConfig retry, @Nullable QueueConfig queue) {

  /**
   * Declares all three keys, the queue on by default.
   *
   * @return makes the config of the values
   */
  public static Function<Schema.Values, SendingConfig> declare(
      Schema.Fields<?> fields, Duration defaultTimeout) {
    Field<Duration> timeout =
        fields
            .duration("timeout", defaultTimeout, "How long one attempt may take; 0 means no limit.")
            .check(t -> !t.isNegative(), "'timeout' must be non-negative");
    Field<RetryConfig> retry =
        fields.section("retry_on_failure", RetryConfig.SCHEMA, "When what failed is tried again.");
    Field<@Nullable QueueConfig> queue =
        fields.sectionOnByDefault(
            "sending_queue",
            QueueConfig.SCHEMA,
            "Where data waits to be sent. `enabled: false` sends while whoever brings data waits.");
    return values -> new SendingConfig(values.get(timeout), values.get(retry), values.get(queue));
  }

  /** Returns a config with the Collector's defaults. */
  public static SendingConfig defaults(Duration timeout) {
    return new SendingConfig(timeout, RetryConfig.SCHEMA.defaults(), QueueConfig.SCHEMA.defaults());
  }
}
