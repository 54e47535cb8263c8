package dev.weir.processor.batch;

import dev.weir.pipeline.config.Schema;
import dev.weir.pipeline.sending.BatchConfig;
import java.time.Duration;
import java.util.List;

/**
 * The keys of processor {@code batch}, as the Collector names them (collector.md 2.11).
 *
 * @param timeout the longest that data waits; zero sends at once
 * @param sendBatchSize a batch of so many items is sent at once; zero sends at once
 * @param sendBatchMaxSize a larger batch is cut; zero means that none is
 * @param metadataKeys data whose client differs in these keys goes apart
 * @param metadataCardinalityLimit how many kinds of it there may be; zero means any number
 */
public record BatchProcessorConfig(
    Duration timeout,
    int sendBatchSize,
    int sendBatchMaxSize,
    List<String> metadataKeys,
    int metadataCardinalityLimit) {

  /** Declares the keys. */
  static final Schema<BatchProcessorConfig> SCHEMA =
      Schema.define(
          fields -> {
            var timeout =
                fields
                    .duration(
                        "timeout",
                        Duration.ofMillis(200),
                        "The longest that data waits here; 0 hands it on at once.")
                    .check(t -> !t.isNegative(), "timeout must be greater or equal to 0");
            var size =
                fields
                    .whole(
                        "send_batch_size",
                        8192,
                        "A batch of so many data points, log records or spans is handed on; 0"
                            + " hands everything on at once.")
                    .check(BatchProcessorConfig::isSize, "must be from 0 to 2147483647");
            var max =
                fields
                    .whole(
                        "send_batch_max_size",
                        0,
                        "A larger batch is cut into batches of this size; 0 means that none is.")
                    .check(BatchProcessorConfig::isSize, "must be from 0 to 2147483647");
            var keys =
                fields.texts(
                    "metadata_keys",
                    List.of(),
                    "Data whose client sent different values of these keys goes apart; only"
                        + " receivers with `include_metadata` keep what a client sent.");
            var limit =
                fields
                    .whole(
                        "metadata_cardinality_limit",
                        1000,
                        "How many different values there may be; data with more is refused. 0"
                            + " means no limit.")
                    .check(BatchProcessorConfig::isSize, "must be from 0 to 2147483647");
            fields.rule(BatchProcessorConfig::errors);
            return values ->
                new BatchProcessorConfig(
                    values.get(timeout),
                    size(values.get(size)),
                    size(values.get(max)),
                    values.get(keys),
                    size(values.get(limit)));
          });

  /** Copies the keys. */
  public BatchProcessorConfig {
    metadataKeys = List.copyOf(metadataKeys);
  }

  private static boolean isSize(long n) {
    return n >= 0 && n <= Integer.MAX_VALUE;
  }

  private static int size(long n) {
    return Math.clamp(n, 0, Integer.MAX_VALUE);
  }

  private List<String> errors() {
    return sendBatchMaxSize > 0 && sendBatchMaxSize < sendBatchSize
        ? List.of("send_batch_max_size must be greater or equal to send_batch_size")
        : BatchConfig.duplicates(metadataKeys);
  }
}
