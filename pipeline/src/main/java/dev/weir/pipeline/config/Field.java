package dev.weir.pipeline.config;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One key of a config section: name, type, default, doc line, and what a value must satisfy. Made
 * by {@link Schema.Fields}; the modifiers change it in place while the schema is being defined.
 *
 * @param <T> the Java type of its value
 */
public final class Field<T extends @Nullable Object> {
  /** What a value must satisfy, and the words for one that does not. */
  record Check<T extends @Nullable Object>(Predicate<T> holds, String otherwise) {}

  private final String key;
  private final FieldType<T> type;
  private final T defaultValue;
  private final String doc;
  private final List<Check<T>> checks = new ArrayList<>();
  private boolean required;
  private boolean secret;
  private @Nullable String deprecation;

  Field(String key, FieldType<T> type, T defaultValue, String doc) {
    this.key = key;
    this.type = type;
    this.defaultValue = defaultValue;
    this.doc = doc;
  }

  /** Makes a value obligatory: the default does not count. */
  public Field<T> required() {
    required = true;
    return this;
  }

  /** Keeps the value out of every output: it is shown as {@code [REDACTED]}. */
  public Field<T> secret() {
    secret = true;
    return this;
  }

  /** Warns who uses the key; {@code advice} says what to use instead. */
  public Field<T> deprecated(String advice) {
    deprecation = advice;
    return this;
  }

  /**
   * Demands something of a value; {@code otherwise} completes "key: ...", e.g. "must be positive".
   */
  public Field<T> check(Predicate<T> holds, String otherwise) {
    checks.add(new Check<>(holds, otherwise));
    return this;
  }

  /** Returns the key. */
  public String key() {
    return key;
  }

  /** Returns the type. */
  FieldType<T> type() {
    return type;
  }

  /** Returns the value of an absent key. */
  public T defaultValue() {
    return defaultValue;
  }

  /** Returns the doc line. */
  public String doc() {
    return doc;
  }

  /** Returns whether a value is obligatory. */
  public boolean isRequired() {
    return required;
  }

  /** Returns whether the value must not be shown. */
  public boolean isSecret() {
    return secret;
  }

  /** Returns what to use instead, or null if the key is not deprecated. */
  public @Nullable String deprecation() {
    return deprecation;
  }

  List<Check<T>> checks() {
    return checks;
  }
}
