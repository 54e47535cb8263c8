package dev.weir.pdata.otlp;

/**
 * Whom a reader asks before it builds more than a message pays for with its length. For one message
 * and one thread.
 */
@FunctionalInterface
public interface Allowance {
  /** Allows everything: for messages that come from ourselves. */
  Allowance UNLIMITED = bytes -> true;

  /**
   * Takes {@code bytes} more and returns true, or returns false and the message is given up. What
   * was taken is given back by whoever made the allowance.
   */
  boolean take(long bytes);
}
