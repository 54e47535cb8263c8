package dev.weir.pipeline.service;

import dev.weir.pdata.Item;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Outcome;

/**
 * A consumer that does not change batches, but hands them to others that do.
 *
 * @param <T> the type of item
 */
record Mutating<T extends Item>(Consumer<T> next) implements Consumer<T> {
  @Override
  public Outcome consume(Telemetry<T> batch) {
    return next.consume(batch);
  }

  @Override
  public boolean mutates() {
    return true;
  }
}
