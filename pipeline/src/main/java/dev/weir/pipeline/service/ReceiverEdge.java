package dev.weir.pipeline.service;

import dev.weir.pdata.Item;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.ReceiverOutput;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;

/**
 * Counts what a receiver hands in, by outcome. All three counters get a value, so that a series
 * that is zero is there.
 *
 * @param <T> the type of item
 */
final class ReceiverEdge<T extends Item> implements ReceiverOutput<T> {
  private final Consumer<T> next;
  private final LongCounter accepted;
  private final LongCounter refused;
  private final LongCounter failed;
  private final Attributes labels;

  /** A receiver that does not say how data came has an empty transport, as in the Collector. */
  ReceiverEdge(Consumer<T> next, Signal<T> signal, ComponentId id, EdgeMetrics metrics) {
    this(
        next,
        metrics.accepted(signal),
        metrics.refused(signal),
        metrics.failed(signal),
        Attributes.of(EdgeMetrics.RECEIVER, id.toString(), EdgeMetrics.TRANSPORT, ""));
  }

  private ReceiverEdge(
      Consumer<T> next,
      LongCounter accepted,
      LongCounter refused,
      LongCounter failed,
      Attributes labels) {
    this.next = next;
    this.accepted = accepted;
    this.refused = refused;
    this.failed = failed;
    this.labels = labels;
  }

  @Override
  public Consumer<T> over(String transport) {
    return new ReceiverEdge<>(
        next,
        accepted,
        refused,
        failed,
        labels.toBuilder().put(EdgeMetrics.TRANSPORT, transport).build());
  }

  @Override
  public Outcome consume(Telemetry<T> batch) {
    // Counted first: afterwards the batch belongs to others.
    long items = batch.count();
    Outcome outcome = next.consume(batch);
    long lost = Rejected.of(outcome, items);
    accepted.add(items - lost, labels);
    refused.add(lost, labels);
    failed.add(0, labels);
    return outcome;
  }

  @Override
  public boolean mutates() {
    return next.mutates();
  }
}
