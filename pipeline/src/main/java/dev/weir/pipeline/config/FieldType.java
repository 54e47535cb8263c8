package dev.weir.pipeline.config;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The type of a config key: what YAML it accepts and what Java value comes of it.
 *
 * @param <T> the Java type
 */
sealed interface FieldType<T extends @Nullable Object> {
  /** Any scalar, in its original text. */
  record Text() implements FieldType<String> {}

  /** A whole number. */
  record Whole() implements FieldType<Long> {}

  /** A number. */
  record Real() implements FieldType<Double> {}

  /** true or false. */
  record Flag() implements FieldType<Boolean> {}

  /** Go's notation: {@code 1h30m}, {@code 250ms}. */
  record Span() implements FieldType<Duration> {}

  /** One of an enum's names, in lower case. */
  record Choice<E extends Enum<E>>(Class<E> type) implements FieldType<E> {}

  /** A list of values. */
  record Many<T>(FieldType<T> element) implements FieldType<List<T>> {}

  /** A map from names to values. */
  record Named<T>(FieldType<T> element) implements FieldType<Map<String, T>> {}

  /** A section with its own schema, always there. */
  record Section<S>(Schema<S> schema) implements FieldType<S> {}

  /** A section with its own schema, null unless the key is there (a null body counts as there). */
  record OptionalSection<S>(Schema<S> schema) implements FieldType<@Nullable S> {}
}
