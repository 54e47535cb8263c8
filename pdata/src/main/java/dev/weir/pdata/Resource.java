package dev.weir.pdata;

import java.util.List;

/**
 * What telemetry describes: OTLP's {@code Resource}. Immutable.
 *
 * @param attributes its attributes
 * @param droppedAttributes how many attributes were discarded before
 * @param entities which attributes identify and describe which entity; mostly empty
 */
public record Resource(Attributes attributes, int droppedAttributes, List<EntityRef> entities) {
  /** A resource without attributes. */
  public static final Resource EMPTY = new Resource(Attributes.EMPTY, 0);

  /** Copies the list. */
  public Resource {
    entities = List.copyOf(entities);
  }

  /** Makes a resource that says nothing of entities. */
  public Resource(Attributes attributes, int droppedAttributes) {
    this(attributes, droppedAttributes, List.of());
  }

  /** Returns a resource that lost nothing. */
  public static Resource of(Attributes attributes) {
    return new Resource(attributes, 0);
  }

  /** Returns the same with other attributes. */
  public Resource withAttributes(Attributes replacement) {
    return new Resource(replacement, droppedAttributes, entities);
  }
}
