package dev.weir.pdata;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The name of an attribute, with its UTF-8 form and hash. Keys that a component knows are
 * constants; two keys of one name are equal, and comparing two instances that are the same costs
 * nothing. Immutable.
 */
public final class Key implements Comparable<Key> {
  private static final KeyTable MET = new KeyTable();

  private final String name;
  private final byte[] utf8;
  private final int hash;

  Key(String name) {
    this.name = name;
    this.utf8 = name.getBytes(StandardCharsets.UTF_8);
    this.hash = name.hashCode();
  }

  /** Returns the key of this name; an empty name is allowed, as in OTLP. */
  public static Key of(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    Key key = MET.get(bytes, 0, bytes.length);
    return key.name.equals(name) ? key : new Key(name);
  }

  /**
   * Returns the key whose name is {@code length} bytes from {@code offset}. What is not UTF-8
   * becomes U+FFFD. A name that was met before costs no allocation.
   */
  public static Key ofUtf8(byte[] bytes, int offset, int length) {
    return MET.get(bytes, offset, length);
  }

  /** Returns the name. */
  public String name() {
    return name;
  }

  /** Returns the UTF-8 form itself, not a copy: read only. */
  public byte[] utf8() {
    return utf8;
  }

  @Override
  public int compareTo(Key other) {
    return name.compareTo(other.name);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof Key that && hash == that.hash && name.equals(that.name));
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    return name;
  }
}
