package dev.weir.pipeline;

import dev.weir.pdata.Item;

/**
 * Changes, drops or holds data on its way; made with the consumer that comes next. One instance for
 * each pipeline and ID.
 *
 * @param <T> the type of item
 */
public interface Processor<T extends Item> extends Component, Consumer<T> {
  @Override
  default boolean mutates() {
    return true;
  }
}
