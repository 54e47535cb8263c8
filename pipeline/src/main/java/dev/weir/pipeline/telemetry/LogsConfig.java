package dev.weir.pipeline.telemetry;

import dev.weir.pipeline.config.Schema;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * {@code service::telemetry::logs}.
 *
 * @param level the least severe lines that are written
 * @param encoding how a line looks
 * @param disableCaller leaves out where a line comes from
 * @param disableStacktrace leaves out stacks of exceptions
 * @param disableZapResource leaves out the resource, which otherwise stands on each line
 * @param development writes the stacks of warnings too
 * @param sampling what is left out when a line repeats itself
 * @param outputPaths where lines go: {@code stderr}, {@code stdout} or files
 * @param errorOutputPaths where errors of logging itself go
 * @param initialFields fields on each line
 * @param processors where lines are sent besides
 */
public record LogsConfig(
    Level level,
    Encoding encoding,
    boolean disableCaller,
    boolean disableStacktrace,
    boolean disableZapResource,
    boolean development,
    Sampling sampling,
    List<String> outputPaths,
    List<String> errorOutputPaths,
    Map<String, String> initialFields,
    List<LogProcessor> processors) {

  /** The levels of the Collector, from the least to the most severe. */
  public enum Level {
    DEBUG,
    INFO,
    WARN,
    ERROR
  }

  /** How a line looks. */
  public enum Encoding {
    /** Columns parted by tabs, for people. */
    CONSOLE,
    /** One JSON object, for machines. */
    JSON
  }

  /**
   * Of lines with one level and message, the first {@code initial} in each {@code tick} are
   * written, and then each {@code thereafter}-th.
   *
   * @param enabled whether any line is left out
   * @param tick the length of an interval
   * @param initial how many lines are written at first
   * @param thereafter each how many-th line is written then; 0 for none
   */
  public record Sampling(boolean enabled, Duration tick, long initial, long thereafter) {
    static final Schema<Sampling> SCHEMA =
        Schema.define(
            fields -> {
              var enabled =
                  fields.flag(
                      "enabled", true, "Whether lines that repeat themselves are left out.");
              var tick =
                  fields
                      .duration("tick", Duration.ofSeconds(10), "The interval of counting.")
                      .check(t -> t.isPositive(), "must be positive");
              var initial =
                  fields
                      .whole(
                          "initial",
                          10,
                          "How many lines of one message an interval writes at first.")
                      .check(n -> n >= 0, "must not be negative");
              var thereafter =
                  fields
                      .whole(
                          "thereafter",
                          100,
                          "After those, each how many-th line is written; 0: none.")
                      .check(n -> n >= 0, "must not be negative");
              return values ->
                  new Sampling(
                      values.get(enabled),
                      values.get(tick),
                      values.get(initial),
                      values.get(thereafter));
            });
  }

  /** The keys. */
  public static final Schema<LogsConfig> SCHEMA =
      Schema.define(
          fields -> {
            var level =
                fields.choice(
                    "level", Level.class, Level.INFO, "The least severe lines that are written.");
            var encoding =
                fields.choice(
                    "encoding",
                    Encoding.class,
                    Encoding.CONSOLE,
                    "console for people, json for machines.");
            var caller =
                fields.flag("disable_caller", false, "Leaves out where a line comes from.");
            var stacktrace =
                fields.flag("disable_stacktrace", false, "Leaves out the stacks of exceptions.");
            var zapResource =
                fields.flag("disable_zap_resource", false, "Leaves out the resource on each line.");
            var development =
                fields.flag("development", false, "Writes the stacks of warnings too.");
            var sampling =
                fields.section(
                    "sampling", Sampling.SCHEMA, "What is left out when a line repeats itself.");
            var outputs =
                fields.texts(
                    "output_paths", List.of("stderr"), "Where lines go: stderr, stdout or files.");
            var errors =
                fields.texts(
                    "error_output_paths",
                    List.of("stderr"),
                    "Where errors of logging itself go: stderr, stdout or files.");
            var initial = fields.textMap("initial_fields", "Fields on each line.");
            var processors =
                fields.sections("processors", LogProcessor.SCHEMA, "Where lines are sent besides.");
            return values ->
                new LogsConfig(
                    values.get(level),
                    values.get(encoding),
                    values.get(caller),
                    values.get(stacktrace),
                    values.get(zapResource),
                    values.get(development),
                    values.get(sampling),
                    values.get(outputs),
                    values.get(errors),
                    values.get(initial),
                    values.get(processors));
          });

  /** Copies lists and map. */
  public LogsConfig {
    outputPaths = List.copyOf(outputPaths);
    errorOutputPaths = List.copyOf(errorOutputPaths);
    initialFields = Map.copyOf(initialFields);
    processors = List.copyOf(processors);
  }
}
