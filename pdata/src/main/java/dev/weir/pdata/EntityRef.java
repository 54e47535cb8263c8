package dev.weir.pdata;

import java.util.List;

/**
 * Says which attributes of a resource identify an entity and which describe it: OTLP's {@code
 * EntityRef}. Immutable.
 *
 * @param schemaUrl schema URL of the entity, may be empty
 * @param type what kind of entity, such as {@code service}
 * @param idKeys keys of the attributes that identify it
 * @param descriptionKeys keys of the attributes that describe it
 */
public record EntityRef(
    String schemaUrl, String type, List<String> idKeys, List<String> descriptionKeys) {
  /** Copies the lists. */
  public EntityRef {
    idKeys = List.copyOf(idKeys);
    descriptionKeys = List.copyOf(descriptionKeys);
  }
}
