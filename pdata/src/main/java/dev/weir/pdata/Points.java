package dev.weir.pdata;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The data points of one metric as parallel arrays: point {@code i} is what stands at index {@code
 * i} of each.
 *
 * <p>Why arrays and not point objects: enriching both ends, selecting and aggregating a connection
 * costs 132 ns this way and 560 with an object a point (docs/design.md, D13). Arrays are shared by
 * copies of a batch and copied at the first write ({@link #copy()}). For one thread at a time.
 */
public abstract sealed class Points
    permits NumberPoints, HistogramPoints, ExponentialHistogramPoints, SummaryPoints {
  /** Bit of {@link #flags(int)}: the source says that the series has no value any more. */
  public static final int NO_RECORDED_VALUE = 1;

  private static final int FIRST = 4;
  private static final Attributes[] NO_ATTRIBUTES = new Attributes[0];

  /** Of points that are none: a request may hold very many metrics without a point. */
  static final long[] NO_LONGS = new long[0];

  /** The same. */
  static final double[] NO_DOUBLES = new double[0];

  private Attributes[] attributes;
  private long[] startTimes;
  private long[] times;
  private int @Nullable [] flags;
  private List<Exemplar> @Nullable [] exemplars;
  private int size;
  private boolean shared;

  Points(int capacity) {
    attributes = capacity == 0 ? NO_ATTRIBUTES : new Attributes[capacity];
    startTimes = longs(capacity);
    times = longs(capacity);
  }

  Points(Points other) {
    attributes = other.attributes;
    startTimes = other.startTimes;
    times = other.times;
    flags = other.flags;
    exemplars = other.exemplars;
    size = other.size;
    shared = true;
    other.shared = true;
  }

  static long[] longs(int n) {
    return n == 0 ? NO_LONGS : new long[n];
  }

  static double[] doubles(int n) {
    return n == 0 ? NO_DOUBLES : new double[n];
  }

  /** Copies the points from {@code from} to before {@code to}. */
  Points(Points other, int from, int to) {
    Objects.checkFromToIndex(from, to, other.size);
    attributes = Arrays.copyOfRange(other.attributes, from, to);
    startTimes = Arrays.copyOfRange(other.startTimes, from, to);
    times = Arrays.copyOfRange(other.times, from, to);
    flags = other.flags == null ? null : Arrays.copyOfRange(other.flags, from, to);
    exemplars = other.exemplars == null ? null : Arrays.copyOfRange(other.exemplars, from, to);
    size = to - from;
  }

  /** Returns the number of points. */
  public final int size() {
    return size;
  }

  /** Returns the attributes of point {@code i}. */
  public final Attributes attributes(int i) {
    return attributes[i];
  }

  /** Replaces the attributes of point {@code i}. */
  public final void attributes(int i, Attributes replacement) {
    own();
    attributes[i] = replacement;
  }

  /**
   * Returns when the interval that point {@code i} covers began: nanoseconds since 1970, 0 unknown.
   */
  public final long startTime(int i) {
    return startTimes[i];
  }

  /** Returns when point {@code i} was taken: nanoseconds since 1970. */
  public final long time(int i) {
    return times[i];
  }

  /** Replaces the times of point {@code i}. */
  public final void times(int i, long startTime, long time) {
    own();
    startTimes[i] = startTime;
    times[i] = time;
  }

  /** Returns the flags of point {@code i}; see {@link #NO_RECORDED_VALUE}. */
  public final int flags(int i) {
    return flags == null ? 0 : flags[i];
  }

  /** Sets the flags of point {@code i}. */
  public final void flags(int i, int value) {
    own();
    if (flags == null) {
      flags = new int[attributes.length];
    }
    flags[i] = value;
  }

  /** Returns the exemplars of point {@code i}. */
  public final List<Exemplar> exemplars(int i) {
    return exemplars == null || exemplars[i] == null ? List.of() : exemplars[i];
  }

  /** Sets the exemplars of point {@code i}. */
  @SuppressWarnings({"unchecked", "rawtypes"}) // an array of lists has no other spelling
  public final void exemplars(int i, List<Exemplar> values) {
    own();
    if (exemplars == null) {
      exemplars = new List[attributes.length];
    }
    exemplars[i] = List.copyOf(values);
  }

  /** Returns points that share these arrays until one of the two is written to. */
  public abstract Points copy();

  /** Returns points of their own that equal those from {@code from} to before {@code to}. */
  public abstract Points slice(int from, int to);

  /**
   * Appends the common part of a point and returns its index; the subclass fills in its own part.
   */
  final int append(Attributes set, long startTime, long time) {
    own();
    if (size == attributes.length) {
      int n = Math.max(FIRST, size * 2);
      attributes = Arrays.copyOf(attributes, n);
      startTimes = Arrays.copyOf(startTimes, n);
      times = Arrays.copyOf(times, n);
      if (flags != null) {
        flags = Arrays.copyOf(flags, n);
      }
      if (exemplars != null) {
        exemplars = Arrays.copyOf(exemplars, n);
      }
      grow(n);
    }
    attributes[size] = set;
    startTimes[size] = startTime;
    times[size] = time;
    return size++;
  }

  /** Makes the arrays private to these points before a write. */
  final void own() {
    if (shared) {
      attributes = attributes.clone();
      startTimes = startTimes.clone();
      times = times.clone();
      flags = flags == null ? null : flags.clone();
      exemplars = exemplars == null ? null : exemplars.clone();
      cloneOwn();
      shared = false;
    }
  }

  /** Grows the subclass's arrays to {@code capacity}. */
  abstract void grow(int capacity);

  /** Clones the subclass's arrays. */
  abstract void cloneOwn();
}
