package dev.weir.pdata.otlp;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.EncodedItems;
import dev.weir.pdata.EntityRef;
import dev.weir.pdata.Exemplar;
import dev.weir.pdata.ExponentialHistogramPoints;
import dev.weir.pdata.ExponentialHistogramPoints.Buckets;
import dev.weir.pdata.HistogramPoints;
import dev.weir.pdata.Item;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Metric;
import dev.weir.pdata.NumberPoints;
import dev.weir.pdata.Points;
import dev.weir.pdata.Resource;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.Scope;
import dev.weir.pdata.ScopeItems;
import dev.weir.pdata.Span;
import dev.weir.pdata.SummaryPoints;
import dev.weir.pdata.Text;
import dev.weir.pdata.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many bytes {@link ProtobufWriter} will write, exactly. Each size is that of a message's
 * content, without its own tag and length. Every tag of OTLP takes one byte, but for a span's
 * flags. For one thread and one batch.
 */
final class ProtobufSize {
  private final SharedRows rows = new SharedRows();

  /** Returns the size of a field of one byte of tag, the length, and {@code content} bytes. */
  static int field(int content) {
    return 1 + varint(content) + content;
  }

  static int varint(long value) {
    // One byte for each seven bits; 9/64 is the division by seven of protobuf's own coders.
    return (Long.SIZE * 9 + 64 - Long.numberOfLeadingZeros(value) * 9) >>> 6;
  }

  /** Returns the size of a group. */
  <T extends Item> int group(ResourceItems<T> group, @Nullable EncodedItems<T> encoded) {
    if (encoded != null) {
      return encoded.length();
    }
    int size = message(resource(group.resource())) + string(group.schemaUrl());
    for (ScopeItems<T> scope : group.scopes()) {
      size += field(scope(scope));
    }
    return size;
  }

  static int resource(Resource resource) {
    int size = attributes(resource.attributes()) + number(resource.droppedAttributes());
    for (EntityRef ref : resource.entities()) {
      size += field(entityRef(ref));
    }
    return size;
  }

  static int entityRef(EntityRef ref) {
    int size = string(ref.schemaUrl()) + string(ref.type());
    for (String key : ref.idKeys()) {
      size += field(Utf8.size(key));
    }
    for (String key : ref.descriptionKeys()) {
      size += field(Utf8.size(key));
    }
    return size;
  }

  private int scope(ScopeItems<?> scope) {
    int size = message(scope(scope.scope())) + string(scope.schemaUrl());
    for (Item item : scope.items()) {
      size +=
          field(
              switch (item) {
                case Metric metric -> metric(metric);
                case LogRecord log -> logRecord(log);
                case Span span -> span(span);
              });
    }
    return size;
  }

  static int scope(Scope scope) {
    return string(scope.name())
        + string(scope.version())
        + attributes(scope.attributes())
        + number(scope.droppedAttributes());
  }

  // Metrics --------------------------------------------------------------------------------------

  int metric(Metric metric) {
    int size =
        string(metric.name())
            + string(metric.description())
            + string(metric.unit())
            + attributes(metric.metadata());
    if (metric.hasData()) {
      size += field(data(metric));
    }
    return size;
  }

  private int data(Metric metric) {
    Points points = metric.points();
    int size = metric.temporality().number() == 0 ? 0 : 2;
    size += metric.monotonic() ? 2 : 0;
    rows.next();
    int n = points.size();
    for (int i = 0; i < n; i++) {
      int common = row(points.attributes(i)) + fixed64(points.startTime(i));
      common += fixed64(points.time(i)) + number(points.flags(i));
      for (Exemplar exemplar : points.exemplars(i)) {
        common += field(exemplar(exemplar));
      }
      int own =
          switch (points) {
            case NumberPoints numbers -> numbers.hasValue(i) ? 9 : 0;
            case HistogramPoints histograms -> histogram(histograms, i);
            case ExponentialHistogramPoints histograms -> exponential(histograms.point(i));
            case SummaryPoints summaries -> summary(summaries, i);
          };
      size += field(common + own);
    }
    return size;
  }

  private int row(Attributes set) {
    int known = rows.find(set);
    int size = known < 0 ? attributes(set) : rows.first(known);
    rows.add(set, size, 0);
    return size;
  }

  private static int histogram(HistogramPoints points, int i) {
    return fixed64(points.count(i))
        + optional(points.sum(i))
        + message(points.bucketCount(i) * 8)
        + message(points.bounds(i).length * 8)
        + optional(points.min(i))
        + optional(points.max(i));
  }

  private static int exponential(ExponentialHistogramPoints.Point point) {
    return fixed64(point.count())
        + optional(point.sum())
        + number(zigzag(point.scale()))
        + fixed64(point.zeroCount())
        + message(buckets(point.positive()))
        + message(buckets(point.negative()))
        + optional(point.min())
        + optional(point.max())
        + fixed64(Double.doubleToRawLongBits(point.zeroThreshold()));
  }

  static int buckets(Buckets buckets) {
    return number(zigzag(buckets.offset())) + message(varints(buckets.counts()));
  }

  static int varints(long[] values) {
    int size = 0;
    for (long value : values) {
      size += varint(value);
    }
    return size;
  }

  private static int summary(SummaryPoints points, int i) {
    int size = fixed64(points.count(i)) + fixed64(Double.doubleToRawLongBits(points.sum(i)));
    double[] quantiles = points.quantiles(i);
    double[] values = points.values(i);
    for (int k = 0; k < quantiles.length; k++) {
      size +=
          2
              + fixed64(Double.doubleToRawLongBits(quantiles[k]))
              + fixed64(Double.doubleToRawLongBits(values[k]));
    }
    return size;
  }

  static int exemplar(Exemplar exemplar) {
    int value = exemplar.value() instanceof Value.Empty ? 0 : 9;
    return fixed64(exemplar.time())
        + value
        + id(exemplar.spanId())
        + id(exemplar.traceId())
        + attributes(exemplar.attributes());
  }

  // Logs and traces ------------------------------------------------------------------------------

  static int logRecord(LogRecord log) {
    int size =
        fixed64(log.time())
            + number((long) log.severityNumber())
            + string(log.severityText())
            + attributes(log.attributes())
            + number(log.droppedAttributes())
            + (log.flags() == 0 ? 0 : 5)
            + id(log.traceId())
            + id(log.spanId())
            + fixed64(log.observedTime())
            + string(log.eventName());
    return log.body() instanceof Value.Empty ? size : size + field(value(log.body()));
  }

  static int span(Span span) {
    Span.Core core = span.core();
    int size =
        id(core.traceId())
            + id(core.spanId())
            + string(core.traceState())
            + id(core.parentSpanId())
            + string(span.name())
            + number((long) core.kind())
            + fixed64(core.startTime())
            + fixed64(core.endTime())
            + attributes(span.attributes())
            + number(span.droppedAttributes())
            + number(span.droppedEvents())
            + number(span.droppedLinks())
            + message(status(core))
            + (core.flags() == 0 ? 0 : 6);
    List<Span.Event> events = span.events();
    for (int i = 0; i < events.size(); i++) {
      size += field(event(events.get(i)));
    }
    List<Span.Link> links = span.links();
    for (int i = 0; i < links.size(); i++) {
      size += field(link(links.get(i)));
    }
    return size;
  }

  static int status(Span.Core core) {
    return string(core.statusMessage()) + number((long) core.statusCode());
  }

  static int event(Span.Event event) {
    return fixed64(event.time())
        + string(event.name())
        + attributes(event.attributes())
        + number(event.droppedAttributes());
  }

  static int link(Span.Link link) {
    return id(link.traceId())
        + id(link.spanId())
        + string(link.traceState())
        + attributes(link.attributes())
        + number(link.droppedAttributes())
        + (link.flags() == 0 ? 0 : 5);
  }

  // Attributes and values ------------------------------------------------------------------------

  /** Returns the size of the attributes with their tags and lengths. */
  static int attributes(Attributes set) {
    int size = 0;
    for (int i = 0; i < set.size(); i++) {
      size += field(keyValue(set, i));
    }
    return size;
  }

  static int keyValue(Attributes set, int i) {
    return message(set.key(i).utf8().length) + field(value(set.value(i)));
  }

  static int value(Value value) {
    return switch (value) {
      case Text text -> field(text.utf8().length);
      case Value.Int number -> 1 + varint(number.value());
      case Value.Bool ignored -> 2;
      case Value.Real ignored -> 9;
      case Value.Bytes bytes -> field(bytes.content().length);
      case Value.Items items -> field(items(items.values()));
      case Value.Pairs pairs -> field(attributes(pairs.values()));
      case Value.Empty ignored -> 0;
    };
  }

  static int items(List<Value> values) {
    int size = 0;
    for (int i = 0; i < values.size(); i++) {
      size += field(value(values.get(i)));
    }
    return size;
  }

  // Fields that are left out when they have their default value -----------------------------------

  static int message(int content) {
    return content == 0 ? 0 : field(content);
  }

  static int string(String value) {
    return value.isEmpty() ? 0 : field(Utf8.size(value));
  }

  /** Returns the size of a varint field; an {@code int} is extended by its sign. */
  static int number(long value) {
    return value == 0 ? 0 : 1 + varint(value);
  }

  /** Returns the size of an unsigned 32 bit field. */
  static int number(int value) {
    return number(value & 0xffffffffL);
  }

  static int fixed64(long value) {
    return value == 0 ? 0 : 9;
  }

  private static int optional(double value) {
    return Double.isNaN(value) ? 0 : 9;
  }

  static int id(Value.@Nullable Bytes id) {
    return id == null || isUnset(id) ? 0 : field(id.content().length);
  }

  /** Returns whether an ID is empty or all zeros, which is the same, as in the Collector. */
  static boolean isUnset(Value.Bytes id) {
    for (byte b : id.content()) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  static int zigzag(int value) {
    return (value << 1) ^ (value >> 31);
  }
}
