package dev.weir.pipeline;

import dev.weir.pdata.Item;

/**
 * Ends one pipeline as its exporter and begins others as their receiver. One instance for each ID
 * and pair of signals.
 *
 * @param <T> the type of item that it takes
 */
public interface Connector<T extends Item> extends Component, Consumer<T> {}
