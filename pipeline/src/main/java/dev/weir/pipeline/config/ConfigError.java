package dev.weir.pipeline.config;

/**
 * One thing that is wrong in the configuration, said so that a person can mend it.
 *
 * @param location where
 * @param path the YAML path, {@code exporters::prometheus::endpoint}; empty for the top
 * @param message what is wrong and what was expected; never the value of a secret
 * @param excerpt the line of the source with a caret below it; empty where there is none to show
 */
public record ConfigError(Location location, String path, String message, String excerpt) {

  /** Returns the error in one line: {@code config.yaml:14:7: exporters::debug: unknown key ...}. */
  @Override
  public String toString() {
    return line(location, path, message);
  }

  /** Returns the error for a terminal: the line, and below it the source with a caret. */
  public String render() {
    return excerpt.isEmpty() ? toString() : this + "\n" + excerpt;
  }

  static String line(Location location, String path, String message) {
    StringBuilder line = new StringBuilder();
    if (!location.file().isEmpty()) {
      line.append(location).append(": ");
    }
    if (!path.isEmpty()) {
      line.append(path).append(": ");
    }
    return line.append(message).toString();
  }
}
