package dev.weir.pipeline.sending;

import dev.weir.pdata.Item;
import dev.weir.pipeline.Outcome;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** The innermost lens: one call of the destination, within the time limit of an attempt. */
final class Attempt<T extends Item> implements Sender<T> {
  private final Destination<T> destination;
  private final Duration timeout;
  private final SendingMetrics metrics;
  private final Logger logger;

  Attempt(Destination<T> destination, Duration timeout, SendingMetrics metrics, Logger logger) {
    this.destination = destination;
    this.timeout = timeout;
    this.metrics = metrics;
    this.logger = logger;
  }

  @Override
  public @Nullable Failure send(Request<T> request) {
    Outcome outcome;
    try {
      outcome = destination.send(request.batch(), timeout);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Failure.interrupted("the attempt was cut short");
    } catch (RuntimeException | LinkageError | StackOverflowError | OutOfMemoryError e) {
      // A consumer of a queue that ended with it would be missed by all that comes later.
      logger
          .atError()
          .setCause(e)
          .log("An exporter threw an exception: this is a bug, please report it.");
      return Failure.bug(e);
    }
    if (outcome instanceof Outcome.Partial partial) {
      metrics.rejected(partial.rejected());
      logger
          .atWarn()
          .addKeyValue("message", partial.reason())
          .addKeyValue("dropped_" + metrics.itemsName(), partial.rejected())
          .log("Partial success response");
    }
    return Failure.of(outcome);
  }
}
