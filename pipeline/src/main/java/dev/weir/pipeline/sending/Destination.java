package dev.weir.pipeline.sending;

import dev.weir.pdata.Item;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.StartException;
import java.time.Duration;

/**
 * What an exporter really does: hands one request to where it goes, once. Whether it is tried
 * again, waits in a queue, is counted and logged is not its business but that of {@link
 * SendingExporter}.
 *
 * @param <T> the type of item
 */
public interface Destination<T extends Item> {

  /**
   * Opens what it needs. A destination that cannot be reached is no reason to fail: that is what
   * retries are for.
   *
   * @throws StartException if it can never work; what it had opened is closed again
   */
  default void start(Host host) throws StartException {}

  /**
   * Sends one batch and waits for the answer. Called by several threads at once, each with a batch
   * of its own, and again with the same batch after a {@link Outcome.Retry}: it reads the batch and
   * does not change it.
   *
   * <p>The reason of an outcome is what a person reads in the log. If the destination, or the
   * transport on its behalf, gave a gRPC status, the reason is {@link StatusText#of}, which is how
   * the Collector prints one; then the code of the outcome is that status, and whoever sent the
   * batch to the agent sees the description alone. Otherwise the reason is any text. An attempt
   * that took too long and has no status of its own has {@link Outcome.Code#DEADLINE_EXCEEDED}.
   *
   * @param timeout how long the attempt may take; zero means as long as it likes
   * @return accepted; {@link Outcome.Retry}, with the wait that the destination asked for; {@link
   *     Outcome.Refused}; or {@link Outcome.Partial}, which is logged and counted by the caller
   * @throws InterruptedException if the thread is interrupted, because the time to stop is over
   */
  Outcome send(Telemetry<T> batch, Duration timeout) throws InterruptedException;

  /** Closes what it opened. Nothing is sent any more. Must not throw. */
  default void stop(Duration grace) {}
}
