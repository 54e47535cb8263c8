package dev.weir.pipeline.exposition;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The labels of one series as the bytes that stand between the braces, sorted by name. Made once,
 * when a series first appears, and copied into each sample of each page. Immutable.
 *
 * <p>Where a name holds characters that old parsers refuse there are two forms, one with such names
 * in quotes and one with underscores. Should two names become one through the underscores, their
 * values are joined by a semicolon, as OpenTelemetry's specification says for colliding keys.
 */
public final class Labels {
  /** No labels. */
  public static final Labels NONE = new Labels(new byte[0], new byte[0]);

  private final byte[] legacy;
  private final byte[] quoted;

  private Labels(byte[] legacy, byte[] quoted) {
    this.legacy = legacy;
    this.quoted = quoted;
  }

  /** Returns a builder without labels. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns labels from names and values in turn: for tests and for what is made once. */
  public static Labels of(String... namesAndValues) {
    Builder builder = builder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      builder.add(namesAndValues[i], namesAndValues[i + 1]);
    }
    return builder.build();
  }

  byte[] bytes(boolean utf8Names) {
    return utf8Names ? quoted : legacy;
  }

  /** Returns how many bytes of memory the rendered forms take, for limits and estimates. */
  @SuppressWarnings("ReferenceEquality") // the same array is counted once
  public int size() {
    return legacy.length + (legacy == quoted ? 0 : quoted.length);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other || (other instanceof Labels that && Arrays.equals(quoted, that.quoted));
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(quoted);
  }

  @Override
  public String toString() {
    return "{" + new String(quoted, StandardCharsets.UTF_8) + "}";
  }

  private record Pair(String name, String value) {}

  /** Collects labels. For one thread. */
  public static final class Builder {
    private final List<Pair> pairs = new ArrayList<>();

    private Builder() {}

    /** Adds a label. An empty value is written too: to Prometheus that is a label not there. */
    public Builder add(String name, String value) {
      pairs.add(new Pair(name, value));
      return this;
    }

    /** Returns a name that was added twice, or null. */
    public @Nullable String duplicate() {
      pairs.sort(Comparator.comparing(Pair::name));
      for (int i = 1; i < pairs.size(); i++) {
        if (pairs.get(i).name().equals(pairs.get(i - 1).name())) {
          return pairs.get(i).name();
        }
      }
      return null;
    }

    /**
     * Returns the labels.
     *
     * @throws IllegalArgumentException if a name was added twice: a page that holds such a series
     *     is refused whole by Prometheus
     */
    public Labels build() {
      String twice = duplicate();
      if (twice != null) {
        throw new IllegalArgumentException("duplicate label name \"" + twice + "\"");
      }
      boolean allLegacy = pairs.stream().allMatch(p -> Escaping.isLegacyLabelName(p.name()));
      byte[] quoted = render(pairs);
      return new Labels(allLegacy ? quoted : render(merged(pairs)), quoted);
    }

    private static List<Pair> merged(List<Pair> pairs) {
      List<Pair> escaped = new ArrayList<>();
      for (Pair pair : pairs) {
        escaped.add(new Pair(Escaping.legacyLabelName(pair.name()), pair.value()));
      }
      escaped.sort(Comparator.comparing(Pair::name)); // stable: joined in the order of old names
      List<Pair> out = new ArrayList<>();
      for (Pair pair : escaped) {
        if (!out.isEmpty() && out.getLast().name().equals(pair.name())) {
          Pair before = out.removeLast();
          out.add(new Pair(pair.name(), before.value() + ";" + pair.value()));
        } else {
          out.add(pair);
        }
      }
      return out;
    }

    private static byte[] render(List<Pair> pairs) {
      StringBuilder out = new StringBuilder(pairs.size() * 32);
      for (Pair pair : pairs) {
        if (!out.isEmpty()) {
          out.append(',');
        }
        if (Escaping.isLegacyLabelName(pair.name())) {
          out.append(pair.name());
        } else {
          out.append('"').append(Escaping.escape(pair.name(), true)).append('"');
        }
        out.append("=\"").append(Escaping.escape(pair.value(), true)).append('"');
      }
      return Escaping.utf8(out.toString());
    }
  }
}
