package dev.weir.pdata;

/** What a batch of one signal is made of: a metric, a log record or a span. */
public sealed interface Item permits Metric, LogRecord, Span {

  /**
   * Returns what it counts for in the agent's own metrics: data points of a metric, otherwise 1.
   */
  int count();

  /**
   * Returns an item that may be changed without this one being seen to change; arrays are shared.
   */
  Item copy();
}
