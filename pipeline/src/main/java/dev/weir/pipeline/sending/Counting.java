package dev.weir.pipeline.sending;

import dev.weir.pdata.Item;
import org.jspecify.annotations.Nullable;

/** Counts requests under way, and items by what became of them in the end. */
final class Counting<T extends Item> implements Sender<T> {
  private final Sender<T> next;
  private final SendingMetrics metrics;
  private final boolean batching;

  Counting(Sender<T> next, SendingMetrics metrics, boolean batching) {
    this.next = next;
    this.metrics = metrics;
    this.batching = batching;
  }

  @Override
  public @Nullable Failure send(Request<T> request) {
    metrics.begin();
    if (batching) {
      metrics.batched(request);
    }
    Failure failure = next.send(request);
    metrics.end();
    if (request.claimCount()) {
      metrics.count(request.items(), failure);
    }
    return failure;
  }
}
