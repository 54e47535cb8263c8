package dev.weir.pipeline.service;

import dev.weir.pdata.Item;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Outcome;
import java.util.List;

/**
 * Hands each batch to several consumers, one after the other: first those that change batches, each
 * with a copy of its own, then those that only read, which share the original. Where nobody only
 * reads, the last one gets the original. All are called whatever the others say; see {@link
 * Outcomes} for what comes back.
 *
 * @param <T> the type of item
 */
final class FanOut<T extends Item> implements Consumer<T> {
  private final List<Consumer<T>> writers;
  private final List<Consumer<T>> readers;

  private FanOut(List<Consumer<T>> consumers) {
    writers = consumers.stream().filter(Consumer::mutates).toList();
    readers = consumers.stream().filter(consumer -> !consumer.mutates()).toList();
  }

  /** Returns a consumer before all of {@code consumers}: the consumer itself if it is only one. */
  static <T extends Item> Consumer<T> of(List<Consumer<T>> consumers) {
    return consumers.size() == 1 ? consumers.getFirst() : new FanOut<>(consumers);
  }

  @Override
  public Outcome consume(Telemetry<T> batch) {
    Outcomes outcomes = new Outcomes();
    int copies = readers.isEmpty() ? writers.size() - 1 : writers.size();
    for (int i = 0; i < writers.size(); i++) {
      outcomes.add(writers.get(i).consume(i < copies ? batch.copy() : batch));
    }
    for (Consumer<T> reader : readers) {
      outcomes.add(reader.consume(batch));
    }
    return outcomes.combined();
  }

  /** Changes batches only if nobody gets a copy instead, which is if all of them change it. */
  @Override
  public boolean mutates() {
    return readers.isEmpty();
  }
}
