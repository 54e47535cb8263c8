package dev.weir.exporter.debug;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Item;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.Scope;
import dev.weir.pdata.ScopeItems;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Value;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Describes batches of one signal in the words of the Collector's debug exporter 0.159. Without
 * state. What is common to the signals (resources, scopes, attributes) is here, the items are in
 * the subclasses.
 */
abstract sealed class SignalText<T extends Item> permits MetricsText, LogsText, TracesText {
  private static final String ARROW = "     -> ";

  /** Returns the message of the one line that every batch gets. */
  abstract String title();

  /** Returns the fields of that line, in order. */
  abstract Map<String, Integer> figures(Telemetry<T> batch);

  /** Returns the words for a resource and a scope in verbosity normal. */
  abstract Heading normalHeading();

  /** Returns the words for a resource and a scope in verbosity detailed. */
  abstract Heading detailedHeading();

  /** Appends an item for verbosity normal. */
  abstract void normal(StringBuilder out, T item);

  /** Appends item number {@code index} of its scope for verbosity detailed. */
  abstract void detailed(StringBuilder out, int index, T item);

  /** What resources and scopes are called. */
  record Heading(String resource, String scope) {}

  /** Returns about one line an item. */
  final String normal(Telemetry<T> batch) {
    StringBuilder out = new StringBuilder(1024);
    int i = 0;
    for (ResourceItems<T> group : batch.resources()) {
      out.append(normalHeading().resource()).append(" #").append(i++);
      if (!group.schemaUrl().isEmpty()) {
        out.append(" [").append(group.schemaUrl()).append(']');
      }
      pairs(out, " ", " ", group.resource().attributes());
      out.append('\n');
      int j = 0;
      for (ScopeItems<T> inner : group.scopes()) {
        out.append(normalHeading().scope()).append(" #").append(j++);
        normalScope(out, inner.scope(), inner.schemaUrl());
        out.append('\n');
        for (T item : inner.items()) {
          normal(out, item);
        }
      }
    }
    return out.toString();
  }

  /** Returns every field of every item. */
  final String detailed(Telemetry<T> batch) {
    StringBuilder out = new StringBuilder(4096);
    Heading heading = detailedHeading();
    int i = 0;
    for (ResourceItems<T> group : batch.resources()) {
      out.append(heading.resource()).append(" #").append(i++).append('\n');
      out.append("Resource SchemaURL: ").append(group.schemaUrl()).append('\n');
      attributes(out, "Resource attributes", "", group.resource().attributes());
      int j = 0;
      for (ScopeItems<T> inner : group.scopes()) {
        Scope scope = inner.scope();
        out.append(heading.scope()).append(" #").append(j++).append('\n');
        out.append(heading.scope()).append(" SchemaURL: ").append(inner.schemaUrl()).append('\n');
        out.append("InstrumentationScope ").append(scope.name()).append(' ');
        out.append(scope.version()).append('\n');
        attributes(out, "InstrumentationScope attributes", "", scope.attributes());
        int k = 0;
        for (T item : inner.items()) {
          detailed(out, k++, item);
        }
      }
    }
    return out.toString();
  }

  private static void normalScope(StringBuilder out, Scope scope, String schemaUrl) {
    if (!scope.name().isEmpty() || !scope.version().isEmpty()) {
      out.append(' ').append(scope.name());
    }
    if (!scope.version().isEmpty()) {
      out.append('@').append(scope.version());
    }
    if (!schemaUrl.isEmpty()) {
      out.append(" [").append(schemaUrl).append(']');
    }
    pairs(out, " ", " ", scope.attributes());
  }

  /** Appends {@code key=value} for each attribute, {@code first} before the first of them. */
  static void pairs(StringBuilder out, String first, String between, Attributes attributes) {
    for (int i = 0; i < attributes.size(); i++) {
      out.append(i == 0 ? first : between).append(attributes.key(i)).append('=');
      out.append(GoText.value(attributes.value(i)));
    }
  }

  /**
   * Appends a header and one line an attribute, both indented by {@code indent}; nothing without
   * attributes.
   */
  static void attributes(StringBuilder out, String header, String indent, Attributes attributes) {
    if (attributes.isEmpty()) {
      return;
    }
    out.append(header).append(":\n");
    for (int i = 0; i < attributes.size(); i++) {
      Value value = attributes.value(i);
      out.append(indent).append(ARROW).append(attributes.key(i)).append(": ");
      typed(out, value).append('\n');
    }
  }

  /** Appends the kind of a value and the value: {@code Str(abc)}. */
  static StringBuilder typed(StringBuilder out, Value value) {
    return out.append(GoText.type(value)).append('(').append(GoText.value(value)).append(')');
  }

  /** Appends {@code label: value} and ends the line. */
  static void line(StringBuilder out, String label, String value) {
    out.append(label).append(": ").append(value).append('\n');
  }

  /** Returns the hexadecimal form of a trace or span ID: empty if there is none or it is zero. */
  static String hex(Value.@Nullable Bytes id) {
    if (id == null) {
      return "";
    }
    for (byte b : id.content()) {
      if (b != 0) {
        return HexFormat.of().formatHex(id.content());
      }
    }
    return "";
  }
}
