package dev.weir.pipeline.config;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What came of loading a configuration.
 *
 * @param <T> the config record of {@code service::telemetry}
 */
public sealed interface LoadResult<T> {
  /** Returns what the user should hear of besides errors. */
  List<ConfigWarning> warnings();

  /** The configuration is good. */
  record Loaded<T>(AgentConfig<T> config, List<ConfigWarning> warnings) implements LoadResult<T> {
    /** Copies the list. */
    public Loaded {
      warnings = List.copyOf(warnings);
    }
  }

  /** The configuration is bad: everything that is wrong with it, in the order of the sources. */
  record Failed<T>(List<ConfigError> errors, List<ConfigWarning> warnings)
      implements LoadResult<T> {
    /** Copies the lists. */
    public Failed {
      errors = List.copyOf(errors);
      warnings = List.copyOf(warnings);
    }

    /** Returns all errors for a terminal, one block each. */
    public String render() {
      return errors.stream().map(ConfigError::render).collect(Collectors.joining("\n"));
    }
  }
}
