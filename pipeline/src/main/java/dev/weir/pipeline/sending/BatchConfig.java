package dev.weir.pipeline.sending;

import dev.weir.pipeline.config.Field;
import dev.weir.pipeline.config.Schema;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * {@code sending_queue::batch}, with the Collector's keys, defaults and rules (collector.md 2.5).
 *
 * @param flushTimeout the longest that a batch waits to become larger
 * @param sizer what the sizes are measured in: items or bytes
 * @param minSize a batch of this size waits no longer
 * @param maxSize a larger batch is cut; 0 means that none is
 * @param metadataKeys requests that differ in these keys of the client's metadata go apart
 */
public record BatchConfig(
    Duration flushTimeout, Sizer sizer, long minSize, long maxSize, List<String> metadataKeys) {

  /** Copies the keys. */
  public BatchConfig {
    metadataKeys = List.copyOf(metadataKeys);
  }

  /**
   * What stands in the section, where the sizer may be left to the queue.
   *
   * @param sizer empty for the queue's
   */
  record Given(
      Duration flushTimeout, String sizer, long minSize, long maxSize, List<String> metadataKeys) {

    private static final Schema<List<String>> PARTITION =
        Schema.define(
            fields -> {
              Field<List<String>> keys =
                  fields.texts(
                      "metadata_keys",
                      List.of(),
                      "Requests whose client sent different values of these keys go apart; only"
                          + " receivers with `include_metadata` keep what a client sent.");
              fields.rule(BatchConfig::duplicates);
              return values -> values.get(keys);
            });

    static final Schema<Given> SCHEMA =
        Schema.define(
            fields -> {
              var flush =
                  fields
                      .duration(
                          "flush_timeout",
                          Duration.ofMillis(200),
                          "The longest that a batch waits to become larger.")
                      .check(Duration::isPositive, "`flush_timeout` must be positive");
              var sizer =
                  fields.text(
                      "sizer",
                      "",
                      "What the sizes are measured in: `items` or `bytes` (encoded as OTLP"
                          + " protobuf). Empty: as the queue's, `items` if that is `requests`.");
              var min =
                  fields
                      .whole("min_size", 8192, "A batch of this size waits no longer.")
                      .check(n -> n >= 0, "`min_size` must be non-negative");
              var max =
                  fields
                      .whole(
                          "max_size",
                          0,
                          "A larger batch is cut; 0 means that none is. One item that alone is"
                              + " larger in bytes is sent alone.")
                      .check(n -> n >= 0, "`max_size` must be non-negative")
                      .check(n -> n <= Integer.MAX_VALUE, "must be at most " + Integer.MAX_VALUE);
              var partition =
                  fields.section("partition", PARTITION, "Which requests go into one batch.");
              fields.rule(Given::errors);
              return values ->
                  new Given(
                      values.get(flush),
                      values.get(sizer).toLowerCase(Locale.ROOT),
                      values.get(min),
                      values.get(max),
                      values.get(partition));
            });

    private List<String> errors() {
      List<String> errors = new ArrayList<>();
      if (!Set.of("", "items", "bytes").contains(sizer)) {
        errors.add("`batch` supports only `items` or `bytes` sizer, found \"" + sizer + "\"");
      }
      if (maxSize > 0 && maxSize < minSize) {
        errors.add(
            "`max_size` ("
                + maxSize
                + ") must be greater or equal to `min_size` ("
                + minSize
                + ")");
      }
      return errors;
    }

    /** Returns the config in a queue that is measured by {@code queues}. */
    BatchConfig in(Sizer queues) {
      Sizer own =
          switch (sizer) {
            case "items" -> Sizer.ITEMS;
            case "bytes" -> Sizer.BYTES;
            default -> queues == Sizer.REQUESTS ? Sizer.ITEMS : queues;
          };
      return new BatchConfig(flushTimeout, own, minSize, maxSize, metadataKeys);
    }
  }

  /** Returns an error for a key that stands twice, in whatever case. */
  public static List<String> duplicates(List<String> keys) {
    Set<String> seen = new HashSet<>();
    for (String key : keys) {
      String lower = key.toLowerCase(Locale.ROOT);
      if (!seen.add(lower)) {
        return List.of("duplicate entry in metadata_keys: \"" + lower + "\" (case-insensitive)");
      }
    }
    return List.of();
  }
}
