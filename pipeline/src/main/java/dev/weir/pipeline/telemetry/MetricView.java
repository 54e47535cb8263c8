package dev.weir.pipeline.telemetry;

import dev.weir.pipeline.config.Schema;
import io.opentelemetry.sdk.metrics.Aggregation;
import io.opentelemetry.sdk.metrics.Base2ExponentialHistogramOptions;
import io.opentelemetry.sdk.metrics.ExplicitBucketHistogramOptions;
import io.opentelemetry.sdk.metrics.InstrumentSelector;
import io.opentelemetry.sdk.metrics.InstrumentSelectorBuilder;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.SdkMeterProviderBuilder;
import io.opentelemetry.sdk.metrics.View;
import io.opentelemetry.sdk.metrics.ViewBuilder;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One of {@code service::telemetry::metrics::views}: changes what becomes of some own metrics.
 *
 * @param selector which ones
 * @param stream what becomes of them
 */
public record MetricView(Selector selector, Change stream) {
  static final Schema<MetricView> SCHEMA =
      Schema.define(
          fields -> {
            var selector = fields.section("selector", Selector.SCHEMA, "Which metrics are meant.");
            var stream = fields.section("stream", Change.SCHEMA, "What becomes of them.");
            fields.rule(
                view ->
                    !view.stream().name().isEmpty()
                            && view.selector().instrumentName().matches(".*[*?].*")
                        ? List.of("stream::name cannot be given to all that a pattern matches")
                        : List.of());
            return values -> new MetricView(values.get(selector), values.get(stream));
          });

  /** Which metrics are meant: all that is given must hold; empty holds always. */
  public record Selector(
      String instrumentName,
      String instrumentType,
      String unit,
      String meterName,
      String meterVersion,
      String meterSchemaUrl) {
    private static final List<String> TYPES =
        Arrays.stream(InstrumentType.values())
            .map(type -> type.name().toLowerCase(Locale.ROOT))
            .toList();
    static final Schema<Selector> SCHEMA =
        Schema.define(
            fields -> {
              var name = fields.text("instrument_name", "", "The name; may contain * and ?.");
              var type =
                  fields
                      .text("instrument_type", "", "One of " + String.join(", ", TYPES) + ".")
                      .check(
                          t -> t.isEmpty() || TYPES.contains(t),
                          "must be one of " + String.join(", ", TYPES));
              var unit = fields.text("unit", "", "The unit.");
              var meter = fields.text("meter_name", "", "The name of the scope.");
              var version = fields.text("meter_version", "", "The version of the scope.");
              var url = fields.text("meter_schema_url", "", "The schema URL of the scope.");
              fields.rule(
                  selector ->
                      selector.given().allMatch(String::isEmpty)
                          ? List.of(
                              "must say which metrics are meant: all of them is \"instrument_name: '*'\"")
                          : List.of());
              return values ->
                  new Selector(
                      values.get(name),
                      values.get(type),
                      values.get(unit),
                      values.get(meter),
                      values.get(version),
                      values.get(url));
            });

    private Stream<String> given() {
      return Stream.of(
          instrumentName, instrumentType, unit, meterName, meterVersion, meterSchemaUrl);
    }

    private InstrumentSelector toSdk() {
      InstrumentSelectorBuilder builder = InstrumentSelector.builder();
      if (!instrumentName.isEmpty()) {
        builder.setName(instrumentName);
      }
      if (!instrumentType.isEmpty()) {
        builder.setType(InstrumentType.valueOf(instrumentType.toUpperCase(Locale.ROOT)));
      }
      if (!unit.isEmpty()) {
        builder.setUnit(unit);
      }
      if (!meterName.isEmpty()) {
        builder.setMeterName(meterName);
      }
      if (!meterVersion.isEmpty()) {
        builder.setMeterVersion(meterVersion);
      }
      if (!meterSchemaUrl.isEmpty()) {
        builder.setMeterSchemaUrl(meterSchemaUrl);
      }
      return builder.build();
    }
  }

  /**
   * What becomes of a metric.
   *
   * @param name its new name, or empty
   * @param description its new description, or empty
   * @param aggregation how values are put together
   * @param attributeKeys which attributes stay
   * @param cardinalityLimit how many series it may have; 0 for the SDK's default
   */
  public record Change(
      String name,
      String description,
      Combine aggregation,
      AttributeKeys attributeKeys,
      long cardinalityLimit) {
    static final Schema<Change> SCHEMA =
        Schema.define(
            fields -> {
              var name = fields.text("name", "", "Its new name.");
              var description = fields.text("description", "", "Its new description.");
              var aggregation =
                  fields.section("aggregation", Combine.SCHEMA, "How values are put together.");
              var keys =
                  fields.section("attribute_keys", AttributeKeys.SCHEMA, "Which attributes stay.");
              var limit =
                  fields
                      .whole(
                          "aggregation_cardinality_limit",
                          0,
                          "How many series it may have; 0: 2000.")
                      .check(n -> n >= 0 && n <= 1 << 20, "must be from 0 to 1048576");
              return values ->
                  new Change(
                      values.get(name),
                      values.get(description),
                      values.get(aggregation),
                      values.get(keys),
                      values.get(limit));
            });

    private View toSdk() {
      ViewBuilder builder = View.builder().setAggregation(aggregation.toSdk());
      if (!name.isEmpty()) {
        builder.setName(name);
      }
      if (!description.isEmpty()) {
        builder.setDescription(description);
      }
      if (!attributeKeys.included().isEmpty() || !attributeKeys.excluded().isEmpty()) {
        builder.setAttributeFilter(attributeKeys.filter());
      }
      if (cardinalityLimit > 0) {
        builder.setCardinalityLimit((int) cardinalityLimit);
      }
      return builder.build();
    }
  }

  /** Which attributes stay: those included (all, if none is), but for those excluded. */
  public record AttributeKeys(List<String> included, List<String> excluded) {
    static final Schema<AttributeKeys> SCHEMA =
        Schema.define(
            fields -> {
              var included =
                  fields.texts(
                      "included", List.of(), "Only these; may contain * and ?. None given: all.");
              var excluded = fields.texts("excluded", List.of(), "Not these; may contain * and ?.");
              return values -> new AttributeKeys(values.get(included), values.get(excluded));
            });

    /** Copies the lists. */
    public AttributeKeys {
      included = List.copyOf(included);
      excluded = List.copyOf(excluded);
    }

    private Predicate<String> filter() {
      Predicate<String> in = included.isEmpty() ? key -> true : any(included);
      return in.and(any(excluded).negate());
    }

    private static Predicate<String> any(List<String> patterns) {
      List<Pattern> compiled = patterns.stream().map(AttributeKeys::pattern).toList();
      return key -> compiled.stream().anyMatch(pattern -> pattern.matcher(key).matches());
    }

    private static Pattern pattern(String wildcards) {
      StringBuilder regex = new StringBuilder();
      for (int i = 0; i < wildcards.length(); i++) {
        char c = wildcards.charAt(i);
        regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
      }
      return Pattern.compile(regex.toString());
    }
  }

  /** How values are put together: at most one of these. */
  public record Combine(
      @Nullable Nothing byDefault,
      @Nullable Nothing drop,
      @Nullable Nothing sum,
      @Nullable Nothing lastValue,
      @Nullable Buckets explicit,
      @Nullable Exponential exponential) {
    static final Schema<Combine> SCHEMA =
        Schema.define(
            fields -> {
              Schema<Nothing> nothing = Schema.empty(new Nothing());
              var byDefault = fields.optionalSection("default", nothing, "As without the view.");
              var drop = fields.optionalSection("drop", nothing, "Not at all.");
              var sum = fields.optionalSection("sum", nothing, "Their sum.");
              var last = fields.optionalSection("last_value", nothing, "The last one.");
              var explicit =
                  fields.optionalSection(
                      "explicit_bucket_histogram",
                      Buckets.SCHEMA,
                      "A histogram with these bounds.");
              var exponential =
                  fields.optionalSection(
                      "base2_exponential_bucket_histogram",
                      Exponential.SCHEMA,
                      "An exponential histogram.");
              fields.rule(
                  combine ->
                      combine.given() > 1
                          ? List.of("must have at most one kind of aggregation")
                          : List.of());
              return values ->
                  new Combine(
                      values.get(byDefault),
                      values.get(drop),
                      values.get(sum),
                      values.get(last),
                      values.get(explicit),
                      values.get(exponential));
            });

    private long given() {
      return Stream.of(byDefault, drop, sum, lastValue, explicit, exponential)
          .filter(each -> each != null)
          .count();
    }

    private Aggregation toSdk() {
      if (drop != null) {
        return Aggregation.drop();
      }
      if (sum != null) {
        return Aggregation.sum();
      }
      if (lastValue != null) {
        return Aggregation.lastValue();
      }
      if (explicit != null) {
        return Aggregation.explicitBucketHistogram(
            ExplicitBucketHistogramOptions.builder()
                .setBucketBoundaries(explicit.boundaries())
                .setRecordMinMax(explicit.recordMinMax())
                .build());
      }
      if (exponential != null) {
        return Aggregation.base2ExponentialBucketHistogram(
            Base2ExponentialHistogramOptions.builder()
                .setMaxBuckets((int) exponential.maxSize())
                .setMaxScale((int) exponential.maxScale())
                .setRecordMinMax(exponential.recordMinMax())
                .build());
      }
      return Aggregation.defaultAggregation();
    }
  }

  /** There is nothing to set. */
  public record Nothing() {}

  /** Bounds of buckets. */
  public record Buckets(List<Double> boundaries, boolean recordMinMax) {
    private static final List<Double> BOUNDS =
        List.of(
            0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0,
            7500.0, 10000.0);
    static final Schema<Buckets> SCHEMA =
        Schema.define(
            fields -> {
              var bounds =
                  fields
                      .reals("boundaries", BOUNDS, "The upper bounds, from the lowest.")
                      .check(Buckets::rises, "must rise from each to the next");
              var minMax = fields.flag("record_min_max", true, "Keeps the extremes too.");
              return values -> new Buckets(values.get(bounds), values.get(minMax));
            });

    /** Copies the list. */
    public Buckets {
      boundaries = List.copyOf(boundaries);
    }

    private static boolean rises(List<Double> bounds) {
      for (int i = 1; i < bounds.size(); i++) {
        if (!(bounds.get(i - 1) < bounds.get(i))) {
          return false;
        }
      }
      return true;
    }
  }

  /** An exponential histogram. */
  public record Exponential(long maxScale, long maxSize, boolean recordMinMax) {
    static final Schema<Exponential> SCHEMA =
        Schema.define(
            fields -> {
              var scale =
                  fields
                      .whole("max_scale", 20, "The finest resolution.")
                      .check(n -> n >= -10 && n <= 20, "must be from -10 to 20");
              var size =
                  fields
                      .whole("max_size", 160, "How many buckets there are on each side of 0.")
                      .check(n -> n >= 2 && n <= 16_384, "must be from 2 to 16384");
              var minMax = fields.flag("record_min_max", true, "Keeps the extremes too.");
              return values ->
                  new Exponential(values.get(scale), values.get(size), values.get(minMax));
            });
  }

  /** Adds it to a provider that is being built. */
  void addTo(SdkMeterProviderBuilder provider) {
    provider.registerView(selector.toSdk(), stream.toSdk());
  }
}
