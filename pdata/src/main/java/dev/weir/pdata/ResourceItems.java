package dev.weir.pdata;

import java.util.ArrayList;
import java.util.List;

/**
 * The items of one resource: OTLP's {@code ResourceMetrics}, {@code ResourceLogs}, {@code
 * ResourceSpans}.
 *
 * @param <T> the type of item
 */
public final class ResourceItems<T extends Item> {
  private Resource resource;
  private String schemaUrl = "";
  private final List<ScopeItems<T>> scopes = new ArrayList<>(1);

  /** Makes an empty group. */
  public ResourceItems(Resource resource) {
    this.resource = resource;
  }

  /** Returns what the items describe. */
  public Resource resource() {
    return resource;
  }

  /** Replaces the resource. */
  public void resource(Resource replacement) {
    this.resource = replacement;
  }

  /** Returns the schema URL of the resource, or an empty string. */
  public String schemaUrl() {
    return schemaUrl;
  }

  /** Sets the schema URL. */
  public void schemaUrl(String url) {
    this.schemaUrl = url;
  }

  /** Returns the items by scope; the owner may change the list. */
  public List<ScopeItems<T>> scopes() {
    return scopes;
  }

  ResourceItems<T> copy() {
    ResourceItems<T> copy = new ResourceItems<>(resource);
    copy.schemaUrl = schemaUrl;
    for (ScopeItems<T> scope : scopes) {
      copy.scopes.add(scope.copy());
    }
    return copy;
  }
}
