package dev.weir.pdata.otlp;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.EntityRef;
import dev.weir.pdata.Exemplar;
import dev.weir.pdata.ExponentialHistogramPoints;
import dev.weir.pdata.ExponentialHistogramPoints.Buckets;
import dev.weir.pdata.HistogramPoints;
import dev.weir.pdata.Item;
import dev.weir.pdata.Key;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Metric;
import dev.weir.pdata.Metric.Temporality;
import dev.weir.pdata.NumberPoints;
import dev.weir.pdata.Points;
import dev.weir.pdata.Resource;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.Scope;
import dev.weir.pdata.ScopeItems;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Span;
import dev.weir.pdata.SummaryPoints;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Builds a batch from OTLP's JSON form. Field names are taken in both spellings (camelCase as OTLP
 * asks, snake_case as the Collector takes them too), unknown fields are skipped, IDs are
 * hexadecimal, numbers of 64 bits are text or numbers, enums are numbers or names.
 *
 * <p>Of a double attribute the last value counts, of two kinds of data the last kind. Fields that
 * only profiles use are skipped. For one thread and one message.
 */
final class JsonReader {
  private static final double[] NO_DOUBLES = new double[0];
  private static final long[] NO_LONGS = new long[0];
  private static final Value.Bytes NO_ID = Value.Bytes.of(new byte[0]);
  private static final List<String> TEMPORALITIES =
      List.of(
          "AGGREGATION_TEMPORALITY_UNSPECIFIED",
          "AGGREGATION_TEMPORALITY_DELTA",
          "AGGREGATION_TEMPORALITY_CUMULATIVE");
  private static final List<String> SPAN_KINDS =
      List.of(
          "SPAN_KIND_UNSPECIFIED",
          "SPAN_KIND_INTERNAL",
          "SPAN_KIND_SERVER",
          "SPAN_KIND_CLIENT",
          "SPAN_KIND_PRODUCER",
          "SPAN_KIND_CONSUMER");
  private static final List<String> STATUS_CODES =
      List.of("STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR");
  private static final List<String> SEVERITIES = severities();

  private final JsonInput in;
  private final AttributeStack stack = new AttributeStack();
  private final Weight weight;
  private int merges;

  JsonReader(byte[] buf, int offset, int length, Allowance allowance) {
    in = new JsonInput(buf, offset, length);
    weight = new Weight(length, Weight.JSON, allowance);
  }

  /** Goes to the next element of an array, which takes {@code bytes} of heap; false at its end. */
  private boolean element(int bytes) throws OtlpFormatException {
    if (in.element()) {
      weight.add(bytes);
      return true;
    }
    return false;
  }

  /** Notes that a field repeats and is merged, which copies what was there. */
  private void merge(String field) throws OtlpFormatException {
    if (++merges > ProtobufValidator.MAX_MERGES) {
      throw in.error(
          field, "repeats more than " + ProtobufValidator.MAX_MERGES + " times with its like");
    }
  }

  <T extends Item> Telemetry<T> read(Signal<T> signal) throws OtlpFormatException {
    Telemetry<T> batch = new Telemetry<>(signal);
    String camel =
        signal == Signal.METRICS
            ? "resourceMetrics"
            : signal == Signal.LOGS ? "resourceLogs" : "resourceSpans";
    String snake = snake(camel);
    for (String field = in.field(); field != null; field = in.field()) {
      if (field.equals(camel) || field.equals(snake)) {
        while (element(HeapCost.GROUP)) {
          batch.resources().add(group(signal));
        }
      } else {
        in.skip();
      }
    }
    in.finish();
    return batch;
  }

  // Groups ---------------------------------------------------------------------------------------

  private <T extends Item> ResourceItems<T> group(Signal<T> signal) throws OtlpFormatException {
    ResourceItems<T> group = new ResourceItems<>(Resource.EMPTY);
    List<ScopeItems<T>> deprecated = new ArrayList<>(0);
    for (String field = in.field(); field != null; field = in.field()) {
      switch (field) {
        case "resource" -> group.resource(resource(group.resource()));
        case "schemaUrl", "schema_url" -> group.schemaUrl(in.string());
        default -> {
          if (isScopes(signal, field, "scope")) {
            scopes(signal, group.scopes());
          } else if (isScopes(signal, field, "deprecatedScope")) {
            scopes(signal, deprecated);
          } else {
            in.skip();
          }
        }
      }
    }
    if (group.scopes().isEmpty()) {
      group.scopes().addAll(deprecated);
    }
    return group;
  }

  /** Returns whether {@code field} is {@code prefix} and the plural of the signal. */
  private static boolean isScopes(Signal<?> signal, String field, String prefix) {
    String plural = signal == Signal.METRICS ? "Metrics" : signal == Signal.LOGS ? "Logs" : "Spans";
    if (field.length() == prefix.length() + plural.length()) {
      return field.startsWith(prefix) && field.endsWith(plural);
    }
    return field.indexOf('_') > 0 && field.equals(snake(prefix + plural));
  }

  static String snake(String camel) {
    StringBuilder out = new StringBuilder(camel.length() + 4);
    for (int i = 0; i < camel.length(); i++) {
      char c = camel.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        out.append('_').append((char) (c + 32));
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  private <T extends Item> void scopes(Signal<T> signal, List<ScopeItems<T>> into)
      throws OtlpFormatException {
    while (element(HeapCost.SCOPE_ITEMS)) {
      into.add(scopeItems(signal));
    }
  }

  @SuppressWarnings("ReferenceEquality") // whether there was one before
  private Resource resource(Resource before) throws OtlpFormatException {
    if (before != Resource.EMPTY) {
      merge("resource");
    }
    int base = begin(before.attributes());
    int dropped = before.droppedAttributes();
    List<EntityRef> entities = new ArrayList<>(before.entities());
    for (String field = in.field(); field != null; field = in.field()) {
      switch (field) {
        case "attributes" -> attributes(0);
        case "droppedAttributesCount", "dropped_attributes_count" -> dropped = in.uint32();
        case "entityRefs", "entity_refs" -> {
          while (element(HeapCost.ENTITY_REF)) {
            entities.add(entityRef());
          }
        }
        default -> in.skip();
      }
    }
    return new Resource(stack.take(base), dropped, entities);
  }

  private EntityRef entityRef() throws OtlpFormatException {
    String schemaUrl = "";
    String type = "";
    List<String> ids = new ArrayList<>(2);
    List<String> descriptions = new ArrayList<>(0);
    for (String field = in.field(); field != null; field = in.field()) {
      switch (field) {
        case "schemaUrl", "schema_url" -> schemaUrl = in.string();
        case "type" -> type = in.string();
        case "idKeys", "id_keys" -> strings(ids);
        case "descriptionKeys", "description_keys" -> strings(descriptions);
        default -> in.skip();
      }
    }
    return new EntityRef(schemaUrl, type, ids, descriptions);
  }

  private void strings(List<String> into) throws OtlpFormatException {
    while (element(HeapCost.TEXT)) {
      into.add(in.string());
    }
  }

  private <T extends Item> ScopeItems<T> scopeItems(Signal<T> signal) throws OtlpFormatException {
    ScopeItems<T> group = new ScopeItems<>(Scope.EMPTY);
    for (String field = in.field(); field != null; field = in.field()) {
      switch (field) {
        case "scope" -> group.scope(scope(group.scope()));
        case "schemaUrl", "schema_url" -> group.schemaUrl(in.string());
        default -> {
          if (isItems(signal, field)) {
            int heap =
                signal == Signal.METRICS
                    ? HeapCost.METRIC
                    : signal == Signal.LOGS ? HeapCost.LOG_RECORD : HeapCost.SPAN;
            while (element(heap)) {
              group.items().add(item(signal));
            }
          } else {
            in.skip();
          }
        }
      }
    }
    return group;
  }

  private static boolean isItems(Signal<?> signal, String field) {
    if (signal == Signal.METRICS) {
      return field.equals("metrics");
    }
    return signal == Signal.LOGS
        ? field.equals("logRecords") || field.equals("log_records")
        : field.equals("spans");
  }

  private <T extends Item> T item(Signal<T> signal) throws OtlpFormatException {
    Item item = signal == Signal.METRICS ? metric() : signal == Signal.LOGS ? logRecord() : span();
    return signal.itemType().cast(item);
  }

  @SuppressWarnings("ReferenceEquality") // whether there was one before
  private Scope scope(Scope before) throws OtlpFormatException {
    if (before != Scope.EMPTY) {
      merge("scope");
    }
    String name = before.name();
    String version = before.version();
    int dropped = before.droppedAttributes();
    int base = begin(before.attributes());
    for (String field = in.field(); field != null; field = in.field()) {
      switch (field) {
        case "name" -> name = in.string();
        case "version" -> version = in.string();
        case "attributes" -> attributes(0);
        case "droppedAttributesCount", "dropped_attributes_count" -> dropped = in.uint32();
        default -> in.skip();
      }
    }
    return new Scope(name, version, stack.take(base), dropped);
  }

  // Metrics --------------------------------------------------------------------------------------

  private Metric metric() throws OtlpFormatException {
    String name = "";
    String description = "";
    String unit = "";
    String kind = "";
    Data data = new Data(new NumberPoints(0));
    int base = stack.top();
    for (String field = in.field(); field != null; field = in.field()) {
      switch (field) {
        case "name" -> name = in.string();
        case "description" -> description = in.string();
        case "unit" -> unit = in.string();
        case "metadata" -> attributes(0);
        case "gauge", "sum" -> {
          kind = field;
          data = data(new NumberPoints(0), field.equals("gauge"));
        }
        case "histogram" -> {
          kind = field;
          data = data(new HistogramPoints(0), false);
        }
        case "exponentialHistogram", "exponential_histogram" -> {
          kind = field;
          data = data(new ExponentialHistogramPoints(0), false);
        }
        case "summary" -> {
          kind = field;
          data = data(new SummaryPoints(0), false);
        }
        default -> in.skip();
      }
    }
    Attributes metadata = stack.take(base);
    boolean gauge = kind.equals("gauge");
    Metric metric =
        kind.isEmpty()
            ? Metric.withoutData(name, description, unit)
            : switch (data.points) {
              case NumberPoints p ->
                  gauge
                      ? Metric.gauge(name, description, unit, p)
                      : Metric.sum(name, description, unit, data.temporality, data.monotonic, p);
              case HistogramPoints p ->
                  Metric.histogram(name, description, unit, data.temporality, p);
              case ExponentialHistogramPoints p ->
                  Metric.exponentialHistogram(name, description, unit, data.temporality, p);
              case SummaryPoints p -> Metric.summary(name, description, unit, p);
            };
    metric.metadata(metadata);
    return metric;
  }

  private static final class Data {
    private final Points points;
    private Temporality temporality = Temporality.UNSPECIFIED;
    private boolean monotonic;

    private Data(Points points) {
      this.points = points;
    }
  }

  private Data data(Points points, boolean gauge) throws OtlpFormatException {
    weight.add(
        switch (points) {
          case HistogramPoints p -> HeapCost.HISTOGRAM_POINTS;
          case SummaryPoints p -> HeapCost.SUMMARY_POINTS;
          default -> HeapCost.POINTS;
        });
    Data data = new Data(points);
    for (String field = in.field(); field != null; field = in.field()) {
      switch (field) {
        case "dataPoints", "data_points" -> {
          // How many will come is not known, so their arrays double and may be half empty.
          int heap =
              2
                  * switch (points) {
                    case NumberPoints p -> HeapCost.NUMBER_POINT;
                    case HistogramPoints p -> HeapCost.HISTOGRAM_POINT;
                    case ExponentialHistogramPoints p -> HeapCost.EXPONENTIAL_POINT;
                    case SummaryPoints p -> HeapCost.SUMMARY_POINT;
                  };
          while (element(heap)) {
            point(points);
          }
        }
        case "aggregationTemporality", "aggregation_temporality" -> {
          if (!gauge && !(points instanceof SummaryPoints)) {
            data.temporality = Temporality.of(number(TEMPORALITIES));
          } else {
            in.skip();
          }
        }
        case "isMonotonic", "is_monotonic" -> {
          if (!gauge && points instanceof NumberPoints) {
            data.monotonic = in.bool();
          } else {
            in.skip();
          }
        }
        default -> in.skip();
      }
    }
    return data;
  }

  /** What all kinds of points have. */
  private static final class Common {
    private long start;
    private long time;
    private int flags;
    private List<Exemplar> exemplars = List.of();
  }

  private void point(Points points) throws OtlpFormatException {
    switch (points) {
      case NumberPoints numbers -> numberPoint(numbers);
      case HistogramPoints histograms -> histogramPoint(histograms);
      case ExponentialHistogramPoints histograms -> exponentialPoint(histograms);
      case SummaryPoints summaries -> summaryPoint(summaries);
    }
  }

  /** Reads a field that all kinds of points have; returns false if it is none of them. */
  private boolean common(Common common, String field) throws OtlpFormatException {
    switch (field) {
      case "attributes" -> attributes(0);
      case "startTimeUnixNano", "start_time_unix_nano" -> common.start = in.uint64();
      case "timeUnixNano", "time_unix_nano" -> common.time = in.uint64();
      case "flags" -> common.flags = in.uint32();
      case "exemplars" -> {
        if (common.exemplars.isEmpty()) {
          common.exemplars = new ArrayList<>(2);
        }
        while (element(HeapCost.EXEMPLAR)) {
          common.exemplars.add(exemplar());
        }
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private static void finish(Points points, int i, Common common) {
    if (common.flags != 0) {
      points.flags(i, common.flags);
    }
    if (!common.exemplars.isEmpty()) {
      points.exemplars(i, common.exemplars);
    }
  }

  private void numberPoint(NumberPoints points) throws OtlpFormatException {
    Common common = new Common();
    int base = stack.top();
    long integer = 0;
    double real = 0;
    String type = "";
    for (String field = in.field(); field != null; field = in.field()) {
      switch (field) {
        case "asDouble", "as_double" -> {
          real = in.real();
          type = "real";
        }
        case "asInt", "as_int" -> {
          integer = in.int64();
          type = "integer";
        }
        default -> {
          if (!common(common, field)) {
            in.skip();
          }
        }
      }
    }
    Attributes set = stack.take(base);
    int i =
        switch (type) {
          case "real" -> points.addReal(set, common.start, common.time, real);
          case "integer" -> points.add(set, common.start, common.time, integer);
          default -> points.addEmpty(set, common.start, common.time);
        };
    finish(points, i, common);
  }

  private void histogramPoint(HistogramPoints points) throws OtlpFormatException {
    Common common = new Common();
    int base = stack.top();
    long count = 0;
    double sum = Double.NaN;
    double min = Double.NaN;
    double max = Double.NaN;
    long[] counts = NO_LONGS;
    double[] bounds = NO_DOUBLES;
    for (String field = in.field(); field != null; field = in.field()) {
      switch (field) {
        case "count" -> count = in.uint64();
        case "sum" -> sum = in.real();
        case "min" -> min = in.real();
        case "max" -> max = in.real();
        case "bucketCounts", "bucket_counts" -> counts = counts(counts);
        case "explicitBounds", "explicit_bounds" -> bounds = reals(bounds);
        default -> {
          if (!common(common, field)) {
            in.skip();
          }
        }
      }
    }
    int before = points.size() - 1;
    if (before >= 0 && Arrays.equals(points.bounds(before), bounds)) {
      bounds = points.bounds(before);
    }
    int i =
        points.add(
            stack.take(base),
            common.start,
            common.time,
            count,
            sum,
            bounds,
            counts,
            0,
            counts.length);
    if (!Double.isNaN(min) || !Double.isNaN(max)) {
      points.range(i, min, max);
    }
    finish(points, i, common);
  }

  private void exponentialPoint(ExponentialHistogramPoints points) throws OtlpFormatException {
    Common common = new Common();
    int base = stack.top();
    long count = 0;
    double sum = Double.NaN;
    double min = Double.NaN;
    double max = Double.NaN;
    int scale = 0;
    long zeroCount = 0;
    double zeroThreshold = 0;
    Buckets positive = Buckets.NONE;
    Buckets negative = Buckets.NONE;
    for (String field = in.field(); field != null; field = in.field()) {
      switch (field) {
        case "count" -> count = in.uint64();
        case "sum" -> sum = in.real();
        case "min" -> min = in.real();
        case "max" -> max = in.real();
        case "scale" -> scale = in.int32();
        case "zeroCount", "zero_count" -> zeroCount = in.uint64();
        case "zeroThreshold", "zero_threshold" -> zeroThreshold = in.real();
        case "positive" -> positive = buckets(positive);
        case "negative" -> negative = buckets(negative);
        default -> {
          if (!common(common, field)) {
            in.skip();
          }
        }
      }
    }
    int i =
        points.add(
            stack.take(base),
            common.start,
            common.time,
            new ExponentialHistogramPoints.Point(
                count, sum, min, max, scale, zeroCount, zeroThreshold, positive, negative));
    finish(points, i, common);
  }

  private Buckets buckets(Buckets before) throws OtlpFormatException {
    int offset = before.offset();
    long[] counts = before.counts();
    for (String field = in.field(); field != null; field = in.field()) {
      switch (field) {
        case "offset" -> offset = in.int32();
        case "bucketCounts", "bucket_counts" -> counts = counts(counts);
        default -> in.skip();
      }
    }
    return offset == 0 && counts.length == 0 ? Buckets.NONE : new Buckets(offset, counts);
  }

  private void summaryPoint(SummaryPoints points) throws OtlpFormatException {
    Common common = new Common();
    int base = stack.top();
    long count = 0;
    double sum = 0;
    double[] quantiles = NO_DOUBLES;
    double[] values = NO_DOUBLES;
    int n = 0;
    for (String field = in.field(); field != null; field = in.field()) {
      switch (field) {
        case "count" -> count = in.uint64();
        case "sum" -> sum = in.real();
        case "quantileValues", "quantile_values" -> {
          while (element(HeapCost.QUANTILE)) {
            if (n == quantiles.length) {
              quantiles = Arrays.copyOf(quantiles, Math.max(4, n * 2));
              values = Arrays.copyOf(values, quantiles.length);
            }
            for (String inner = in.field(); inner != null; inner = in.field()) {
              switch (inner) {
                case "quantile" -> quantiles[n] = in.real();
                case "value" -> values[n] = in.real();
                default -> in.skip();
              }
            }
            n++;
          }
        }
        case "exemplars" -> in.skip();
        default -> {
          if (!common(common, field)) {
            in.skip();
          }
        }
      }
    }
    int i =
        points.add(
            stack.take(base),
            common.start,
            common.time,
            count,
            sum,
            n == 0 ? NO_DOUBLES : Arrays.copyOf(quantiles, n),
            n == 0 ? NO_DOUBLES : Arrays.copyOf(values, n));
    finish(points, i, common);
  }

  private long[] counts(long[] before) throws OtlpFormatException {
    if (before.length > 0) {
      merge("counts");
    }
    long[] all = before;
    int n = before.length;
    while (element(HeapCost.NUMBER)) {
      if (n == all.length) {
        all = Arrays.copyOf(all, Math.max(16, n * 2));
      }
      all[n++] = in.uint64();
    }
    return n == all.length ? all : Arrays.copyOf(all, n);
  }

  private double[] reals(double[] before) throws OtlpFormatException {
    if (before.length > 0) {
      merge("bounds");
    }
    double[] all = before;
    int n = before.length;
    while (element(HeapCost.NUMBER)) {
      if (n == all.length) {
        all = Arrays.copyOf(all, Math.max(16, n * 2));
      }
      all[n++] = in.real();
    }
    return n == all.length ? all : Arrays.copyOf(all, n);
  }

  private Exemplar exemplar() throws OtlpFormatException {
    int base = stack.top();
    long time = 0;
    Value value = Value.Empty.INSTANCE;
    Value.Bytes traceId = NO_ID;
    Value.Bytes spanId = NO_ID;
    for (String field = in.field(); field != null; field = in.field()) {
      switch (field) {
        case "filteredAttributes", "filtered_attributes" -> attributes(0);
        case "timeUnixNano", "time_unix_nano" -> time = in.uint64();
        case "asDouble", "as_double" -> value = new Value.Real(in.real());
        case "asInt", "as_int" -> value = new Value.Int(in.int64());
        case "traceId", "trace_id" -> traceId = id(16);
        case "spanId", "span_id" -> spanId = id(8);
        default -> in.skip();
      }
    }
    return new Exemplar(time, value, stack.take(base), traceId, spanId);
  }

  // Logs and traces ------------------------------------------------------------------------------

  private LogRecord logRecord() throws OtlpFormatException {
    int base = stack.top();
    LogRecord log = new LogRecord();
    long time = 0;
    long observed = 0;
    int severity = 0;
    String severityText = "";
    Value.@Nullable Bytes traceId = null;
    Value.@Nullable Bytes spanId = null;
    for (String field = in.field(); field != null; field = in.field()) {
      switch (field) {
        case "timeUnixNano", "time_unix_nano" -> time = in.uint64();
        case "observedTimeUnixNano", "observed_time_unix_nano" -> observed = in.uint64();
        case "severityNumber", "severity_number" -> severity = number(SEVERITIES);
        case "severityText", "severity_text" -> severityText = in.string();
        case "body" -> log.body(value(log.body(), 0));
        case "attributes" -> attributes(0);
        case "droppedAttributesCount", "dropped_attributes_count" ->
            log.droppedAttributes(in.uint32());
        case "flags" -> log.flags(in.uint32());
        case "traceId", "trace_id" -> traceId = idOrNull(16);
        case "spanId", "span_id" -> spanId = idOrNull(8);
        case "eventName", "event_name" -> log.eventName(in.string());
        default -> in.skip();
      }
    }
    return log.times(time, observed)
        .severity(severity, severityText)
        .context(traceId, spanId)
        .attributes(stack.take(base));
  }

  private Span span() throws OtlpFormatException {
    int base = stack.top();
    Value.Bytes traceId = NO_ID;
    Value.Bytes spanId = NO_ID;
    Value.@Nullable Bytes parent = null;
    String traceState = "";
    String name = "";
    int flags = 0;
    int kind = 0;
    long start = 0;
    long finish = 0;
    int status = 0;
    String statusMessage = "";
    int droppedAttributes = 0;
    int droppedEvents = 0;
    int droppedLinks = 0;
    List<Span.Event> events = new ArrayList<>(0);
    List<Span.Link> links = new ArrayList<>(0);
    for (String field = in.field(); field != null; field = in.field()) {
      switch (field) {
        case "traceId", "trace_id" -> traceId = id(16);
        case "spanId", "span_id" -> spanId = id(8);
        case "traceState", "trace_state" -> traceState = in.string();
        case "parentSpanId", "parent_span_id" -> parent = idOrNull(8);
        case "flags" -> flags = in.uint32();
        case "name" -> name = in.string();
        case "kind" -> kind = number(SPAN_KINDS);
        case "startTimeUnixNano", "start_time_unix_nano" -> start = in.uint64();
        case "endTimeUnixNano", "end_time_unix_nano" -> finish = in.uint64();
        case "attributes" -> attributes(0);
        case "droppedAttributesCount", "dropped_attributes_count" ->
            droppedAttributes = in.uint32();
        case "events" -> {
          while (element(HeapCost.EVENT)) {
            events.add(event());
          }
        }
        case "droppedEventsCount", "dropped_events_count" -> droppedEvents = in.uint32();
        case "links" -> {
          while (element(HeapCost.LINK)) {
            links.add(link());
          }
        }
        case "droppedLinksCount", "dropped_links_count" -> droppedLinks = in.uint32();
        case "status" -> {
          for (String inner = in.field(); inner != null; inner = in.field()) {
            switch (inner) {
              case "message" -> statusMessage = in.string();
              case "code" -> status = number(STATUS_CODES);
              default -> in.skip();
            }
          }
        }
        default -> in.skip();
      }
    }
    return new Span(
        new Span.Core(
            traceId, spanId, parent, traceState, flags, kind, start, finish, status, statusMessage),
        name,
        stack.take(base),
        droppedAttributes,
        events,
        droppedEvents,
        links,
        droppedLinks);
  }

  private Span.Event event() throws OtlpFormatException {
    int base = stack.top();
    long time = 0;
    String name = "";
    int dropped = 0;
    for (String field = in.field(); field != null; field = in.field()) {
      switch (field) {
        case "timeUnixNano", "time_unix_nano" -> time = in.uint64();
        case "name" -> name = in.string();
        case "attributes" -> attributes(0);
        case "droppedAttributesCount", "dropped_attributes_count" -> dropped = in.uint32();
        default -> in.skip();
      }
    }
    return new Span.Event(time, name, stack.take(base), dropped);
  }

  private Span.Link link() throws OtlpFormatException {
    int base = stack.top();
    Value.Bytes traceId = NO_ID;
    Value.Bytes spanId = NO_ID;
    String traceState = "";
    int dropped = 0;
    int flags = 0;
    for (String field = in.field(); field != null; field = in.field()) {
      switch (field) {
        case "traceId", "trace_id" -> traceId = id(16);
        case "spanId", "span_id" -> spanId = id(8);
        case "traceState", "trace_state" -> traceState = in.string();
        case "attributes" -> attributes(0);
        case "droppedAttributesCount", "dropped_attributes_count" -> dropped = in.uint32();
        case "flags" -> flags = in.uint32();
        default -> in.skip();
      }
    }
    return new Span.Link(traceId, spanId, traceState, flags, stack.take(base), dropped);
  }

  // Attributes and values ------------------------------------------------------------------------

  private int begin(Attributes before) {
    int base = stack.top();
    stack.push(before);
    return base;
  }

  /** Reads an array of attributes onto the stack. */
  private void attributes(int depth) throws OtlpFormatException {
    while (element(HeapCost.KEY_VALUE)) {
      int place = stack.top();
      Key key = null;
      Value value = Value.Empty.INSTANCE;
      for (String field = in.field(); field != null; field = in.field()) {
        switch (field) {
          case "key" -> key = in.key(stack, place);
          case "value" -> value = value(value, depth);
          default -> in.skip();
        }
      }
      stack.push(key == null ? Key.of("") : key, value);
    }
  }

  private Value value(Value before, int depth) throws OtlpFormatException {
    if (depth == ProtobufValidator.MAX_DEPTH) {
      throw in.error(
          "AnyValue", "values are nested more than " + ProtobufValidator.MAX_DEPTH + " deep");
    }
    Value value = before;
    for (String field = in.field(); field != null; field = in.field()) {
      switch (field) {
        case "stringValue", "string_value" -> value = in.text();
        case "boolValue", "bool_value" -> value = Value.Bool.of(in.bool());
        case "intValue", "int_value" -> value = new Value.Int(in.int64());
        case "doubleValue", "double_value" -> value = new Value.Real(in.real());
        case "arrayValue", "array_value" -> value = items(depth + 1);
        case "kvlistValue", "kvlist_value" -> value = pairs(depth + 1);
        case "bytesValue", "bytes_value" -> value = Value.Bytes.of(in.bytes());
        default -> in.skip();
      }
    }
    return value;
  }

  private Value items(int depth) throws OtlpFormatException {
    List<Value> list = new ArrayList<>();
    for (String field = in.field(); field != null; field = in.field()) {
      if (field.equals("values")) {
        while (element(HeapCost.VALUE)) {
          list.add(value(Value.Empty.INSTANCE, depth));
        }
      } else {
        in.skip();
      }
    }
    return new Value.Items(list);
  }

  private Value pairs(int depth) throws OtlpFormatException {
    int base = stack.top();
    for (String field = in.field(); field != null; field = in.field()) {
      if (field.equals("values")) {
        attributes(depth);
      } else {
        in.skip();
      }
    }
    return new Value.Pairs(stack.take(base));
  }

  private Value.Bytes id(int size) throws OtlpFormatException {
    Value.Bytes id = idOrNull(size);
    return id == null ? NO_ID : id;
  }

  private Value.@Nullable Bytes idOrNull(int size) throws OtlpFormatException {
    byte[] id = in.id(size);
    if (id == null) {
      return null;
    }
    Value.Bytes value = Value.Bytes.of(id);
    return ProtobufSize.isUnset(value) ? null : value;
  }

  /** Reads an enum: a number, or one of {@code names}. */
  private int number(List<String> names) throws OtlpFormatException {
    if (in.isNumber()) {
      return in.int32();
    }
    if (!in.isString()) {
      throw in.error("ReadEnumValue", "unsupported value type");
    }
    int number = names.indexOf(in.string());
    if (number < 0) {
      throw in.error("ReadEnumValue", "unknown string value");
    }
    return number;
  }

  private static List<String> severities() {
    List<String> names = new ArrayList<>(25);
    names.add("SEVERITY_NUMBER_UNSPECIFIED");
    for (String level : List.of("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")) {
      names.add("SEVERITY_NUMBER_" + level);
      for (int i = 2; i <= 4; i++) {
        names.add("SEVERITY_NUMBER_" + level + i);
      }
    }
    return List.copyOf(names);
  }
}
