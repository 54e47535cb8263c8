package dev.weir.pipeline;

import dev.weir.pdata.Item;

/**
 * Takes data out of pipelines. One instance for each signal and ID.
 *
 * @param <T> the type of item
 */
public interface Exporter<T extends Item> extends Component, Consumer<T> {}
