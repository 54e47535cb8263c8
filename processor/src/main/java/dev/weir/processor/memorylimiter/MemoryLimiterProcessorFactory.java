package dev.weir.processor.memorylimiter;

import dev.weir.pdata.Item;
import dev.weir.pdata.Signal;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.ProcessorFactory;
import dev.weir.pipeline.Time;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * Makes processors of type {@code memory_limiter}. All that were made of one config share one watch
 * over the heap, as in the Collector.
 */
public final class MemoryLimiterProcessorFactory {
  private final Heap heap;
  private final Time time;

  /** Weak on both sides: a watch lives as long as the processors that use it. */
  private final Map<MemoryLimiterConfig, WeakReference<MemoryLimit>> limits = new WeakHashMap<>();

  private MemoryLimiterProcessorFactory(Heap heap, Time time) {
    this.heap = heap;
    this.time = time;
  }

  /** Returns the factory. */
  public static ProcessorFactory<MemoryLimiterConfig> create() {
    return of(Heap.ofJvm(), Time.SYSTEM);
  }

  static ProcessorFactory<MemoryLimiterConfig> of(Heap heap, Time time) {
    MemoryLimiterProcessorFactory factory = new MemoryLimiterProcessorFactory(heap, time);
    return ProcessorFactory.of(
            Factory.Type.of("memory_limiter", Factory.Stability.BETA, MemoryLimiterConfig.SCHEMA))
        .withMetrics((context, config, next) -> factory.make(context, Signal.METRICS, config, next))
        .withLogs((context, config, next) -> factory.make(context, Signal.LOGS, config, next))
        .withTraces((context, config, next) -> factory.make(context, Signal.TRACES, config, next));
  }

  private <T extends Item> MemoryLimiterProcessor<T> make(
      ComponentContext context, Signal<T> signal, MemoryLimiterConfig config, Consumer<T> next) {
    return new MemoryLimiterProcessor<>(context, signal, config, limit(context, config), next);
  }

  private synchronized MemoryLimit limit(ComponentContext context, MemoryLimiterConfig config) {
    WeakReference<MemoryLimit> known = limits.get(config);
    MemoryLimit limit = known == null ? null : known.get();
    if (limit == null) {
      limit = new MemoryLimit(config, context, heap, time);
      limits.put(config, new WeakReference<>(limit));
    }
    return limit;
  }
}
