package dev.weir.pdata;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The items of one resource: OTLP's {@code ResourceMetrics}, {@code ResourceLogs}, {@code
 * ResourceSpans}.
 *
 * <p>A group that was received may still be the bytes that it came in ({@link #encoded()}): its
 * objects are built when somebody first asks for them, and then the bytes are let go, because who
 * looks may also change. Building is safe for several threads that only read the same batch. Items
 * are counted without building.
 *
 * @param <T> the type of item
 */
public final class ResourceItems<T extends Item> {
  // Written last when a group is opened and read first: publishes the plain fields below.
  private volatile @Nullable EncodedItems<T> encoded;
  private Resource resource;
  private String schemaUrl = "";
  private List<ScopeItems<T>> scopes;

  /** Makes an empty group. */
  public ResourceItems(Resource resource) {
    this.resource = resource;
    this.scopes = new ArrayList<>(1);
  }

  /** Makes a group that is built from {@code encoded} when somebody looks into it. */
  public ResourceItems(EncodedItems<T> encoded) {
    this.resource = Resource.EMPTY;
    this.scopes = List.of();
    this.encoded = encoded;
  }

  /** Returns what the items describe. */
  public Resource resource() {
    open();
    return resource;
  }

  /** Replaces the resource. */
  public void resource(Resource replacement) {
    open();
    this.resource = replacement;
  }

  /** Returns the schema URL of the resource, or an empty string. */
  public String schemaUrl() {
    open();
    return schemaUrl;
  }

  /** Sets the schema URL. */
  public void schemaUrl(String url) {
    open();
    this.schemaUrl = url;
  }

  /** Returns the items by scope; the owner may change the list. */
  public List<ScopeItems<T>> scopes() {
    open();
    return scopes;
  }

  /** Returns the number of data points, log records or spans, without building anything. */
  public int count() {
    EncodedItems<T> bytes = encoded;
    if (bytes != null) {
      return bytes.count();
    }
    int n = 0;
    for (ScopeItems<T> scope : scopes) {
      for (T item : scope.items()) {
        n += item.count();
      }
    }
    return n;
  }

  /** Returns the group as it came in, or null if it was built or somebody looked into it. */
  public @Nullable EncodedItems<T> encoded() {
    return encoded;
  }

  ResourceItems<T> copy() {
    EncodedItems<T> bytes = encoded;
    if (bytes != null) {
      return new ResourceItems<>(bytes);
    }
    ResourceItems<T> copy = new ResourceItems<>(resource);
    copy.schemaUrl = schemaUrl;
    for (ScopeItems<T> scope : scopes) {
      copy.scopes.add(scope.copy());
    }
    return copy;
  }

  private void open() {
    if (encoded != null) {
      build();
    }
  }

  private synchronized void build() {
    EncodedItems<T> bytes = encoded;
    if (bytes != null) {
      ResourceItems<T> built = bytes.open();
      resource = built.resource;
      schemaUrl = built.schemaUrl;
      scopes = built.scopes;
      encoded = null;
    }
  }
}
