package dev.weir.pdata;

import java.util.ArrayList;
import java.util.List;

/**
 * The items of one instrumentation scope: OTLP's {@code ScopeMetrics}, {@code ScopeLogs}, {@code
 * ScopeSpans}.
 *
 * @param <T> the type of item
 */
public final class ScopeItems<T extends Item> {
  private Scope scope;
  private String schemaUrl = "";
  private final List<T> items = new ArrayList<>();

  /** Makes an empty group. */
  public ScopeItems(Scope scope) {
    this.scope = scope;
  }

  /** Returns who made the items. */
  public Scope scope() {
    return scope;
  }

  /** Replaces the scope. */
  public void scope(Scope replacement) {
    this.scope = replacement;
  }

  /** Returns the schema URL of the items, or an empty string. */
  public String schemaUrl() {
    return schemaUrl;
  }

  /** Sets the schema URL. */
  public void schemaUrl(String url) {
    this.schemaUrl = url;
  }

  /** Returns the items; the owner may change the list. */
  public List<T> items() {
    return items;
  }

  ScopeItems<T> copy() {
    ScopeItems<T> copy = new ScopeItems<>(scope);
    copy.schemaUrl = schemaUrl;
    for (T item : items) {
      // An item's copy is of its own class: Item is sealed and each kind returns itself.
      @SuppressWarnings("unchecked")
      T same = (T) item.copy();
      copy.items.add(same);
    }
    return copy;
  }
}
