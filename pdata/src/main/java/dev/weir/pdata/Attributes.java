package dev.weir.pdata;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * An immutable set of named values, in the order of insertion, without a double key.
 *
 * <p>Inside: a shared list of keys and an array of values (hotpath.md 2: the flat form behind an
 * interned key list; enriching a set with 10 attributes for each of two ends costs 58 ns and 144
 * B). The inside is hidden so that it stays free to change. Two sets are equal if they map the same
 * keys to equal values, in whatever order; the hash is remembered.
 *
 * <p>Whoever enriches, selects or encodes may remember the last result by identity: metrics that
 * describe the same thing hold the same instance.
 */
public final class Attributes {
  /** No attributes. */
  public static final Attributes EMPTY = new Attributes(KeyList.EMPTY, new Value[0]);

  /** Up to this many, looking each key up by going through the list is the cheapest. */
  private static final int SEARCHED = 32;

  private final KeyList keys;
  private final Value[] values;
  private int hash;

  private Attributes(KeyList keys, Value[] values) {
    this.keys = keys;
    this.values = values;
  }

  /** Returns a set of one attribute. */
  public static Attributes of(Key key, Value value) {
    return EMPTY.with(key, value);
  }

  /** Returns a set of one text attribute: for tests and for what is made once. */
  public static Attributes of(String key, String value) {
    return EMPTY.with(Key.of(key), Text.of(value));
  }

  /**
   * Returns a set of the attributes from {@code from} (inclusive) to {@code to} (exclusive) of two
   * parallel arrays. Of a double key the last value counts. Both arrays may be used again.
   */
  public static Attributes of(Key[] keys, Value[] values, int from, int to) {
    int n = to - from;
    if (n == 0) {
      return EMPTY;
    }
    if (n > KeyList.MAX_SHARED) {
      return ofMany(keys, values, from, to);
    }
    KeyList list = KeyList.EMPTY;
    Value[] kept = new Value[n];
    int size = 0;
    for (int i = from; i < to; i++) {
      KeyList more = list.after(keys[i]);
      if (more == null) {
        int at = list.indexOf(keys[i]);
        if (at >= 0) {
          kept[at] = values[i];
          continue;
        }
        more = list.append(keys[i]);
      }
      list = more;
      kept[size++] = values[i];
    }
    return new Attributes(list, size == n ? kept : Arrays.copyOf(kept, size));
  }

  // Key by key each list would be a copy of the one before: quadratic, and hostile input decides.
  private static Attributes ofMany(Key[] keys, Value[] values, int from, int to) {
    LinkedHashMap<Key, Value> unique = LinkedHashMap.newLinkedHashMap(to - from);
    for (int i = from; i < to; i++) {
      unique.put(keys[i], values[i]);
    }
    return new Attributes(
        KeyList.unshared(unique.keySet().toArray(Key[]::new)),
        unique.values().toArray(Value[]::new));
  }

  /**
   * Returns a set of the same keys with {@code replacements}, one for each key in order; the array
   * is given away.
   */
  public Attributes withValues(Value[] replacements) {
    if (replacements.length != values.length) {
      throw new IllegalArgumentException(
          replacements.length + " values for " + values.length + " keys");
    }
    return replacements.length == 0 ? EMPTY : new Attributes(keys, replacements);
  }

  /** Returns a builder; see {@link Builder}. */
  public static Builder builder() {
    return new Builder(EMPTY);
  }

  /** Returns a builder that starts with these attributes. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** Returns the number of attributes. */
  public int size() {
    return values.length;
  }

  /** Returns whether there are none. */
  public boolean isEmpty() {
    return values.length == 0;
  }

  /** Returns the key at {@code index}, from 0 to {@link #size()} - 1. */
  public Key key(int index) {
    return keys.get(index);
  }

  /** Returns the value at {@code index}, from 0 to {@link #size()} - 1. */
  public Value value(int index) {
    return values[index];
  }

  /** Returns the position of {@code key}, or -1. */
  public int indexOf(Key key) {
    return keys.indexOf(key);
  }

  /** Returns the value of {@code key}, or null. */
  public @Nullable Value get(Key key) {
    int i = keys.indexOf(key);
    return i < 0 ? null : values[i];
  }

  /** Returns the value of the key of this name, or null. */
  public @Nullable Value get(String name) {
    Key key = keys.find(name);
    return key == null ? null : get(key);
  }

  /**
   * Returns these attributes with {@code key} set to {@code value}: replaced in place, or appended.
   */
  public Attributes with(Key key, Value value) {
    Objects.requireNonNull(value);
    KeyList more = keys.after(key);
    if (more == null) {
      int i = keys.indexOf(key);
      if (i >= 0) {
        if (values[i].equals(value)) {
          return this;
        }
        Value[] replaced = values.clone();
        replaced[i] = value;
        return new Attributes(keys, replaced);
      }
      more = keys.append(key);
    }
    Value[] longer = Arrays.copyOf(values, values.length + 1);
    longer[values.length] = value;
    return new Attributes(more, longer);
  }

  /** Returns these attributes without {@code key}. */
  public Attributes without(Key key) {
    int i = keys.indexOf(key);
    if (i < 0) {
      return this;
    }
    if (values.length == 1) {
      return EMPTY;
    }
    Value[] shorter = new Value[values.length - 1];
    System.arraycopy(values, 0, shorter, 0, i);
    System.arraycopy(values, i + 1, shorter, i, shorter.length - i);
    return new Attributes(keys.without(i), shorter);
  }

  /** Calls {@code action} with each attribute, in order. */
  public void forEach(BiConsumer<Key, Value> action) {
    for (int i = 0; i < values.length; i++) {
      action.accept(keys.get(i), values[i]);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (this == other) {
      return true;
    }
    if (!(other instanceof Attributes that)
        || values.length != that.values.length
        || hashCode() != that.hashCode()) {
      return false;
    }
    if (keys.sameKeys(that.keys)) {
      return Arrays.equals(values, that.values);
    }
    if (values.length > SEARCHED) {
      return asMap().equals(that.asMap());
    }
    for (int i = 0; i < values.length; i++) {
      if (!values[i].equals(that.get(keys.get(i)))) {
        return false;
      }
    }
    return true;
  }

  private Map<Key, Value> asMap() {
    Map<Key, Value> map = HashMap.newHashMap(values.length);
    for (int i = 0; i < values.length; i++) {
      map.put(keys.get(i), values[i]);
    }
    return map;
  }

  @Override
  public int hashCode() {
    int h = hash;
    if (h == 0) {
      for (int i = 0; i < values.length; i++) {
        h += keys.get(i).hashCode() * 31 ^ values[i].hashCode();
      }
      hash = h;
    }
    return h;
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder("{");
    for (int i = 0; i < values.length; i++) {
      out.append(i == 0 ? "" : ", ").append(keys.get(i)).append('=').append(values[i]);
    }
    return out.append('}').toString();
  }

  /**
   * Collects attributes and makes one set of them. For one thread; may be used again after build.
   */
  public static final class Builder {
    private KeyList keys;
    private Value[] values;
    private int size;

    private Builder(Attributes start) {
      keys = start.keys;
      size = start.values.length;
      values = Arrays.copyOf(start.values, Math.max(8, size + 4));
    }

    /** Sets {@code key}: replaced in place, or appended. */
    public Builder put(Key key, Value value) {
      Objects.requireNonNull(value);
      KeyList more = keys.after(key);
      if (more == null) {
        int i = keys.indexOf(key);
        if (i >= 0) {
          values[i] = value;
          return this;
        }
        more = keys.append(key);
      }
      if (size == values.length) {
        values = Arrays.copyOf(values, size * 2);
      }
      keys = more;
      values[size++] = value;
      return this;
    }

    /** Sets {@code key} to a text. */
    public Builder put(Key key, String value) {
      return put(key, Text.of(value));
    }

    /** Sets {@code key} to an integer. */
    public Builder put(Key key, long value) {
      return put(key, new Value.Int(value));
    }

    /** Sets the key of this name to a text: for tests and for what is made once. */
    public Builder put(String key, String value) {
      return put(Key.of(key), Text.of(value));
    }

    /** Returns the set of what was put. */
    public Attributes build() {
      return size == 0 ? EMPTY : new Attributes(keys, Arrays.copyOf(values, size));
    }
  }
}
