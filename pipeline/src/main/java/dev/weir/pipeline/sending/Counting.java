package dev.weir.pipeline.sending;

import dev.weir.pdata.Item;
import org.jspecify.annotations.Nullable;

/** Counts requests under way, and items by what became of them in the end. */
final class Counting<T extends Item> implements Sender<T> {
  private final Sender<T> next;
  private final SendingMetrics metrics;

  Counting(Sender<T> next, SendingMetrics metrics) {
    this.next = next;
    this.metrics = metrics;
  }

  @Override
  public @Nullable Failure send(Request<T> request) {
    metrics.begin();
    Failure failure = next.send(request);
    metrics.end();
    if (request.claimCount()) {
      metrics.count(request.items(), failure);
    }
    return failure;
  }
}
