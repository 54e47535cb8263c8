package dev.weir.pdata;

import java.util.ArrayList;
import java.util.List;

/**
 * A batch of one signal. See the package for ownership.
 *
 * @param <T> {@link Metric}, {@link LogRecord} or {@link Span}
 */
public final class Telemetry<T extends Item> {
  private final Signal<T> signal;
  private final List<ResourceItems<T>> resources;

  /** Makes an empty batch. */
  public Telemetry(Signal<T> signal) {
    this(signal, new ArrayList<>());
  }

  private Telemetry(Signal<T> signal, List<ResourceItems<T>> resources) {
    this.signal = signal;
    this.resources = resources;
  }

  /** Returns a batch of one resource and one scope that holds {@code items}. */
  public static <T extends Item> Telemetry<T> of(
      Signal<T> signal, Resource resource, Scope scope, List<T> items) {
    Telemetry<T> batch = new Telemetry<>(signal);
    ResourceItems<T> group = new ResourceItems<>(resource);
    ScopeItems<T> inner = new ScopeItems<>(scope);
    inner.items().addAll(items);
    group.scopes().add(inner);
    batch.resources.add(group);
    return batch;
  }

  /** Returns the signal. */
  public Signal<T> signal() {
    return signal;
  }

  /** Returns the items by resource; the owner may change the list. */
  public List<ResourceItems<T>> resources() {
    return resources;
  }

  /** Returns the number of data points, log records or spans, without building anything. */
  public int count() {
    int n = 0;
    for (ResourceItems<T> resource : resources) {
      n += resource.count();
    }
    return n;
  }

  /** Returns a batch for a second owner: headers copied, arrays of points shared until written. */
  public Telemetry<T> copy() {
    List<ResourceItems<T>> copies = new ArrayList<>(resources.size());
    for (ResourceItems<T> resource : resources) {
      copies.add(resource.copy());
    }
    return new Telemetry<>(signal, copies);
  }
}
