package dev.weir.pdata;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One of the three signals, with the type of its items: {@code Signal<Metric>} is {@link #METRICS}.
 *
 * @param <T> the type of item in a batch of this signal
 */
public final class Signal<T extends Item> {
  /** Spans. */
  public static final Signal<Span> TRACES = new Signal<>("traces", "spans", Span.class);

  /** Metrics, counted in data points. */
  public static final Signal<Metric> METRICS =
      new Signal<>("metrics", "metric_points", Metric.class);

  /** Log records. */
  public static final Signal<LogRecord> LOGS = new Signal<>("logs", "log_records", LogRecord.class);

  /** All of them, in the Collector's order. */
  public static final List<Signal<?>> ALL = List.of(TRACES, METRICS, LOGS);

  private final String name;
  private final String items;
  private final Class<T> itemType;

  private Signal(String name, String items, Class<T> itemType) {
    this.name = name;
    this.items = items;
    this.itemType = itemType;
  }

  /** Returns the signal of this name ({@code traces}, {@code metrics}, {@code logs}), or null. */
  public static @Nullable Signal<?> named(String name) {
    return ALL.stream().filter(s -> s.name.equals(name)).findFirst().orElse(null);
  }

  /** Returns the name that a pipeline ID starts with. */
  public String signalName() {
    return name;
  }

  /**
   * Returns the word that the Collector's own metrics end in: {@code spans}, {@code
   * metric_points}...
   */
  public String itemsName() {
    return items;
  }

  /** Returns the class of an item. */
  public Class<T> itemType() {
    return itemType;
  }

  @Override
  public String toString() {
    return name;
  }
}
