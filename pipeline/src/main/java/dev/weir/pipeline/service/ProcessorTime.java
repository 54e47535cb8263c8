package dev.weir.pipeline.service;

import dev.weir.pdata.Item;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Outcome;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Measures how long a processor itself takes for a batch: from its call to its return, without what
 * it spends in the consumer behind it on the same thread. What a processor hands on later, on a
 * thread of its own, counts nowhere. Used at level detailed only. Thread safe.
 */
final class ProcessorTime {
  /** Nanoseconds that the call under way has spent downstream; its own thread's. */
  private static final class Downstream {
    private long nanos;
  }

  private final DoubleHistogram seconds;
  private final Attributes labels;
  private final LongSupplier clock;
  private final Map<Thread, Downstream> calls = new ConcurrentHashMap<>();

  /**
   * Makes it.
   *
   * @param clock in nanoseconds, going on evenly
   */
  ProcessorTime(DoubleHistogram seconds, Attributes labels, LongSupplier clock) {
    this.seconds = seconds;
    this.labels = labels;
    this.clock = clock;
  }

  /** Returns what to call instead of the processor. */
  <T extends Item> Consumer<T> around(Consumer<T> processor) {
    return new Consumer<>() {
      @Override
      public Outcome consume(Telemetry<T> batch) {
        Downstream downstream = new Downstream();
        calls.put(Thread.currentThread(), downstream);
        long start = clock.getAsLong();
        try {
          return processor.consume(batch);
        } finally {
          long own = clock.getAsLong() - start - downstream.nanos;
          calls.remove(Thread.currentThread());
          seconds.record(own / 1e9, labels);
        }
      }

      @Override
      public boolean mutates() {
        return processor.mutates();
      }
    };
  }

  /** Returns what the processor is to call instead of the consumer behind it. */
  <T extends Item> Consumer<T> without(Consumer<T> next) {
    return new Consumer<>() {
      @Override
      public Outcome consume(Telemetry<T> batch) {
        Downstream downstream = calls.get(Thread.currentThread());
        if (downstream == null) {
          return next.consume(batch);
        }
        long start = clock.getAsLong();
        try {
          return next.consume(batch);
        } finally {
          downstream.nanos += clock.getAsLong() - start;
        }
      }

      @Override
      public boolean mutates() {
        return next.mutates();
      }
    };
  }
}
