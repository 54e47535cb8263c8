package dev.weir.pipeline.sending;

import dev.weir.pdata.Item;
import org.jspecify.annotations.Nullable;

/** Counts requests under way, and items by what became of them in the end. */
final class Counting<T extends Item> implements Sender<T> {
  private final Sender<T> next;
  private final SendingMetrics metrics;
  private final boolean batching;
  private final boolean kept;

  /**
   * Makes the lens.
   *
   * @param batching whether requests were put together
   * @param kept whether what the agent's end cuts short is kept, and so not lost
   */
  Counting(Sender<T> next, SendingMetrics metrics, boolean batching, boolean kept) {
    this.next = next;
    this.metrics = metrics;
    this.batching = batching;
    this.kept = kept;
  }

  @Override
  public @Nullable Failure send(Request<T> request) {
    Failure failure;
    metrics.begin();
    try {
      if (batching) {
        metrics.batched(request);
      }
      failure = next.send(request);
    } finally {
      metrics.end(); // whatever is thrown: nobody would take it off again
    }
    if (!(kept && failure != null && failure.shutdown()) && request.claimCount()) {
      metrics.count(request.items(), failure);
    }
    return failure;
  }
}
