package dev.weir.pdata;

/**
 * A group of items that is still in OTLP's protobuf form, as it came in: validated and counted, not
 * built. Whoever only hands the group on writes these bytes; whoever looks into it has it opened
 * (see {@link ResourceItems}). Immutable and thread safe.
 *
 * @param <T> the type of item
 */
public interface EncodedItems<T extends Item> {
  /** Returns the number of data points, log records or spans. */
  int count();

  /** Returns the array that holds the encoded group: read only. */
  byte[] array();

  /** Returns where in {@link #array()} the group begins. */
  int offset();

  /** Returns the size of the encoded group in bytes. */
  int length();

  /** Builds the group. Each call builds a new one. */
  ResourceItems<T> open();
}
