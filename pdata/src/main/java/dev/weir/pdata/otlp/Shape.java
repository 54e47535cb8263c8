package dev.weir.pdata.otlp;

import dev.weir.pdata.Signal;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The messages of OTLP (opentelemetry-proto 1.11) as tables: what field has what type. Names are
 * those of the Collector's generated code, because they stand in its error messages.
 */
final class Shape {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int LENGTH = 2;
  static final int START_GROUP = 3;
  static final int END_GROUP = 4;
  static final int FIXED32 = 5;

  /** What the validator does with a field's content. */
  enum Content {
    /** Nothing: any content will do. */
    ANY,
    /** A message. */
    MESSAGE,
    /** A message that is counted: a data point, a log record, a span. */
    ITEM,
    /** A message of which one of several may stand; another one takes its place. */
    DATA,
    /** 16 bytes or none. */
    TRACE_ID,
    /** 8 bytes or none. */
    SPAN_ID,
    /** Repeated numbers of eight bytes, packed or not. */
    PACKED_FIXED64,
    /** Repeated varints, packed or not. */
    PACKED_VARINT
  }

  /** A field of a message. */
  record Field(int number, int wireType, String name, Content content, @Nullable Shape message) {}

  static final Shape ARRAY_VALUE = new Shape();
  static final Shape KEY_VALUE_LIST = new Shape();
  static final Shape ANY_VALUE =
      new Shape(
          bytes(1, "StringValue"),
          varint(2, "BoolValue"),
          varint(3, "IntValue"),
          fixed64(4, "DoubleValue"),
          message(5, "ArrayValue", ARRAY_VALUE),
          message(6, "KvlistValue", KEY_VALUE_LIST),
          bytes(7, "BytesValue"),
          varint(8, "StringValueStrindex"));
  static final Shape KEY_VALUE =
      new Shape(bytes(1, "Key"), message(2, "Value", ANY_VALUE), varint(3, "KeyStrindex"));

  static {
    // The only messages that contain themselves.
    ARRAY_VALUE.add(message(1, "Values", ANY_VALUE));
    KEY_VALUE_LIST.add(message(1, "Values", KEY_VALUE));
  }

  private static final Shape ENTITY_REF =
      new Shape(
          bytes(1, "SchemaUrl"), bytes(2, "Type"), bytes(3, "IdKeys"), bytes(4, "DescriptionKeys"));
  private static final Shape RESOURCE =
      new Shape(
          message(1, "Attributes", KEY_VALUE),
          varint(2, "DroppedAttributesCount"),
          message(3, "EntityRefs", ENTITY_REF));
  private static final Shape SCOPE =
      new Shape(
          bytes(1, "Name"),
          bytes(2, "Version"),
          message(3, "Attributes", KEY_VALUE),
          varint(4, "DroppedAttributesCount"));
  private static final Shape EXEMPLAR =
      new Shape(
          fixed64(2, "TimeUnixNano"),
          fixed64(3, "AsDouble"),
          new Field(4, LENGTH, "SpanId", Content.SPAN_ID, null),
          new Field(5, LENGTH, "TraceId", Content.TRACE_ID, null),
          fixed64(6, "AsInt"),
          message(7, "FilteredAttributes", KEY_VALUE));
  private static final Shape NUMBER_DATA_POINT =
      new Shape(
          fixed64(2, "StartTimeUnixNano"),
          fixed64(3, "TimeUnixNano"),
          fixed64(4, "AsDouble"),
          message(5, "Exemplars", EXEMPLAR),
          fixed64(6, "AsInt"),
          message(7, "Attributes", KEY_VALUE),
          varint(8, "Flags"));
  private static final Shape HISTOGRAM_DATA_POINT =
      new Shape(
          fixed64(2, "StartTimeUnixNano"),
          fixed64(3, "TimeUnixNano"),
          fixed64(4, "Count"),
          fixed64(5, "Sum"),
          new Field(6, LENGTH, "BucketCounts", Content.PACKED_FIXED64, null),
          new Field(7, LENGTH, "ExplicitBounds", Content.PACKED_FIXED64, null),
          message(8, "Exemplars", EXEMPLAR),
          message(9, "Attributes", KEY_VALUE),
          varint(10, "Flags"),
          fixed64(11, "Min"),
          fixed64(12, "Max"));
  private static final Shape BUCKETS =
      new Shape(
          varint(1, "Offset"), new Field(2, LENGTH, "BucketCounts", Content.PACKED_VARINT, null));
  private static final Shape EXPONENTIAL_HISTOGRAM_DATA_POINT =
      new Shape(
          message(1, "Attributes", KEY_VALUE),
          fixed64(2, "StartTimeUnixNano"),
          fixed64(3, "TimeUnixNano"),
          fixed64(4, "Count"),
          fixed64(5, "Sum"),
          varint(6, "Scale"),
          fixed64(7, "ZeroCount"),
          message(8, "Positive", BUCKETS),
          message(9, "Negative", BUCKETS),
          varint(10, "Flags"),
          message(11, "Exemplars", EXEMPLAR),
          fixed64(12, "Min"),
          fixed64(13, "Max"),
          fixed64(14, "ZeroThreshold"));
  private static final Shape VALUE_AT_QUANTILE =
      new Shape(fixed64(1, "Quantile"), fixed64(2, "Value"));
  private static final Shape SUMMARY_DATA_POINT =
      new Shape(
          fixed64(2, "StartTimeUnixNano"),
          fixed64(3, "TimeUnixNano"),
          fixed64(4, "Count"),
          fixed64(5, "Sum"),
          message(6, "QuantileValues", VALUE_AT_QUANTILE),
          message(7, "Attributes", KEY_VALUE),
          varint(8, "Flags"));
  private static final Shape METRIC =
      new Shape(
          bytes(1, "Name"),
          bytes(2, "Description"),
          bytes(3, "Unit"),
          data(5, "Gauge", item(1, "DataPoints", NUMBER_DATA_POINT)),
          data(
              7,
              "Sum",
              item(1, "DataPoints", NUMBER_DATA_POINT),
              varint(2, "AggregationTemporality"),
              varint(3, "IsMonotonic")),
          data(
              9,
              "Histogram",
              item(1, "DataPoints", HISTOGRAM_DATA_POINT),
              varint(2, "AggregationTemporality")),
          data(
              10,
              "ExponentialHistogram",
              item(1, "DataPoints", EXPONENTIAL_HISTOGRAM_DATA_POINT),
              varint(2, "AggregationTemporality")),
          data(11, "Summary", item(1, "DataPoints", SUMMARY_DATA_POINT)),
          message(12, "Metadata", KEY_VALUE));
  private static final Shape LOG_RECORD =
      new Shape(
          fixed64(1, "TimeUnixNano"),
          varint(2, "SeverityNumber"),
          bytes(3, "SeverityText"),
          message(5, "Body", ANY_VALUE),
          message(6, "Attributes", KEY_VALUE),
          varint(7, "DroppedAttributesCount"),
          fixed32(8, "Flags"),
          new Field(9, LENGTH, "TraceId", Content.TRACE_ID, null),
          new Field(10, LENGTH, "SpanId", Content.SPAN_ID, null),
          fixed64(11, "ObservedTimeUnixNano"),
          bytes(12, "EventName"));
  private static final Shape EVENT =
      new Shape(
          fixed64(1, "TimeUnixNano"),
          bytes(2, "Name"),
          message(3, "Attributes", KEY_VALUE),
          varint(4, "DroppedAttributesCount"));
  private static final Shape LINK =
      new Shape(
          new Field(1, LENGTH, "TraceId", Content.TRACE_ID, null),
          new Field(2, LENGTH, "SpanId", Content.SPAN_ID, null),
          bytes(3, "TraceState"),
          message(4, "Attributes", KEY_VALUE),
          varint(5, "DroppedAttributesCount"),
          fixed32(6, "Flags"));
  private static final Shape STATUS = new Shape(bytes(2, "Message"), varint(3, "Code"));
  private static final Shape SPAN =
      new Shape(
          new Field(1, LENGTH, "TraceId", Content.TRACE_ID, null),
          new Field(2, LENGTH, "SpanId", Content.SPAN_ID, null),
          bytes(3, "TraceState"),
          new Field(4, LENGTH, "ParentSpanId", Content.SPAN_ID, null),
          bytes(5, "Name"),
          varint(6, "Kind"),
          fixed64(7, "StartTimeUnixNano"),
          fixed64(8, "EndTimeUnixNano"),
          message(9, "Attributes", KEY_VALUE),
          varint(10, "DroppedAttributesCount"),
          message(11, "Events", EVENT),
          varint(12, "DroppedEventsCount"),
          message(13, "Links", LINK),
          varint(14, "DroppedLinksCount"),
          message(15, "Status", STATUS),
          fixed32(16, "Flags"));

  private static final Shape METRICS = request("Metrics", message(2, "Metrics", METRIC));
  private static final Shape LOGS = request("Logs", item(2, "LogRecords", LOG_RECORD));
  private static final Shape TRACES = request("Spans", item(2, "Spans", SPAN));

  /** Field number that old senders used for the scopes; the Collector still takes it. */
  static final int DEPRECATED_SCOPES = 1000;

  // By number; the one number that is far from the others stands beside.
  private @Nullable Field[] fields = new Field[0];
  private @Nullable Field deprecated;

  private Shape(Field... fields) {
    for (Field field : fields) {
      add(field);
    }
  }

  /** Returns the export request of {@code signal}. */
  static Shape of(Signal<?> signal) {
    return signal == Signal.METRICS ? METRICS : signal == Signal.LOGS ? LOGS : TRACES;
  }

  /** Returns the field of this number, or null. */
  @Nullable Field field(int number) {
    if (number > 0 && number < fields.length) {
      return fields[number];
    }
    return number == DEPRECATED_SCOPES ? deprecated : null;
  }

  private void add(Field field) {
    if (field.number == DEPRECATED_SCOPES) {
      deprecated = field;
      return;
    }
    if (field.number >= fields.length) {
      fields = Arrays.copyOf(fields, field.number + 1);
    }
    fields[field.number] = field;
  }

  private static Shape request(String plural, Field items) {
    Shape scope = new Shape(message(1, "Scope", SCOPE), items, bytes(3, "SchemaUrl"));
    Shape resource =
        new Shape(
            message(1, "Resource", RESOURCE),
            message(2, "Scope" + plural, scope),
            bytes(3, "SchemaUrl"),
            message(DEPRECATED_SCOPES, "DeprecatedScope" + plural, scope));
    return new Shape(message(1, "Resource" + plural, resource));
  }

  private static Field varint(int number, String name) {
    return new Field(number, VARINT, name, Content.ANY, null);
  }

  private static Field fixed64(int number, String name) {
    return new Field(number, FIXED64, name, Content.ANY, null);
  }

  private static Field fixed32(int number, String name) {
    return new Field(number, FIXED32, name, Content.ANY, null);
  }

  private static Field bytes(int number, String name) {
    return new Field(number, LENGTH, name, Content.ANY, null);
  }

  private static Field message(int number, String name, Shape message) {
    return new Field(number, LENGTH, name, Content.MESSAGE, message);
  }

  private static Field item(int number, String name, Shape message) {
    return new Field(number, LENGTH, name, Content.ITEM, message);
  }

  private static Field data(int number, String name, Field... fields) {
    return new Field(number, LENGTH, name, Content.DATA, new Shape(fields));
  }
}
