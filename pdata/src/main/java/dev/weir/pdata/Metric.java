package dev.weir.pdata;

import java.util.Objects;

/**
 * A metric and its data points. Name, unit and points may be replaced by the owner; points are
 * parallel arrays (see {@link Points}).
 */
public final class Metric implements Item {
  /** OTLP's five kinds of metric. */
  public enum Kind {
    /** A value that was sampled. */
    GAUGE,
    /** A value that is added up. */
    SUM,
    /** A histogram with explicit bounds. */
    HISTOGRAM,
    /** A histogram with exponential bounds. */
    EXPONENTIAL_HISTOGRAM,
    /** Quantiles that the source computed. */
    SUMMARY
  }

  /** What a point of a sum or histogram covers. */
  public enum Temporality {
    /** Not said. */
    UNSPECIFIED(0),
    /** What was added since the last point. */
    DELTA(1),
    /** What was added since the start time, which stays. */
    CUMULATIVE(2);

    private final int number;

    Temporality(int number) {
      this.number = number;
    }

    /** Returns the temporality of OTLP's number; a number that nobody knows is unspecified. */
    public static Temporality of(int number) {
      return number == 1 ? DELTA : number == 2 ? CUMULATIVE : UNSPECIFIED;
    }

    /** Returns OTLP's number. */
    public int number() {
      return number;
    }
  }

  private String name;
  private String description;
  private String unit;
  private final Kind kind;
  private final Temporality temporality;
  private final boolean monotonic;
  private Points points;
  private Attributes metadata = Attributes.EMPTY;
  private boolean hasData = true;

  private Metric(
      String name,
      String description,
      String unit,
      Kind kind,
      Temporality temporality,
      boolean monotonic,
      Points points) {
    this.name = Objects.requireNonNull(name);
    this.description = Objects.requireNonNull(description);
    this.unit = Objects.requireNonNull(unit);
    this.kind = kind;
    this.temporality = temporality;
    this.monotonic = monotonic;
    this.points = points;
  }

  /** Returns a gauge. */
  public static Metric gauge(String name, String description, String unit, NumberPoints points) {
    return new Metric(name, description, unit, Kind.GAUGE, Temporality.UNSPECIFIED, false, points);
  }

  /** Returns a sum; {@code monotonic} if it only ever grows. */
  public static Metric sum(
      String name,
      String description,
      String unit,
      Temporality temporality,
      boolean monotonic,
      NumberPoints points) {
    return new Metric(name, description, unit, Kind.SUM, temporality, monotonic, points);
  }

  /** Returns a histogram with explicit bounds. */
  public static Metric histogram(
      String name,
      String description,
      String unit,
      Temporality temporality,
      HistogramPoints points) {
    return new Metric(name, description, unit, Kind.HISTOGRAM, temporality, false, points);
  }

  /** Returns a histogram with exponential bounds. */
  public static Metric exponentialHistogram(
      String name,
      String description,
      String unit,
      Temporality temporality,
      ExponentialHistogramPoints points) {
    return new Metric(
        name, description, unit, Kind.EXPONENTIAL_HISTOGRAM, temporality, false, points);
  }

  /** Returns a summary. */
  public static Metric summary(String name, String description, String unit, SummaryPoints points) {
    return new Metric(
        name, description, unit, Kind.SUMMARY, Temporality.UNSPECIFIED, false, points);
  }

  /** Returns a metric that does not even say what kind it is; it passes for an empty gauge. */
  public static Metric withoutData(String name, String description, String unit) {
    Metric metric = gauge(name, description, unit, new NumberPoints(0));
    metric.hasData = false;
    return metric;
  }

  /** Returns whether a kind was given: false only for {@link #withoutData}. */
  public boolean hasData() {
    return hasData;
  }

  /** Returns the name. */
  public String name() {
    return name;
  }

  /** Replaces the name. */
  public void name(String replacement) {
    this.name = replacement;
  }

  /** Returns the description, may be empty. */
  public String description() {
    return description;
  }

  /** Replaces the description. */
  public void description(String replacement) {
    this.description = replacement;
  }

  /** Returns the unit in UCUM notation, may be empty. */
  public String unit() {
    return unit;
  }

  /** Replaces the unit. */
  public void unit(String replacement) {
    this.unit = replacement;
  }

  /** Returns the kind, which decides the class of {@link #points()}. */
  public Kind kind() {
    return kind;
  }

  /** Returns the temporality; {@link Temporality#UNSPECIFIED} for gauges and summaries. */
  public Temporality temporality() {
    return temporality;
  }

  /** Returns whether this is a sum that only ever grows. */
  public boolean monotonic() {
    return monotonic;
  }

  /** Returns the points: {@link NumberPoints} for a gauge or sum, and so on by kind. */
  public Points points() {
    return points;
  }

  /** Returns the points of a gauge or sum. */
  public NumberPoints numbers() {
    return (NumberPoints) points;
  }

  /** Returns the points of a histogram with explicit bounds. */
  public HistogramPoints histograms() {
    return (HistogramPoints) points;
  }

  /** Returns the metadata, which says things of the metric and is no part of its identity. */
  public Attributes metadata() {
    return metadata;
  }

  /** Replaces the metadata. */
  public void metadata(Attributes replacement) {
    this.metadata = replacement;
  }

  @Override
  public int count() {
    return points.size();
  }

  /**
   * Returns a metric of the same name and kind with the points from {@code from} to before {@code
   * to}.
   */
  public Metric slice(int from, int to) {
    Metric part = copy();
    part.points = points.slice(from, to);
    return part;
  }

  @Override
  public Metric copy() {
    Metric copy = new Metric(name, description, unit, kind, temporality, monotonic, points.copy());
    copy.metadata = metadata;
    copy.hasData = hasData;
    return copy;
  }
}
