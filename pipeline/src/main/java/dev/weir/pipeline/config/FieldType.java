package dev.weir.pipeline.config;

import dev.weir.pipeline.config.ConfigNode.Entry;
import dev.weir.pipeline.config.ConfigNode.ListNode;
import dev.weir.pipeline.config.ConfigNode.MapNode;
import dev.weir.pipeline.config.ConfigNode.NullNode;
import dev.weir.pipeline.config.ConfigNode.ScalarNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The type of a config key: what YAML it accepts and what Java value comes of it.
 *
 * <p>Nothing (YAML's null) keeps the default, as in the Collector; nothing that came of an unset
 * {@code ${env:NAME}} becomes the zero of a scalar type instead, also as in the Collector.
 *
 * @param <T> the Java type
 */
sealed interface FieldType<T extends @Nullable Object> {
  /**
   * A decoded value.
   *
   * @param value the Java value
   * @param effective what the configuration says with all defaults written out
   */
  record Decoded<T extends @Nullable Object>(T value, ConfigNode effective) {}

  /** Returns the value of a node, or null after having reported what is wrong with it. */
  @Nullable Decoded<T> decode(ConfigNode node, T defaultValue, Place place);

  /** Returns the value of an absent key; null after having reported that it must not be absent. */
  default @Nullable Decoded<T> absent(T defaultValue, Place place, Location section) {
    return new Decoded<>(defaultValue, show(defaultValue, place.secret()));
  }

  /** Returns how a value is written. */
  ConfigNode show(T value, boolean secret);

  /** Returns the word for the type in a table of keys. */
  String word();

  /** Returns the schema of the sections in a value of this type, or null if it has none. */
  static @Nullable Schema<?> nested(FieldType<?> type) {
    return switch (type) {
      case Section<?> section -> section.schema();
      case OptionalSection<?> section -> section.schema();
      case Many<?> many -> nested(many.element());
      case Named<?> named -> nested(named.element());
      default -> null;
    };
  }

  /** Any scalar, in its original text. */
  record Text() implements FieldType<String> {
    @Override
    public @Nullable Decoded<String> decode(ConfigNode node, String defaultValue, Place place) {
      String value =
          switch (node) {
            case ScalarNode scalar -> scalar.text();
            case NullNode nothing -> nothing.expanded() ? "" : defaultValue;
            case MapNode map -> map.original();
            case ListNode list -> list.original();
          };
      if (value == null) {
        place.expected(node, "a string");
        return null;
      }
      return new Decoded<>(value, show(value, place.secret()));
    }

    @Override
    public ConfigNode show(String value, boolean secret) {
      return new ScalarNode(value, value, Location.NONE, secret);
    }

    @Override
    public String word() {
      return "string";
    }
  }

  /** A whole number. */
  record Whole() implements FieldType<Long> {
    @Override
    public @Nullable Decoded<Long> decode(ConfigNode node, Long defaultValue, Place place) {
      if (node instanceof NullNode nothing) {
        long value = nothing.expanded() ? 0 : defaultValue;
        return new Decoded<>(value, show(value, place.secret()));
      }
      if (node instanceof ScalarNode scalar) {
        if (scalar.value() instanceof Long value) {
          return new Decoded<>(value, show(value, place.secret()));
        }
        if (scalar.value() instanceof Double real && real == Math.rint(real) && fits(real)) {
          long value = real.longValue(); // 1e6 is a whole number too
          return new Decoded<>(value, show(value, place.secret()));
        }
        if (scalar.value() instanceof BigInteger) {
          place.expected(node, "a whole number of at most 64 bits");
          return null;
        }
      }
      place.expected(node, "a whole number");
      return null;
    }

    private static boolean fits(double value) {
      return Math.abs(value) < 0x1p63;
    }

    @Override
    public ConfigNode show(Long value, boolean secret) {
      return new ScalarNode(Long.toString(value), value, Location.NONE, secret);
    }

    @Override
    public String word() {
      return "int";
    }
  }

  /** A number. */
  record Real() implements FieldType<Double> {
    @Override
    public @Nullable Decoded<Double> decode(ConfigNode node, Double defaultValue, Place place) {
      if (node instanceof NullNode nothing) {
        double value = nothing.expanded() ? 0 : defaultValue;
        return new Decoded<>(value, show(value, place.secret()));
      }
      if (node instanceof ScalarNode scalar && scalar.value() instanceof Number number) {
        double value = number.doubleValue();
        return new Decoded<>(value, show(value, place.secret()));
      }
      place.expected(node, "a number");
      return null;
    }

    @Override
    public ConfigNode show(Double value, boolean secret) {
      return new ScalarNode(text(value), value, Location.NONE, secret);
    }

    private static String text(double value) {
      if (Double.isNaN(value)) {
        return ".nan";
      }
      if (Double.isInfinite(value)) {
        return value > 0 ? ".inf" : "-.inf";
      }
      if (value == 0) {
        return "0";
      }
      BigDecimal decimal = BigDecimal.valueOf(value).stripTrailingZeros();
      boolean readable = Math.abs(value) >= 1e-7 && Math.abs(value) < 1e15;
      return readable ? decimal.toPlainString() : decimal.toString();
    }

    @Override
    public String word() {
      return "float";
    }
  }

  /** true or false. */
  record Flag() implements FieldType<Boolean> {
    @Override
    public @Nullable Decoded<Boolean> decode(ConfigNode node, Boolean defaultValue, Place place) {
      if (node instanceof NullNode nothing) {
        boolean value = !nothing.expanded() && defaultValue;
        return new Decoded<>(value, show(value, place.secret()));
      }
      if (node instanceof ScalarNode scalar && scalar.value() instanceof Boolean value) {
        return new Decoded<>(value, show(value, place.secret()));
      }
      place.expected(node, "true or false");
      return null;
    }

    @Override
    public ConfigNode show(Boolean value, boolean secret) {
      return new ScalarNode(Boolean.toString(value), value, Location.NONE, secret);
    }

    @Override
    public String word() {
      return "bool";
    }
  }

  /** Go's notation: {@code 1h30m}, {@code 250ms}. */
  record Span() implements FieldType<Duration> {
    @Override
    public @Nullable Decoded<Duration> decode(ConfigNode node, Duration defaultValue, Place place) {
      switch (node) {
        case NullNode nothing -> {
          return decoded(nothing.expanded() ? Duration.ZERO : defaultValue, place);
        }
        case ScalarNode scalar when scalar.value() instanceof Long nanos -> {
          if (nanos != 0) {
            place
                .findings()
                .warn(
                    node.location(),
                    place.path(),
                    "a duration without a unit counts nanoseconds: write one, such as 5s or 250ms");
          }
          return decoded(Duration.ofNanos(nanos), place);
        }
        case ScalarNode scalar when scalar.value() instanceof String text -> {
          try {
            return decoded(GoDuration.parse(text), place);
          } catch (IllegalArgumentException e) {
            place.error(
                node.location(),
                "expected a duration such as 1h30m, 10s or 250ms, got "
                    + place.shown(node)
                    + ": "
                    + e.getMessage());
            return null;
          }
        }
        default -> {
          place.expected(node, "a duration such as 1h30m, 10s or 250ms");
          return null;
        }
      }
    }

    private Decoded<Duration> decoded(Duration value, Place place) {
      return new Decoded<>(value, show(value, place.secret()));
    }

    @Override
    public ConfigNode show(Duration value, boolean secret) {
      String text = GoDuration.format(value);
      return new ScalarNode(text, text, Location.NONE, secret);
    }

    @Override
    public String word() {
      return "duration";
    }
  }

  /** One of an enum's names, in lower case. */
  record Choice<E extends Enum<E>>(Class<E> type) implements FieldType<E> {
    @Override
    public @Nullable Decoded<E> decode(ConfigNode node, E defaultValue, Place place) {
      if (node instanceof NullNode) {
        return new Decoded<>(defaultValue, show(defaultValue, place.secret()));
      }
      List<String> names = names();
      if (node instanceof ScalarNode scalar) {
        // The Collector takes its enums in any case too ("Detailed" is what it prints).
        int at = names.indexOf(scalar.text().toLowerCase(Locale.ROOT));
        if (at >= 0) {
          E value = type.getEnumConstants()[at];
          return new Decoded<>(value, show(value, place.secret()));
        }
        String meant =
            place.secret()
                ? ""
                : Nearest.to(scalar.text(), names)
                    .map(name -> " (did you mean \"" + name + "\"?)")
                    .orElse("");
        place.error(node.location(), "expected " + word() + ", got " + place.shown(node) + meant);
        return null;
      }
      place.expected(node, word());
      return null;
    }

    private List<String> names() {
      return Arrays.stream(type.getEnumConstants()).map(Choice::name).toList();
    }

    private static String name(Enum<?> constant) {
      return constant.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public ConfigNode show(E value, boolean secret) {
      return new ScalarNode(name(value), name(value), Location.NONE, secret);
    }

    @Override
    public String word() {
      List<String> names = names();
      return names.size() < 2
          ? String.join("", names)
          : String.join(", ", names.subList(0, names.size() - 1)) + " or " + names.getLast();
    }
  }

  /**
   * A list of values.
   *
   * @param zero what a null element becomes
   */
  record Many<T>(FieldType<T> element, T zero) implements FieldType<List<T>> {
    @Override
    public @Nullable Decoded<List<T>> decode(ConfigNode node, List<T> defaultValue, Place place) {
      List<ConfigNode> elements;
      switch (node) {
        case NullNode nothing -> {
          return new Decoded<>(defaultValue, show(defaultValue, place.secret()));
        }
        case ListNode list -> elements = list.elements();
        case ScalarNode scalar
            when element instanceof Text && scalar.value() instanceof String text ->
            elements = split(text, scalar.location());
        default -> {
          place.expected(node, "a list");
          return null;
        }
      }
      List<T> values = new ArrayList<>();
      List<ConfigNode> effective = new ArrayList<>();
      for (int i = 0; i < elements.size(); i++) {
        Decoded<T> decoded = element.decode(elements.get(i), zero, place.at(i));
        if (decoded != null) {
          values.add(decoded.value());
          effective.add(decoded.effective());
        }
      }
      return values.size() < elements.size()
          ? null
          : new Decoded<>(List.copyOf(values), new ListNode(effective, Location.NONE, null));
    }

    /** The one weak cast that the Collector has kept: a string is a list with commas. */
    private static List<ConfigNode> split(String text, Location at) {
      List<ConfigNode> elements = new ArrayList<>();
      if (!text.isEmpty()) {
        for (String each : text.split(",", -1)) {
          elements.add(new ScalarNode(each, each, at, false));
        }
      }
      return elements;
    }

    @Override
    public ConfigNode show(List<T> value, boolean secret) {
      return new ListNode(
          value.stream().map(each -> element.show(each, secret)).toList(), Location.NONE, null);
    }

    @Override
    public String word() {
      return element instanceof Section<?> ? "list of sections" : "list of " + element.word() + "s";
    }
  }

  /**
   * A map from names to values.
   *
   * @param zero what a null value becomes
   */
  record Named<T>(FieldType<T> element, T zero) implements FieldType<Map<String, T>> {
    @Override
    public @Nullable Decoded<Map<String, T>> decode(
        ConfigNode node, Map<String, T> defaultValue, Place place) {
      if (node instanceof NullNode) {
        return new Decoded<>(defaultValue, show(defaultValue, place.secret()));
      }
      if (!(node instanceof MapNode map)) {
        place.expected(node, "a map");
        return null;
      }
      Map<String, T> values = new LinkedHashMap<>();
      Map<String, Entry> effective = new LinkedHashMap<>();
      map.entries()
          .forEach(
              (key, entry) -> {
                Decoded<T> decoded = element.decode(entry.value(), zero, place.at(key));
                if (decoded != null) {
                  values.put(key, decoded.value());
                  effective.put(key, new Entry(entry.keyLocation(), decoded.effective()));
                }
              });
      return values.size() < map.entries().size()
          ? null
          : new Decoded<>(
              Collections.unmodifiableMap(values), new MapNode(effective, Location.NONE, null));
    }

    @Override
    public ConfigNode show(Map<String, T> value, boolean secret) {
      Map<String, Entry> entries = new LinkedHashMap<>();
      value.forEach(
          (key, each) -> entries.put(key, new Entry(Location.NONE, element.show(each, secret))));
      return new MapNode(entries, Location.NONE, null);
    }

    @Override
    public String word() {
      return element instanceof Section<?> ? "map of sections" : "map of " + element.word() + "s";
    }
  }

  /** A section with its own schema, always there. */
  record Section<S>(Schema<S> schema) implements FieldType<S> {
    @Override
    public @Nullable Decoded<S> decode(ConfigNode node, S defaultValue, Place place) {
      return schema.decode(node, place);
    }

    @Override
    public @Nullable Decoded<S> absent(S defaultValue, Place place, Location section) {
      return schema.decode(new NullNode(section, false), place);
    }

    /** Shows the defaults: a section is never shown but as it was decoded, or absent. */
    @Override
    public ConfigNode show(S value, boolean secret) {
      return schema.showDefaults(secret);
    }

    @Override
    public String word() {
      return "section";
    }
  }

  /**
   * A section with its own schema that may be off, which is null: off unless the key is there (a
   * null body counts as there), or {@code onByDefault}. {@code enabled: false} turns it off.
   */
  record OptionalSection<S>(Schema<S> schema, boolean onByDefault)
      implements FieldType<@Nullable S> {
    private static final String ENABLED = "enabled";

    @Override
    public @Nullable Decoded<@Nullable S> decode(
        ConfigNode node, @Nullable S defaultValue, Place place) {
      if (!(node instanceof MapNode map) || schema.hasKey(ENABLED)) {
        return on(node, place);
      }
      Entry enabled = map.entries().get(ENABLED);
      if (enabled == null) {
        return on(node, place);
      }
      if (!(enabled.value() instanceof ScalarNode scalar
          && scalar.value() instanceof Boolean isOn)) {
        place.at(ENABLED).expected(enabled.value(), "true or false");
        return null;
      }
      if (!isOn) {
        return off();
      }
      Map<String, Entry> rest = new LinkedHashMap<>(map.entries());
      rest.remove(ENABLED);
      return on(new MapNode(rest, map.location(), null), place);
    }

    @Override
    public @Nullable Decoded<@Nullable S> absent(
        @Nullable S defaultValue, Place place, Location section) {
      return onByDefault ? on(new NullNode(section, false), place) : off();
    }

    private @Nullable Decoded<@Nullable S> on(ConfigNode body, Place place) {
      Decoded<S> decoded = schema.decode(body, place);
      return decoded == null ? null : new Decoded<>(decoded.value(), decoded.effective());
    }

    private Decoded<@Nullable S> off() {
      return new Decoded<>(null, show(null, false));
    }

    @Override
    public ConfigNode show(@Nullable S value, boolean secret) {
      if (value != null) {
        return schema.showDefaults(secret);
      }
      // Nothing would mean on: what is written must mean the same when it is loaded again.
      return new MapNode(
          Map.of(
              ENABLED,
              new Entry(Location.NONE, new ScalarNode("false", false, Location.NONE, false))),
          Location.NONE,
          null);
    }

    @Override
    public String word() {
      return "section";
    }
  }
}
