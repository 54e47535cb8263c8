package dev.weir.pdata;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A span: OTLP's {@code Span}. Immutable in all but its attributes and name, which processors
 * change.
 */
public final class Span implements Item {
  /**
   * What identifies a span and when it ran.
   *
   * @param traceId 16 bytes
   * @param spanId 8 bytes
   * @param parentSpanId 8 bytes, or null for a root span
   * @param traceState W3C tracestate, may be empty
   * @param flags W3C trace flags and OTLP's remote bits
   * @param kind OTLP's number: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5
   *     consumer
   * @param startTime nanoseconds since 1970
   * @param endTime nanoseconds since 1970
   * @param statusCode 0 unset, 1 ok, 2 error
   * @param statusMessage may be empty
   */
  public record Core(
      Value.Bytes traceId,
      Value.Bytes spanId,
      Value.@Nullable Bytes parentSpanId,
      String traceState,
      int flags,
      int kind,
      long startTime,
      long endTime,
      int statusCode,
      String statusMessage) {}

  /** Something that happened during a span. */
  public record Event(long time, String name, Attributes attributes, int droppedAttributes) {}

  /** A span that this one refers to. */
  public record Link(
      Value.Bytes traceId,
      Value.Bytes spanId,
      String traceState,
      int flags,
      Attributes attributes,
      int droppedAttributes) {}

  private final Core core;
  private String name;
  private Attributes attributes;
  private final int droppedAttributes;
  private final List<Event> events;
  private final int droppedEvents;
  private final List<Link> links;
  private final int droppedLinks;

  /** Makes a span. */
  public Span(
      Core core,
      String name,
      Attributes attributes,
      int droppedAttributes,
      List<Event> events,
      int droppedEvents,
      List<Link> links,
      int droppedLinks) {
    this.core = core;
    this.name = name;
    this.attributes = attributes;
    this.droppedAttributes = droppedAttributes;
    this.events = List.copyOf(events);
    this.droppedEvents = droppedEvents;
    this.links = List.copyOf(links);
    this.droppedLinks = droppedLinks;
  }

  /** Returns identity, times and status. */
  public Core core() {
    return core;
  }

  /** Returns the name. */
  public String name() {
    return name;
  }

  /** Replaces the name. */
  public void name(String replacement) {
    this.name = replacement;
  }

  /** Returns the attributes. */
  public Attributes attributes() {
    return attributes;
  }

  /** Replaces the attributes. */
  public void attributes(Attributes replacement) {
    this.attributes = replacement;
  }

  /** Returns how many attributes were discarded before. */
  public int droppedAttributes() {
    return droppedAttributes;
  }

  /** Returns the events. */
  public List<Event> events() {
    return events;
  }

  /** Returns how many events were discarded before. */
  public int droppedEvents() {
    return droppedEvents;
  }

  /** Returns the links. */
  public List<Link> links() {
    return links;
  }

  /** Returns how many links were discarded before. */
  public int droppedLinks() {
    return droppedLinks;
  }

  @Override
  public int count() {
    return 1;
  }

  @Override
  public Span copy() {
    return new Span(
        core, name, attributes, droppedAttributes, events, droppedEvents, links, droppedLinks);
  }
}
