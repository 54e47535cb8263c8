package dev.weir.pipeline;

import java.time.Duration;

/**
 * Something with a lifecycle: made, started at most once, stopped at most once, never started
 * again. Stopping what was never started is allowed and does nothing. Start and stop are called by
 * one thread, never at the same time.
 */
public interface Component {

  /**
   * Begins to work: opens sockets, starts threads. Data may come as soon as this returns; consumers
   * downstream have been started before.
   *
   * @throws StartException if it cannot; what it had opened is closed again
   */
  default void start(Host host) throws StartException {}

  /**
   * Ends: takes no more data, hands everything it holds downstream, then closes what it opened.
   * Whatever is not delivered within {@code grace} is counted as lost and given up. Must not throw.
   */
  default void stop(Duration grace) {}

  /**
   * Returns where a person finds what this makes once it has started, such as a URL; empty if that
   * is nowhere in particular. The agent shows it at its start.
   */
  default String shownAt() {
    return "";
  }
}
