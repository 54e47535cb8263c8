package dev.weir.pipeline.config;

import dev.weir.pipeline.config.ConfigNode.Entry;
import dev.weir.pipeline.config.ConfigNode.MapNode;
import dev.weir.pipeline.config.ConfigNode.NullNode;
import dev.weir.pipeline.config.ConfigNode.ScalarNode;
import dev.weir.pipeline.config.FieldType.Decoded;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What may stand in one section of the config file, declared once.
 *
 * <pre>{@code
 * record DebugConfig(Verbosity verbosity, long samplingInitial) {
 *   static final Schema<DebugConfig> SCHEMA =
 *       Schema.define(
 *           fields -> {
 *             var verbosity =
 *                 fields.choice("verbosity", Verbosity.class, Verbosity.BASIC, "How much is written.");
 *             var initial =
 *                 fields
 *                     .whole("sampling_initial", 2, "Messages a second before sampling begins.")
 *                     .check(n -> n >= 0, "must not be negative");
 *             return values -> new DebugConfig(values.get(verbosity), values.get(initial));
 *           });
 * }
 * }</pre>
 *
 * <p>Immutable once defined.
 *
 * @param <C> the config record that a section becomes
 */
public final class Schema<C> {
  /** The values of one section, by field. */
  public interface Values {
    /** Returns the decoded value, or the default. */
    <T extends @Nullable Object> T get(Field<T> field);
  }

  /** A rule over a whole section. */
  record Rule<C>(Function<C, List<String>> errors) {}

  private final List<Field<?>> fields;
  private final List<Rule<C>> rules;
  private final Function<Values, C> maker;

  private Schema(List<Field<?>> fields, List<Rule<C>> rules, Function<Values, C> maker) {
    this.fields = List.copyOf(fields);
    this.rules = List.copyOf(rules);
    this.maker = maker;
  }

  /**
   * Defines a schema: {@code definition} declares the fields and returns how a config is made of
   * them.
   */
  public static <C> Schema<C> define(Function<Fields<C>, Function<Values, C>> definition) {
    Fields<C> fields = new Fields<>();
    Function<Values, C> maker = definition.apply(fields);
    return new Schema<>(fields.declared, fields.rules, maker);
  }

  /** Returns a schema without keys, for a component that has nothing to set. */
  public static <C> Schema<C> empty(C config) {
    return define(fields -> values -> config);
  }

  /** Returns the keys, in the order of declaration. */
  public List<Field<?>> fields() {
    return fields;
  }

  /** Returns what an empty section becomes. */
  public C defaults() {
    return maker.apply(
        new Values() {
          @Override
          public <T extends @Nullable Object> T get(Field<T> field) {
            return field.defaultValue();
          }
        });
  }

  /** Returns whether this is one of the keys. */
  boolean hasKey(String key) {
    return fields.stream().anyMatch(field -> field.key().equals(key));
  }

  /** Returns the keys whose values must not be shown, those of sections within included. */
  Set<String> secretKeys() {
    Set<String> keys = new HashSet<>();
    for (Field<?> field : fields) {
      if (field.isSecret()) {
        keys.add(field.key());
      }
      Schema<?> nested = FieldType.nested(field.type());
      if (nested != null) {
        keys.addAll(nested.secretKeys());
      }
    }
    return keys;
  }

  /**
   * Returns what a section becomes, or null after having reported everything that is wrong with it.
   *
   * @param body the section; null stands for an empty one
   */
  @Nullable Decoded<C> decode(ConfigNode body, Place place) {
    Map<String, Entry> given;
    switch (body) {
      case NullNode nothing -> given = Map.of();
      case MapNode map -> given = map.entries();
      default -> {
        place.expected(body, "a map of keys");
        return null;
      }
    }
    boolean good = true;
    Set<String> meant = new HashSet<>();
    List<String> keys = fields.stream().map(Field::key).toList();
    for (Map.Entry<String, Entry> each : given.entrySet()) {
      String key = each.getKey();
      if (!keys.contains(key)) {
        Nearest.to(key, keys).ifPresent(meant::add);
        place
            .findings()
            .unknownKey(
                each.getValue().keyLocation(),
                place.path(),
                "unknown key \"" + key + "\"" + Nearest.hint(key, keys, "valid keys"));
        good = false;
      }
    }
    DecodedValues values = new DecodedValues();
    Map<String, Entry> effective = new LinkedHashMap<>();
    for (Field<?> field : fields) {
      Entry entry = given.get(field.key());
      if (entry == null && field.isRequired() && meant.contains(field.key())) {
        continue; // it is there, misspelt: said already
      }
      good &= decode(field, entry, body.location(), place, values, effective);
    }
    if (!good) {
      return null;
    }
    C config;
    try {
      config = maker.apply(values);
    } catch (IllegalArgumentException e) { // a record may hold its own conditions
      place.error(body.location(), String.valueOf(e.getMessage()));
      return null;
    }
    for (Rule<C> rule : rules) {
      for (String error : rule.errors().apply(config)) {
        good &= !place.invalid(body.location(), error);
      }
    }
    return good ? new Decoded<>(config, new MapNode(effective, body.location(), null)) : null;
  }

  private static <T extends @Nullable Object> boolean decode(
      Field<T> field,
      @Nullable Entry entry,
      Location section,
      Place place,
      DecodedValues values,
      Map<String, Entry> effective) {
    Place at = place.at(field.key()).withSecret(field.isSecret());
    Location where = section;
    Decoded<T> decoded;
    if (entry == null) {
      if (field.isRequired()) {
        place.error(section, "requires a value for \"" + field.key() + "\": " + field.doc());
        return false;
      }
      decoded = field.type().absent(field.defaultValue(), at, section);
    } else {
      where = entry.value().location();
      if (at.secret()) {
        at.findings().secret(entry.value());
      }
      if (field.deprecation() != null) {
        at.findings()
            .warn(entry.keyLocation(), at.path(), "the key is deprecated: " + field.deprecation());
      }
      if (field.isRequired() && entry.value() instanceof NullNode) {
        at.error(entry.keyLocation(), "requires a value: " + field.doc());
        return false;
      }
      decoded = field.type().decode(entry.value(), field.defaultValue(), at);
    }
    if (decoded == null) {
      return false;
    }
    boolean good = true;
    for (Field.Check<T> check : field.checks()) {
      if (!check.holds().test(decoded.value())) {
        ConfigNode bad = entry == null ? decoded.effective() : entry.value();
        String shown = bad instanceof ScalarNode ? ", got " + at.shown(bad) : "";
        good &= !at.invalid(where, check.otherwise() + shown);
      }
    }
    values.put(field, decoded.value());
    effective.put(field.key(), new Entry(where, decoded.effective()));
    return good;
  }

  /** Returns what an empty section says with all defaults written out. */
  ConfigNode showDefaults(boolean secret) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (Field<?> field : fields) {
      entries.put(field.key(), new Entry(Location.NONE, showDefault(field, secret)));
    }
    return new MapNode(entries, Location.NONE, null);
  }

  private static <T extends @Nullable Object> ConfigNode showDefault(
      Field<T> field, boolean secret) {
    return field.type().show(field.defaultValue(), secret || field.isSecret());
  }

  /** What has been decoded, by field. */
  private static final class DecodedValues implements Values {
    private record Cell<T extends @Nullable Object>(T value) {}

    private final IdentityHashMap<Field<?>, Cell<?>> cells = new IdentityHashMap<>();

    <T extends @Nullable Object> void put(Field<T> field, T value) {
      cells.put(field, new Cell<>(value));
    }

    @SuppressWarnings("unchecked") // put() takes only a T under a Field<T>
    @Override
    public <T extends @Nullable Object> T get(Field<T> field) {
      Cell<T> cell = (Cell<T>) cells.get(field);
      if (cell == null) {
        throw new IllegalStateException(
            "the key \"" + field.key() + "\" was not declared in this schema");
      }
      return cell.value();
    }
  }

  /**
   * Declares the keys of a schema.
   *
   * @param <C> the config record
   */
  public static final class Fields<C> {
    private final List<Field<?>> declared = new ArrayList<>();
    private final List<Rule<C>> rules = new ArrayList<>();

    private Fields() {}

    /** A string. */
    public Field<String> text(String key, String defaultValue, String doc) {
      return add(key, new FieldType.Text(), defaultValue, doc);
    }

    /** A whole number. */
    public Field<Long> whole(String key, long defaultValue, String doc) {
      return add(key, new FieldType.Whole(), defaultValue, doc);
    }

    /** A number. */
    public Field<Double> real(String key, double defaultValue, String doc) {
      return add(key, new FieldType.Real(), defaultValue, doc);
    }

    /** True or false. */
    public Field<Boolean> flag(String key, boolean defaultValue, String doc) {
      return add(key, new FieldType.Flag(), defaultValue, doc);
    }

    /** A duration in Go's notation. */
    public Field<Duration> duration(String key, Duration defaultValue, String doc) {
      return add(key, new FieldType.Span(), defaultValue, doc);
    }

    /** One of an enum's constants, written in lower case. */
    public <E extends Enum<E>> Field<E> choice(
        String key, Class<E> type, E defaultValue, String doc) {
      return add(key, new FieldType.Choice<>(type), defaultValue, doc);
    }

    /** A list of strings. */
    public Field<List<String>> texts(String key, List<String> defaultValue, String doc) {
      return add(key, new FieldType.Many<>(new FieldType.Text(), ""), defaultValue, doc);
    }

    /** A list of whole numbers. */
    public Field<List<Long>> wholes(String key, List<Long> defaultValue, String doc) {
      return add(key, new FieldType.Many<>(new FieldType.Whole(), 0L), defaultValue, doc);
    }

    /** A list of numbers. */
    public Field<List<Double>> reals(String key, List<Double> defaultValue, String doc) {
      return add(key, new FieldType.Many<>(new FieldType.Real(), 0.0), defaultValue, doc);
    }

    /** A map from names to strings. */
    public Field<Map<String, String>> textMap(String key, String doc) {
      return add(key, new FieldType.Named<>(new FieldType.Text(), ""), Map.of(), doc);
    }

    /** A section that is always there; absent means all defaults. */
    public <S> Field<S> section(String key, Schema<S> schema, String doc) {
      return add(key, new FieldType.Section<>(schema), schema.defaults(), doc);
    }

    /** A section that may be absent, which is null; a null body means all defaults. */
    public <S> Field<@Nullable S> optionalSection(String key, Schema<S> schema, String doc) {
      return add(key, new FieldType.OptionalSection<>(schema, false), null, doc);
    }

    /** A section that is there by default; {@code enabled: false} turns it off, which is null. */
    public <S> Field<@Nullable S> sectionOnByDefault(String key, Schema<S> schema, String doc) {
      return add(key, new FieldType.OptionalSection<>(schema, true), schema.defaults(), doc);
    }

    /** A list of sections. */
    public <S> Field<List<S>> sections(String key, Schema<S> schema, String doc) {
      return add(
          key,
          new FieldType.Many<>(new FieldType.Section<>(schema), schema.defaults()),
          List.of(),
          doc);
    }

    /** A map from names to sections. */
    public <S> Field<Map<String, S>> sectionMap(String key, Schema<S> schema, String doc) {
      return add(
          key,
          new FieldType.Named<>(new FieldType.Section<>(schema), schema.defaults()),
          Map.of(),
          doc);
    }

    /** Demands something of the whole section: returns one line an error, none if it is good. */
    public void rule(Function<C, List<String>> errors) {
      rules.add(new Rule<>(errors));
    }

    private <T extends @Nullable Object> Field<T> add(
        String key, FieldType<T> type, T defaultValue, String doc) {
      Field<T> field = new Field<>(key, type, defaultValue, doc);
      declared.add(field);
      return field;
    }
  }
}
