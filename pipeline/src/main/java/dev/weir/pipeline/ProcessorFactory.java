package dev.weir.pipeline;

import dev.weir.pdata.Item;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Metric;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Span;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes processors. Immutable: each {@code with...} returns a factory that can do one signal more.
 *
 * @param <C> the config record
 */
public final class ProcessorFactory<C> implements Factory<C> {
  /** Makes one processor of one signal. */
  @FunctionalInterface
  public interface Maker<C, T extends Item> {
    /** Makes it; opens nothing yet. */
    Processor<T> make(ComponentContext context, C config, Consumer<T> next);
  }

  private final Type<C> type;
  private final Map<Signal<?>, Maker<C, ?>> makers;
  private final boolean countsItems;

  private ProcessorFactory(Type<C> type, Map<Signal<?>, Maker<C, ?>> makers, boolean countsItems) {
    this.type = type;
    this.makers = makers;
    this.countsItems = countsItems;
  }

  /** Returns a factory that can do no signal yet. */
  public static <C> ProcessorFactory<C> of(Type<C> type) {
    return new ProcessorFactory<>(type, Map.of(), true);
  }

  /** Returns a factory that makes processors of metrics too. */
  public ProcessorFactory<C> withMetrics(Maker<C, Metric> maker) {
    return with(Signal.METRICS, maker);
  }

  /** Returns a factory that makes processors of logs too. */
  public ProcessorFactory<C> withLogs(Maker<C, LogRecord> maker) {
    return with(Signal.LOGS, maker);
  }

  /** Returns a factory that makes processors of traces too. */
  public ProcessorFactory<C> withTraces(Maker<C, Span> maker) {
    return with(Signal.TRACES, maker);
  }

  private <T extends Item> ProcessorFactory<C> with(Signal<T> signal, Maker<C, T> maker) {
    Map<Signal<?>, Maker<C, ?>> more = new LinkedHashMap<>(makers);
    more.put(signal, maker);
    return new ProcessorFactory<>(type, Map.copyOf(more), countsItems);
  }

  /**
   * Returns a factory whose processors have no {@code otelcol_processor_incoming_items} and {@code
   * ..._outgoing_items}, as the Collector's {@code batch} has none.
   */
  public ProcessorFactory<C> withoutItemCounts() {
    return new ProcessorFactory<>(type, makers, false);
  }

  /** Returns whether the engine counts the items that come in and go out. */
  public boolean countsItems() {
    return countsItems;
  }

  /** Returns which signals it can take. */
  public Set<Signal<?>> signals() {
    return makers.keySet();
  }

  /** Returns the maker for {@code signal}, or null if it cannot take that. */
  @SuppressWarnings(
      "unchecked") // with() puts a Maker<C, T> under a Signal<T>, and nothing else does
  public <T extends Item> @Nullable Maker<C, T> maker(Signal<T> signal) {
    return (Maker<C, T>) makers.get(signal);
  }

  @Override
  public Type<C> type() {
    return type;
  }

  @Override
  public ComponentKind kind() {
    return ComponentKind.PROCESSOR;
  }
}
