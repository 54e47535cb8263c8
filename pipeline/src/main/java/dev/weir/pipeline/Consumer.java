package dev.weir.pipeline;

import dev.weir.pdata.Item;
import dev.weir.pdata.Telemetry;

/**
 * Takes batches of one signal: a processor, an exporter, or the fan-out before several of them.
 *
 * @param <T> the type of item
 */
@FunctionalInterface
public interface Consumer<T extends Item> {

  /**
   * Takes a batch, which the caller gives away: it must not touch it afterwards, whatever the
   * outcome.
   *
   * <p>May be called by several threads at once. May block as long as the component's documentation
   * says (a queue that blocks on overflow). Exceptions are for bugs: the engine counts the batch as
   * refused, logs the stack, and goes on.
   *
   * @return what became of the batch
   */
  Outcome consume(Telemetry<T> batch);

  /** Returns whether this consumer changes batches, so that others must get a copy. */
  default boolean mutates() {
    return false;
  }
}
