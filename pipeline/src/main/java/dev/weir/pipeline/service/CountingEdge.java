package dev.weir.pipeline.service;

import dev.weir.pdata.Item;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Outcome;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;

/**
 * Counts the items that pass, whatever becomes of them: before and after a processor.
 *
 * @param <T> the type of item
 */
final class CountingEdge<T extends Item> implements Consumer<T> {
  private final Consumer<T> next;
  private final LongCounter counter;
  private final Attributes labels;

  CountingEdge(Consumer<T> next, LongCounter counter, Attributes labels) {
    this.next = next;
    this.counter = counter;
    this.labels = labels;
  }

  @Override
  public Outcome consume(Telemetry<T> batch) {
    counter.add(batch.count(), labels);
    return next.consume(batch);
  }

  @Override
  public boolean mutates() {
    return next.mutates();
  }
}
