package dev.weir.pdata;

import org.jspecify.annotations.Nullable;

/** A log record or, with an event name, an event: OTLP's {@code LogRecord}. A plain object. */
public final class LogRecord implements Item {
  /** When it happened: nanoseconds since 1970, 0 unknown. */
  private long time;

  private long observedTime;
  private int severityNumber;
  private String severityText = "";
  private String eventName = "";
  private Value body = Value.Empty.INSTANCE;
  private Attributes attributes = Attributes.EMPTY;
  private int droppedAttributes;
  private int flags;
  private Value.@Nullable Bytes traceId;
  private Value.@Nullable Bytes spanId;

  /** Makes an empty record. */
  public LogRecord() {}

  /** Returns when it happened: nanoseconds since 1970, 0 unknown. */
  public long time() {
    return time;
  }

  /** Returns when it was seen: nanoseconds since 1970. */
  public long observedTime() {
    return observedTime;
  }

  /** Sets both times: nanoseconds since 1970. */
  public LogRecord times(long happened, long observed) {
    this.time = happened;
    this.observedTime = observed;
    return this;
  }

  /** Returns OTLP's severity, 1 (trace) to 24 (fatal4), 0 unknown; 9 is info, 13 is warn. */
  public int severityNumber() {
    return severityNumber;
  }

  /** Returns the severity in the source's words. */
  public String severityText() {
    return severityText;
  }

  /** Sets the severity. */
  public LogRecord severity(int number, String text) {
    this.severityNumber = number;
    this.severityText = text;
    return this;
  }

  /** Returns the name of the event, or an empty string for a mere log record. */
  public String eventName() {
    return eventName;
  }

  /** Sets the name of the event. */
  public LogRecord eventName(String name) {
    this.eventName = name;
    return this;
  }

  /** Returns the body. */
  public Value body() {
    return body;
  }

  /** Sets the body. */
  public LogRecord body(Value value) {
    this.body = value;
    return this;
  }

  /** Returns the attributes. */
  public Attributes attributes() {
    return attributes;
  }

  /** Replaces the attributes. */
  public LogRecord attributes(Attributes replacement) {
    this.attributes = replacement;
    return this;
  }

  /** Returns how many attributes were discarded before. */
  public int droppedAttributes() {
    return droppedAttributes;
  }

  /** Sets how many attributes were discarded before. */
  public LogRecord droppedAttributes(int count) {
    this.droppedAttributes = count;
    return this;
  }

  /** Returns the flags: the low eight bits are W3C trace flags. */
  public int flags() {
    return flags;
  }

  /** Sets the flags. */
  public LogRecord flags(int value) {
    this.flags = value;
    return this;
  }

  /** Returns the trace that it belongs to: 16 bytes, or null. */
  public Value.@Nullable Bytes traceId() {
    return traceId;
  }

  /** Returns the span that it belongs to: 8 bytes, or null. */
  public Value.@Nullable Bytes spanId() {
    return spanId;
  }

  /** Sets the trace context. */
  public LogRecord context(Value.@Nullable Bytes trace, Value.@Nullable Bytes span) {
    this.traceId = trace;
    this.spanId = span;
    return this;
  }

  @Override
  public int count() {
    return 1;
  }

  @Override
  public LogRecord copy() {
    LogRecord copy = new LogRecord();
    copy.time = time;
    copy.observedTime = observedTime;
    copy.severityNumber = severityNumber;
    copy.severityText = severityText;
    copy.eventName = eventName;
    copy.body = body;
    copy.attributes = attributes;
    copy.droppedAttributes = droppedAttributes;
    copy.flags = flags;
    copy.traceId = traceId;
    copy.spanId = spanId;
    return copy;
  }
}
