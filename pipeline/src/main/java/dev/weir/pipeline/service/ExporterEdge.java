package dev.weir.pipeline.service;

import dev.weir.pdata.Item;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Outcome;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;

/**
 * Counts what an exporter sends, by outcome.
 *
 * @param <T> the type of item
 */
final class ExporterEdge<T extends Item> implements Consumer<T> {
  private final Consumer<T> exporter;
  private final LongCounter sent;
  private final LongCounter failed;
  private final Attributes labels;

  ExporterEdge(Consumer<T> exporter, Signal<T> signal, ComponentId id, EdgeMetrics metrics) {
    this.exporter = exporter;
    this.sent = metrics.sent(signal);
    this.failed = metrics.sendFailed(signal);
    this.labels = Attributes.of(EdgeMetrics.EXPORTER, id.toString());
  }

  @Override
  public Outcome consume(Telemetry<T> batch) {
    long items = batch.count();
    Outcome outcome = exporter.consume(batch);
    long lost = Rejected.of(outcome, items);
    sent.add(items - lost, labels);
    if (lost > 0) {
      failed.add(lost, labels);
    }
    return outcome;
  }

  @Override
  public boolean mutates() {
    return exporter.mutates();
  }
}
