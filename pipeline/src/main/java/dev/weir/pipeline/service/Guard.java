package dev.weir.pipeline.service;

import dev.weir.pdata.Item;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Outcome;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;

/**
 * Stands before a component: an exception, which is a bug, refuses the batch, is counted and, at
 * most once in ten seconds, logged with its stack. The pipeline goes on.
 *
 * @param <T> the type of item
 */
final class Guard<T extends Item> implements Consumer<T> {
  private static final long QUIET = Duration.ofSeconds(10).toNanos();

  private final Consumer<T> inner;
  private final String name;
  private final Logger logger;
  private final LongCounter exceptions;
  private final Attributes labels;
  private final AtomicLong unlogged = new AtomicLong();
  private final AtomicLong quietUntil = new AtomicLong(System.nanoTime());

  Guard(Consumer<T> inner, Node node, Logger logger, EdgeMetrics metrics) {
    this.inner = inner;
    this.name = node.toString();
    this.logger = logger;
    this.exceptions = metrics.exceptions();
    this.labels =
        Attributes.of(
            EdgeMetrics.COMPONENT_KIND, node.kind().word(),
            EdgeMetrics.COMPONENT_ID, node.id().toString());
  }

  @Override
  public Outcome consume(Telemetry<T> batch) {
    try {
      return inner.consume(batch);
    } catch (VirtualMachineError e) {
      throw e;
    } catch (Throwable e) {
      return refuse(e);
    }
  }

  private Outcome refuse(Throwable thrown) {
    exceptions.add(1, labels);
    unlogged.incrementAndGet();
    long now = System.nanoTime();
    long until = quietUntil.get();
    if (now - until >= 0 && quietUntil.compareAndSet(until, now + QUIET)) {
      logger
          .atError()
          .setCause(thrown)
          .addKeyValue("refused_batches", unlogged.getAndSet(0))
          .log("A component threw an exception: this is a bug, please report it.");
    }
    return Outcome.refused(name + " failed: " + thrown);
  }

  @Override
  public boolean mutates() {
    return inner.mutates();
  }
}
