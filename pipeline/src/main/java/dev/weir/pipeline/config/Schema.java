package dev.weir.pipeline.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

  List<Rule<C>> rules() {
    return rules;
  }

  C make(Values values) {
    return maker.apply(values);
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
      return add(key, new FieldType.Many<>(new FieldType.Text()), defaultValue, doc);
    }

    /** A list of whole numbers. */
    public Field<List<Long>> wholes(String key, List<Long> defaultValue, String doc) {
      return add(key, new FieldType.Many<>(new FieldType.Whole()), defaultValue, doc);
    }

    /** A list of numbers. */
    public Field<List<Double>> reals(String key, List<Double> defaultValue, String doc) {
      return add(key, new FieldType.Many<>(new FieldType.Real()), defaultValue, doc);
    }

    /** A map from names to strings. */
    public Field<Map<String, String>> textMap(String key, String doc) {
      return add(key, new FieldType.Named<>(new FieldType.Text()), Map.of(), doc);
    }

    /** A section that is always there; absent means all defaults. */
    public <S> Field<S> section(String key, Schema<S> schema, String doc) {
      return add(key, new FieldType.Section<>(schema), schema.defaults(), doc);
    }

    /** A section that may be absent, which is null; a null body means all defaults. */
    public <S> Field<@Nullable S> optionalSection(String key, Schema<S> schema, String doc) {
      return add(key, new FieldType.OptionalSection<>(schema), null, doc);
    }

    /** A list of sections. */
    public <S> Field<List<S>> sections(String key, Schema<S> schema, String doc) {
      return add(key, new FieldType.Many<>(new FieldType.Section<>(schema)), List.of(), doc);
    }

    /** A map from names to sections. */
    public <S> Field<Map<String, S>> sectionMap(String key, Schema<S> schema, String doc) {
      return add(key, new FieldType.Named<>(new FieldType.Section<>(schema)), Map.of(), doc);
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
