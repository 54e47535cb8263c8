package dev.weir.pipeline.telemetry;

import dev.weir.pipeline.config.Schema;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One of {@code service::telemetry::logs::processors}, which send lines of the own log on: exactly
 * one of the two.
 *
 * @param batch collects lines
 * @param simple sends each line at once
 */
public record LogProcessor(@Nullable Batch batch, @Nullable Simple simple) {
  static final Schema<LogProcessor> SCHEMA =
      Schema.define(
          fields -> {
            var batch =
                fields.optionalSection("batch", Batch.SCHEMA, "Collects lines, then sends them.");
            var simple =
                fields.optionalSection(
                    "simple", Simple.SCHEMA, "Sends each line; who logs it waits for that.");
            fields.rule(
                processor ->
                    (processor.batch() == null) == (processor.simple() == null)
                        ? List.of("must have exactly one of batch and simple")
                        : List.of());
            return values -> new LogProcessor(values.get(batch), values.get(simple));
          });

  /**
   * Collects lines.
   *
   * @param scheduleDelayMillis how long a line waits for others, in milliseconds
   * @param exportTimeoutMillis how long one sending may take, in milliseconds
   * @param maxQueueSize how many lines wait at most; further ones are dropped and counted
   * @param maxExportBatchSize how many lines are sent at once
   * @param exporter how lines are sent
   */
  public record Batch(
      long scheduleDelayMillis,
      long exportTimeoutMillis,
      long maxQueueSize,
      long maxExportBatchSize,
      Exporter exporter) {
    static final Schema<Batch> SCHEMA =
        Schema.define(
            fields -> {
              var delay =
                  fields
                      .whole("schedule_delay", 1000, "Milliseconds that a line waits for others.")
                      .check(n -> n > 0, "must be positive");
              var timeout =
                  fields
                      .whole("export_timeout", 30_000, "Milliseconds that one sending may take.")
                      .check(n -> n > 0, "must be positive");
              var queue =
                  fields
                      .whole(
                          "max_queue_size",
                          2048,
                          "How many lines wait; further ones are dropped and counted.")
                      .check(n -> n > 0 && n <= 1 << 20, "must be from 1 to 1048576");
              var size =
                  fields
                      .whole("max_export_batch_size", 512, "How many lines are sent at once.")
                      .check(n -> n > 0, "must be positive");
              var exporter = fields.section("exporter", Exporter.SCHEMA, "How lines are sent.");
              fields.rule(
                  batch ->
                      batch.maxExportBatchSize() > batch.maxQueueSize()
                          ? List.of("max_export_batch_size must not exceed max_queue_size")
                          : List.of());
              return values ->
                  new Batch(
                      values.get(delay),
                      values.get(timeout),
                      values.get(queue),
                      values.get(size),
                      values.get(exporter));
            });
  }

  /** Sends each line at once. */
  public record Simple(Exporter exporter) {
    static final Schema<Simple> SCHEMA =
        Schema.define(
            fields -> {
              var exporter = fields.section("exporter", Exporter.SCHEMA, "How lines are sent.");
              return values -> new Simple(values.get(exporter));
            });
  }

  /** How lines are sent: exactly one of the two. */
  public record Exporter(@Nullable OtlpTarget otlp, @Nullable Console console) {
    private static final Schema<OtlpTarget> OTLP =
        Schema.define(
            fields -> {
              Function<Schema.Values, OtlpTarget> target = OtlpTarget.keys(fields, "/v1/logs");
              fields.rule(OtlpTarget::errors);
              return target;
            });
    static final Schema<Exporter> SCHEMA =
        Schema.define(
            fields -> {
              var otlp = fields.optionalSection("otlp", OTLP, "By OTLP.");
              var console =
                  fields.optionalSection(
                      "console",
                      Schema.empty(new Console()),
                      "To standard output, a JSON object a line.");
              fields.rule(
                  exporter ->
                      (exporter.otlp() == null) == (exporter.console() == null)
                          ? List.of("must have exactly one of otlp and console")
                          : List.of());
              return values -> new Exporter(values.get(otlp), values.get(console));
            });
  }

  /** To standard output; there is nothing to set. */
  public record Console() {}
}
