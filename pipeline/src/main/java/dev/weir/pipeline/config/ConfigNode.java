package dev.weir.pipeline.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A piece of configuration as it was written, which knows where that was. Immutable: merging and
 * expansion make new nodes, and each part keeps the place that it came from.
 */
public sealed interface ConfigNode {
  /** Returns where it stands. */
  Location location();

  /**
   * A map.
   *
   * @param entries the keys in the order of the source
   * @param location where it begins
   * @param original the whole text, if it came out of {@code ${...}}: a string field takes that
   */
  record MapNode(Map<String, Entry> entries, Location location, @Nullable String original)
      implements ConfigNode {
    /** Copies the entries. */
    public MapNode {
      entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }
  }

  /** A value and where its key stands. */
  record Entry(Location keyLocation, ConfigNode value) {}

  /**
   * A list.
   *
   * @param elements what is in it
   * @param location where it begins
   * @param original the whole text, if it came out of {@code ${...}}: a string field takes that
   */
  record ListNode(List<ConfigNode> elements, Location location, @Nullable String original)
      implements ConfigNode {
    /** Copies the elements. */
    public ListNode {
      elements = List.copyOf(elements);
    }
  }

  /**
   * A scalar.
   *
   * @param text as it was written, without quotes
   * @param value what YAML makes of it: String, Long, java.math.BigInteger, Double or Boolean
   * @param location where it begins
   * @param secret whether it must not be shown: it came out of {@code ${...}}, which is where
   *     secrets come from, or, in an effective configuration, the key is secret
   */
  record ScalarNode(String text, Object value, Location location, boolean secret)
      implements ConfigNode {
    /** What is shown instead of a secret. */
    static final String REDACTED = "[REDACTED]";

    /** Returns the text, unless it is secret. */
    @Override
    public String toString() {
      return secret ? REDACTED : text;
    }
  }

  /**
   * Nothing.
   *
   * @param location where it would begin
   * @param expanded whether it came out of {@code ${...}}: a number is then 0, not its default
   */
  record NullNode(Location location, boolean expanded) implements ConfigNode {}
}
