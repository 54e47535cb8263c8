package dev.weir.pipeline.config;

/** One of the places that the configuration is put together from, in the order of precedence. */
public sealed interface ConfigSource {
  /**
   * A value of {@code --config}: a path, {@code file:path}, {@code yaml:text}, {@code env:NAME}, or
   * an http or https address.
   */
  record Uri(String uri) implements ConfigSource {}

  /** A value of {@code --set}: {@code a.b.c=value}. All of them come after all other sources. */
  record Assignment(String text) implements ConfigSource {}

  /** A text that is at hand, such as the built-in configuration; {@code name} goes into errors. */
  record Text(String name, String yaml) implements ConfigSource {}
}
