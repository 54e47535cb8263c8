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

  /**
   * A field of a message.
   *
   * @param heap what each one takes of the heap, as {@link HeapCost} says
   * @param merged whether a second one is merged into the first, which copies what is there
   */
  record Field(
      int number,
      int wireType,
      String name,
      Content content,
      @Nullable Shape message,
      int heap,
      boolean merged) {
    Field(int number, int wireType, String name, Content content, @Nullable Shape message) {
      this(number, wireType, name, content, message, 0, false);
    }

    Field costs(int bytes) {
      return new Field(number, wireType, name, content, message, bytes, merged);
    }

    Field merges() {
      return new Field(number, wireType, name, content, message, heap, true);
    }
  }

  static final Shape ARRAY_VALUE = new Shape();
  static final Shape KEY_VALUE_LIST = new Shape();
  static final Shape ANY_VALUE =
      new Shape(
          bytes(1, "StringValue"),
          varint(2, "BoolValue"),
          varint(3, "IntValue").costs(HeapCost.INTEGER),
          fixed64(4, "DoubleValue"),
          message(5, "ArrayValue", ARRAY_VALUE).costs(HeapCost.LIST_VALUE).merges(),
          message(6, "KvlistValue", KEY_VALUE_LIST).costs(HeapCost.LIST_VALUE).merges(),
          bytes(7, "BytesValue"),
          varint(8, "StringValueStrindex"));
  static final Shape KEY_VALUE =
      new Shape(
          new Field(1, LENGTH, "Key", Content.ANY, null),
          message(2, "Value", ANY_VALUE).costs(HeapCost.VALUE).merges(),
          varint(3, "KeyStrindex"));

  static {
    // The only messages that contain themselves.
    ARRAY_VALUE.add(message(1, "Values", ANY_VALUE).costs(HeapCost.VALUE));
    KEY_VALUE_LIST.add(message(1, "Values", KEY_VALUE).costs(HeapCost.KEY_VALUE));
  }

  private static final Shape ENTITY_REF =
      new Shape(
          bytes(1, "SchemaUrl"), bytes(2, "Type"), bytes(3, "IdKeys"), bytes(4, "DescriptionKeys"));
  private static final Shape RESOURCE =
      new Shape(
          message(1, "Attributes", KEY_VALUE).costs(HeapCost.KEY_VALUE),
          varint(2, "DroppedAttributesCount"),
          message(3, "EntityRefs", ENTITY_REF).costs(HeapCost.ENTITY_REF));
  private static final Shape SCOPE =
      new Shape(
          bytes(1, "Name"),
          bytes(2, "Version"),
          message(3, "Attributes", KEY_VALUE).costs(HeapCost.KEY_VALUE),
          varint(4, "DroppedAttributesCount"));
  private static final Shape EXEMPLAR =
      new Shape(
          fixed64(2, "TimeUnixNano"),
          fixed64(3, "AsDouble"),
          new Field(4, LENGTH, "SpanId", Content.SPAN_ID, null),
          new Field(5, LENGTH, "TraceId", Content.TRACE_ID, null),
          fixed64(6, "AsInt"),
          message(7, "FilteredAttributes", KEY_VALUE).costs(HeapCost.KEY_VALUE));
  private static final Shape NUMBER_DATA_POINT =
      new Shape(
          fixed64(2, "StartTimeUnixNano"),
          fixed64(3, "TimeUnixNano"),
          fixed64(4, "AsDouble"),
          message(5, "Exemplars", EXEMPLAR).costs(HeapCost.EXEMPLAR),
          fixed64(6, "AsInt"),
          message(7, "Attributes", KEY_VALUE).costs(HeapCost.KEY_VALUE),
          varint(8, "Flags"));
  private static final Shape HISTOGRAM_DATA_POINT =
      new Shape(
          fixed64(2, "StartTimeUnixNano"),
          fixed64(3, "TimeUnixNano"),
          fixed64(4, "Count"),
          fixed64(5, "Sum"),
          new Field(6, LENGTH, "BucketCounts", Content.PACKED_FIXED64, null),
          new Field(7, LENGTH, "ExplicitBounds", Content.PACKED_FIXED64, null),
          message(8, "Exemplars", EXEMPLAR).costs(HeapCost.EXEMPLAR),
          message(9, "Attributes", KEY_VALUE).costs(HeapCost.KEY_VALUE),
          varint(10, "Flags"),
          fixed64(11, "Min"),
          fixed64(12, "Max"));
  private static final Shape BUCKETS =
      new Shape(
          varint(1, "Offset"), new Field(2, LENGTH, "BucketCounts", Content.PACKED_VARINT, null));
  private static final Shape EXPONENTIAL_HISTOGRAM_DATA_POINT =
      new Shape(
          message(1, "Attributes", KEY_VALUE).costs(HeapCost.KEY_VALUE),
          fixed64(2, "StartTimeUnixNano"),
          fixed64(3, "TimeUnixNano"),
          fixed64(4, "Count"),
          fixed64(5, "Sum"),
          varint(6, "Scale"),
          fixed64(7, "ZeroCount"),
          message(8, "Positive", BUCKETS).costs(HeapCost.BUCKETS).merges(),
          message(9, "Negative", BUCKETS).costs(HeapCost.BUCKETS).merges(),
          varint(10, "Flags"),
          message(11, "Exemplars", EXEMPLAR).costs(HeapCost.EXEMPLAR),
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
          message(6, "QuantileValues", VALUE_AT_QUANTILE).costs(HeapCost.QUANTILE),
          message(7, "Attributes", KEY_VALUE).costs(HeapCost.KEY_VALUE),
          varint(8, "Flags"));
  private static final Shape METRIC =
      new Shape(
          bytes(1, "Name"),
          bytes(2, "Description"),
          bytes(3, "Unit"),
          data(5, "Gauge", item(1, "DataPoints", NUMBER_DATA_POINT).costs(HeapCost.NUMBER_POINT)),
          data(
              7,
              "Sum",
              item(1, "DataPoints", NUMBER_DATA_POINT).costs(HeapCost.NUMBER_POINT),
              varint(2, "AggregationTemporality"),
              varint(3, "IsMonotonic")),
          data(
                  9,
                  "Histogram",
                  item(1, "DataPoints", HISTOGRAM_DATA_POINT).costs(HeapCost.HISTOGRAM_POINT),
                  varint(2, "AggregationTemporality"))
              .costs(HeapCost.HISTOGRAM_POINTS),
          data(
              10,
              "ExponentialHistogram",
              item(1, "DataPoints", EXPONENTIAL_HISTOGRAM_DATA_POINT)
                  .costs(HeapCost.EXPONENTIAL_POINT),
              varint(2, "AggregationTemporality")),
          data(
                  11,
                  "Summary",
                  item(1, "DataPoints", SUMMARY_DATA_POINT).costs(HeapCost.SUMMARY_POINT))
              .costs(HeapCost.SUMMARY_POINTS),
          message(12, "Metadata", KEY_VALUE).costs(HeapCost.KEY_VALUE));
  private static final Shape LOG_RECORD =
      new Shape(
          fixed64(1, "TimeUnixNano"),
          varint(2, "SeverityNumber"),
          bytes(3, "SeverityText"),
          message(5, "Body", ANY_VALUE).costs(HeapCost.VALUE).merges(),
          message(6, "Attributes", KEY_VALUE).costs(HeapCost.KEY_VALUE),
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
          message(3, "Attributes", KEY_VALUE).costs(HeapCost.KEY_VALUE),
          varint(4, "DroppedAttributesCount"));
  private static final Shape LINK =
      new Shape(
          new Field(1, LENGTH, "TraceId", Content.TRACE_ID, null),
          new Field(2, LENGTH, "SpanId", Content.SPAN_ID, null),
          bytes(3, "TraceState"),
          message(4, "Attributes", KEY_VALUE).costs(HeapCost.KEY_VALUE),
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
          message(9, "Attributes", KEY_VALUE).costs(HeapCost.KEY_VALUE),
          varint(10, "DroppedAttributesCount"),
          message(11, "Events", EVENT).costs(HeapCost.EVENT),
          varint(12, "DroppedEventsCount"),
          message(13, "Links", LINK).costs(HeapCost.LINK),
          varint(14, "DroppedLinksCount"),
          message(15, "Status", STATUS),
          fixed32(16, "Flags"));

  private static final Shape METRICS =
      request("Metrics", message(2, "Metrics", METRIC).costs(HeapCost.METRIC));
  private static final Shape LOGS =
      request("Logs", item(2, "LogRecords", LOG_RECORD).costs(HeapCost.LOG_RECORD));
  private static final Shape TRACES = request("Spans", item(2, "Spans", SPAN).costs(HeapCost.SPAN));

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
    Shape scope =
        new Shape(
            message(1, "Scope", SCOPE).costs(HeapCost.SCOPE).merges(),
            items,
            bytes(3, "SchemaUrl"));
    Shape resource =
        new Shape(
            message(1, "Resource", RESOURCE).costs(HeapCost.RESOURCE).merges(),
            message(2, "Scope" + plural, scope).costs(HeapCost.SCOPE_ITEMS),
            bytes(3, "SchemaUrl"),
            message(DEPRECATED_SCOPES, "DeprecatedScope" + plural, scope)
                .costs(HeapCost.SCOPE_ITEMS));
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
    return new Field(number, LENGTH, name, Content.ANY, null).costs(HeapCost.TEXT);
  }

  private static Field message(int number, String name, Shape message) {
    return new Field(number, LENGTH, name, Content.MESSAGE, message);
  }

  private static Field item(int number, String name, Shape message) {
    return new Field(number, LENGTH, name, Content.ITEM, message);
  }

  private static Field data(int number, String name, Field... fields) {
    return new Field(number, LENGTH, name, Content.DATA, new Shape(fields)).costs(HeapCost.POINTS);
  }
}
