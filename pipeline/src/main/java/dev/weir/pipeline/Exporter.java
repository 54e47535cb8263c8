package dev.weir.pipeline;

import dev.weir.pdata.Item;

/**
 * Takes data out of pipelines. One instance for each signal and ID.
 *
 * @param <T> the type of item
 */
public interface Exporter<T extends Item> extends Component, Consumer<T> {

  /**
   * Returns whether this exporter counts {@code otelcol_exporter_sent_...} and {@code
   * ..._send_failed_...} itself, because a queue stands between {@link #consume} and the
   * destination or because it has labels of its own. Otherwise the engine counts by the outcome.
   */
  default boolean countsItems() {
    return false;
  }
}
