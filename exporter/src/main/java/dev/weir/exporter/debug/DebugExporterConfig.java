package dev.weir.exporter.debug;

import dev.weir.pipeline.config.Schema;
import java.util.List;

/**
 * The keys of exporter {@code debug}, as the Collector names them (collector.md 2.6).
 *
 * @param verbosity how much is written
 * @param samplingInitial messages of one text in one second before sampling begins
 * @param samplingThereafter after those, every n-th message is written; 0 writes none
 * @param useInternalLogger whether the agent's own log carries the text
 * @param outputPaths where else it goes: {@code stdout}, {@code stderr} or files
 */
public record DebugExporterConfig(
    Verbosity verbosity,
    long samplingInitial,
    long samplingThereafter,
    boolean useInternalLogger,
    List<String> outputPaths) {

  /** How much is written of each batch. */
  public enum Verbosity {
    /** One line a batch. */
    BASIC,
    /** One line an item too. */
    NORMAL,
    /** Every field of every item too. */
    DETAILED
  }

  private static final List<String> STDOUT = List.of("stdout");

  /** Declares the keys. */
  static final Schema<DebugExporterConfig> SCHEMA =
      Schema.define(
          fields -> {
            var verbosity =
                fields.choice(
                    "verbosity",
                    Verbosity.class,
                    Verbosity.BASIC,
                    "`basic`: one line a batch; `normal`: about one line an item too; `detailed`:"
                        + " every field of every item too.");
            var initial =
                fields
                    .whole(
                        "sampling_initial",
                        2,
                        "Messages of one text that are written in each second before sampling"
                            + " begins.")
                    .check(n -> n >= 0, "must not be negative");
            var thereafter =
                fields
                    .whole(
                        "sampling_thereafter",
                        1,
                        "After those, every n-th message is written: 1 writes all, 0 none.")
                    .check(n -> n >= 0, "must not be negative");
            var internal =
                fields.flag(
                    "use_internal_logger",
                    true,
                    "Whether the text goes through the agent's own log (level info).");
            var paths =
                fields.texts(
                    "output_paths",
                    STDOUT,
                    "Where the text goes without `use_internal_logger`: `stdout`, `stderr` or"
                        + " names of files, which are appended to.");
            fields.rule(DebugExporterConfig::errors);
            return values ->
                new DebugExporterConfig(
                    values.get(verbosity),
                    values.get(initial),
                    values.get(thereafter),
                    values.get(internal),
                    values.get(paths));
          });

  /** Copies the list of paths. */
  public DebugExporterConfig {
    outputPaths = List.copyOf(outputPaths);
  }

  private List<String> errors() {
    if (useInternalLogger && !outputPaths.equals(STDOUT)) {
      return List.of("output_paths is not supported when use_internal_logger is true");
    }
    if (!useInternalLogger && outputPaths.isEmpty()) {
      return List.of("output_paths must not be empty when use_internal_logger is false");
    }
    return List.of();
  }
}
