package dev.weir.pipeline;

import dev.weir.pdata.Item;

/**
 * What the engine hands a receiver as its output: it counts what goes through as {@code
 * otelcol_receiver_accepted_...}, {@code ..._refused_...} and {@code ..._failed_...}, with the
 * receiver's ID and the transport as labels.
 *
 * @param <T> the type of item
 */
public interface ReceiverOutput<T extends Item> extends Consumer<T> {

  /**
   * Returns the same output, which counts under this transport ({@code grpc}, {@code http}, ...).
   * Cheap, but meant to be called once for each transport.
   */
  Consumer<T> over(String transport);
}
