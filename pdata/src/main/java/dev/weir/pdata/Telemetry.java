package dev.weir.pdata;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A batch of one signal. See the package for ownership.
 *
 * @param <T> {@link Metric}, {@link LogRecord} or {@link Span}
 */
public final class Telemetry<T extends Item> {
  private final Signal<T> signal;
  private final List<ResourceItems<T>> resources;
  private Map<String, List<String>> metadata = Map.of();

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

  /**
   * Returns what the client that sent the batch said besides (gRPC metadata, HTTP headers), by key
   * in lower case; empty unless a receiver was told to keep it ({@code include_metadata}). It is no
   * part of the data and is not encoded.
   */
  public Map<String, List<String>> metadata() {
    return metadata;
  }

  /** Sets what the client said besides; keys are in lower case. Kept, not copied. */
  public void metadata(Map<String, List<String>> given) {
    this.metadata = given;
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
    Telemetry<T> copy = new Telemetry<>(signal, copies);
    copy.metadata = metadata;
    return copy;
  }
}
