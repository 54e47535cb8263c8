package dev.weir.pdata;

/**
 * Who made telemetry: OTLP's {@code InstrumentationScope}. Immutable.
 *
 * @param name name, may be empty
 * @param version version, may be empty
 * @param attributes its attributes
 * @param droppedAttributes how many attributes were discarded before
 */
public record Scope(String name, String version, Attributes attributes, int droppedAttributes) {
  /** A scope without a name. */
  public static final Scope EMPTY = new Scope("", "", Attributes.EMPTY, 0);

  /** Returns a scope without attributes. */
  public static Scope of(String name, String version) {
    return new Scope(name, version, Attributes.EMPTY, 0);
  }
}
