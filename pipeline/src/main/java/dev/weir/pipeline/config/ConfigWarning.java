package dev.weir.pipeline.config;

import org.slf4j.event.Level;

/**
 * Something in a valid configuration that the user should hear of.
 *
 * @param level {@code WARN}, or {@code INFO} for what is probably meant
 * @param location where
 * @param path the YAML path; empty for the top
 * @param message what, in one line
 */
public record ConfigWarning(Level level, Location location, String path, String message) {

  /** Returns the warning in one line, with place and path. */
  @Override
  public String toString() {
    return ConfigError.line(location, path, message);
  }
}
