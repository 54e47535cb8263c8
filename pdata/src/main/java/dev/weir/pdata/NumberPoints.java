package dev.weir.pdata;

import java.util.Arrays;

/** The points of a gauge or a sum: integers and doubles, which may be mixed within a metric. */
public final class NumberPoints extends Points {
  private static final byte[] NO_TYPES = new byte[0];
  private static final byte NONE = 0;
  private static final byte INT = 1;
  private static final byte REAL = 2;

  private long[] bits;
  private byte[] types;

  /** Makes an empty list of points with room for {@code capacity}. */
  public NumberPoints(int capacity) {
    super(capacity);
    bits = longs(capacity);
    types = capacity == 0 ? NO_TYPES : new byte[capacity];
  }

  private NumberPoints(NumberPoints other) {
    super(other);
    bits = other.bits;
    types = other.types;
  }

  private NumberPoints(NumberPoints other, int from, int to) {
    super(other, from, to);
    bits = Arrays.copyOfRange(other.bits, from, to);
    types = Arrays.copyOfRange(other.types, from, to);
  }

  /** Appends an integer point and returns its index. Times are nanoseconds since 1970. */
  public int add(Attributes attributes, long startTime, long time, long value) {
    int i = append(attributes, startTime, time);
    bits[i] = value;
    types[i] = INT;
    return i;
  }

  /** Appends a double point and returns its index. Times are nanoseconds since 1970. */
  public int addReal(Attributes attributes, long startTime, long time, double value) {
    int i = append(attributes, startTime, time);
    bits[i] = Double.doubleToRawLongBits(value);
    types[i] = REAL;
    return i;
  }

  /** Appends a point without a value and returns its index. */
  public int addEmpty(Attributes attributes, long startTime, long time) {
    int i = append(attributes, startTime, time);
    types[i] = NONE;
    return i;
  }

  /** Returns whether point {@code i} is a double. */
  public boolean isReal(int i) {
    return types[i] == REAL;
  }

  /** Returns whether point {@code i} has a value. */
  public boolean hasValue(int i) {
    return types[i] != NONE;
  }

  /** Returns the value of point {@code i} as an integer; a double is cut off. */
  public long integer(int i) {
    return types[i] == REAL ? (long) Double.longBitsToDouble(bits[i]) : bits[i];
  }

  /** Returns the value of point {@code i} as a double. */
  public double real(int i) {
    return types[i] == REAL ? Double.longBitsToDouble(bits[i]) : (double) bits[i];
  }

  /** Sets point {@code i} to an integer. */
  public void set(int i, long value) {
    own();
    bits[i] = value;
    types[i] = INT;
  }

  /** Sets point {@code i} to a double. */
  public void setReal(int i, double value) {
    own();
    bits[i] = Double.doubleToRawLongBits(value);
    types[i] = REAL;
  }

  @Override
  public NumberPoints copy() {
    return new NumberPoints(this);
  }

  @Override
  public NumberPoints slice(int from, int to) {
    return new NumberPoints(this, from, to);
  }

  @Override
  void grow(int capacity) {
    bits = Arrays.copyOf(bits, capacity);
    types = Arrays.copyOf(types, capacity);
  }

  @Override
  void cloneOwn() {
    bits = bits.clone();
    types = types.clone();
  }
}
