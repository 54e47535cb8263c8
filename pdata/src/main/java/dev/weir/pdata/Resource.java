package dev.weir.pdata;

/**
 * What telemetry describes: OTLP's {@code Resource}. Immutable.
 *
 * @param attributes its attributes
 * @param droppedAttributes how many attributes were discarded before
 */
public record Resource(Attributes attributes, int droppedAttributes) {
  /** A resource without attributes. */
  public static final Resource EMPTY = new Resource(Attributes.EMPTY, 0);

  /** Returns a resource that lost nothing. */
  public static Resource of(Attributes attributes) {
    return new Resource(attributes, 0);
  }
}
