package dev.weir.pipeline.sending;

import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.config.Schema;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code sending_queue}, with the Collector's keys, defaults and rules (collector.md 2.5).
 *
 * @param numConsumers how many requests are sent at once
 * @param waitForResult whether whoever brings a request waits until it has been sent
 * @param blockOnOverflow whether whoever brings a request waits while there is no room
 * @param sizer what {@code queueSize} is measured in
 * @param queueSize how much fits, requests that are being sent included
 * @param storage the extension that keeps the queue on disk; null keeps it in memory
 * @param batch how requests are put together and cut; null sends them as they come
 */
public record QueueConfig(
    int numConsumers,
    boolean waitForResult,
    boolean blockOnOverflow,
    Sizer sizer,
    long queueSize,
    @Nullable ComponentId storage,
    @Nullable BatchConfig batch) {
  private static final int MAX_CONSUMERS = 10_000;

  /** Declares the keys. */
  public static final Schema<QueueConfig> SCHEMA =
      Schema.define(
          fields -> {
            var consumers =
                fields
                    .whole("num_consumers", 10, "How many requests are sent at the same time.")
                    .check(n -> n > 0, "`num_consumers` must be positive")
                    .check(n -> n <= MAX_CONSUMERS, "must be at most " + MAX_CONSUMERS);
            var wait =
                fields.flag(
                    "wait_for_result",
                    false,
                    "Whether whoever brings data waits until it has been sent, and hears how.");
            var block =
                fields.flag(
                    "block_on_overflow",
                    false,
                    "Whether whoever brings data waits while the queue is full; otherwise the"
                        + " data is refused, to be sent again later.");
            var sizer =
                fields.choice(
                    "sizer", Sizer.class, Sizer.REQUESTS, "What `queue_size` is measured in.");
            var size =
                fields
                    .whole(
                        "queue_size", 1000, "How much fits, what is being sent just now included.")
                    .check(n -> n > 0, "`queue_size` must be positive");
            var storage =
                fields
                    .text(
                        "storage",
                        "",
                        "The ID of the extension (such as `file_storage`) that keeps the queue"
                            + " through a restart; empty keeps it in memory.")
                    .check(QueueConfig::isId, "must be the ID of an extension");
            var batch =
                fields.optionalSection(
                    "batch",
                    BatchConfig.Given.SCHEMA,
                    "Puts requests together before they are sent, and cuts what is too large.");
            fields.rule(QueueConfig::errors);
            return values -> {
              BatchConfig.Given given = values.get(batch);
              return new QueueConfig(
                  Math.toIntExact(Math.clamp(values.get(consumers), 0, MAX_CONSUMERS)),
                  values.get(wait),
                  values.get(block),
                  values.get(sizer),
                  values.get(size),
                  id(values.get(storage)),
                  given == null ? null : given.in(values.get(sizer)));
            };
          });

  private List<String> errors() {
    List<String> errors = new ArrayList<>();
    if (storage != null && waitForResult) {
      errors.add(
          "`wait_for_result` is not supported with a persistent queue configured with `storage`");
    }
    if (batch != null && batch.sizer() == sizer && batch.minSize() > queueSize) {
      errors.add("`min_size` must be less than or equal to `queue_size`");
    }
    return errors;
  }

  private static boolean isId(String text) {
    try {
      id(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static @Nullable ComponentId id(String text) {
    return text.isEmpty() ? null : ComponentId.parse(text);
  }
}
