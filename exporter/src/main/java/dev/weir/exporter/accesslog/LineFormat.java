package dev.weir.exporter.accesslog;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Key;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Text;
import dev.weir.pdata.Value;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes a line of a log record. For one thread; used again and again, for the sake of its memory.
 *
 * <p>Text: {@code TIME EVENT SOURCE -> DESTINATION key=value ...}. JSON: a flat object with {@code
 * time}, {@code event} and the attributes under their names. A record that is no connection event
 * has {@code severity} and no ends; {@code event} is its own event name, or {@code log}.
 */
final class LineFormat {
  private static final String CONNECTION = "tcp.connection.";
  private static final String LOG = "log";
  private static final String RESOURCE = "resource.";
  private static final int MOST_NESTED = 32;
  private static final int ERROR = 17;

  /** What a line has of its own; an attribute of such a name gets a prefix. */
  private static final Set<String> OWN =
      Set.of("time", "event", "severity", "body", "trace_id", "span_id");

  private static final Key SOURCE_ADDRESS = Key.of("source.address");
  private static final Key SOURCE_PORT = Key.of("source.port");
  private static final Key DESTINATION_ADDRESS = Key.of("destination.address");
  private static final Key DESTINATION_PORT = Key.of("destination.port");

  /** What a text line has before its {@code key=value} pairs. */
  private static final List<String> ENDS =
      List.of(
          SOURCE_ADDRESS.name(),
          SOURCE_PORT.name(),
          DESTINATION_ADDRESS.name(),
          DESTINATION_PORT.name());

  private final boolean json;
  private final LineBytes out = new LineBytes();
  private final MicrosecondClock clock = new MicrosecondClock();
  private final AttributeOrder order;
  private final AttributeOrder resourceOrder;
  private final boolean withResource;
  private boolean first;

  LineFormat(AccessLogExporterConfig config) {
    this.json = config.format() == AccessLogExporterConfig.Format.JSON;
    List<String> fields = config.fields();
    this.order =
        fields.isEmpty()
            ? AttributeOrder.usual()
            : AttributeOrder.only(Stream.concat(ENDS.stream(), fields.stream()).toList());
    List<String> ofResource =
        fields.stream()
            .filter(field -> field.startsWith(RESOURCE))
            .map(field -> field.substring(RESOURCE.length()))
            .toList();
    this.withResource = config.includeResource() || !ofResource.isEmpty();
    this.resourceOrder =
        config.includeResource() ? AttributeOrder.usual() : AttributeOrder.only(ofResource);
  }

  /** Returns where the lines go. */
  LineBytes out() {
    return out;
  }

  /** Appends a line, its end included. */
  void line(Attributes resource, LogRecord item) {
    boolean connection = item.eventName().startsWith(CONNECTION);
    first = true;
    if (json) {
      out.add('{');
    }
    name("time", false);
    if (json) {
      out.add('"');
    }
    clock.write(out, item.time() != 0 ? item.time() : item.observedTime());
    if (json) {
      out.add('"');
    }
    event(item, connection);
    if (connection && !json) {
      ends(item.attributes());
    }
    if (!connection || item.severityNumber() >= ERROR) {
      severity(item);
    }
    if (!(item.body() instanceof Value.Empty)) {
      name("body", true);
      value(item.body());
    }
    attributes(item.attributes(), connection);
    id("trace_id", item.traceId());
    id("span_id", item.spanId());
    if (withResource) {
      for (int i : resourceOrder.of(resource)) {
        name(RESOURCE + resource.key(i).name(), true);
        value(resource.value(i));
      }
    }
    if (json) {
      out.add('}');
    }
    out.add('\n');
  }

  private void event(LogRecord item, boolean connection) {
    String name = item.eventName();
    String event = connection ? name.substring(CONNECTION.length()) : name.isEmpty() ? LOG : name;
    name("event", false);
    if (json) {
      out.quoted(utf8(event));
    } else {
      out.token(utf8(event));
    }
  }

  private void severity(LogRecord item) {
    if (!item.severityText().isEmpty()) {
      name("severity", true);
      value(Text.of(item.severityText()));
    } else if (item.severityNumber() != 0) {
      name("severity", true);
      value(new Value.Int(item.severityNumber()));
    }
  }

  private void ends(Attributes attributes) {
    out.add(' ');
    end(attributes.get(SOURCE_ADDRESS), attributes.get(SOURCE_PORT));
    out.ascii(" -> ");
    end(attributes.get(DESTINATION_ADDRESS), attributes.get(DESTINATION_PORT));
  }

  private void end(@Nullable Value address, @Nullable Value port) {
    if (address == null) {
      out.add('-');
    } else if (address instanceof Text text && text.toString().indexOf(':') >= 0) {
      out.add('[').token(text.utf8()).add(']');
    } else {
      value(address);
    }
    if (port != null) {
      out.add(':');
      value(port);
    }
  }

  private void attributes(Attributes attributes, boolean connection) {
    for (int i : order.of(attributes)) {
      Key key = attributes.key(i);
      if (connection && !json && ENDS.contains(key.name())) {
        continue;
      }
      if (OWN.contains(key.name())) {
        name("attributes." + key.name(), true);
      } else {
        name(key);
      }
      value(attributes.value(i));
    }
  }

  private void id(String name, Value.@Nullable Bytes id) {
    if (id != null && id.content().length > 0) {
      name(name, true);
      value(Text.of(id.toString()));
    }
  }

  private void name(Key key) {
    separate();
    if (json) {
      out.quoted(key.utf8()).add(':');
    } else {
      out.token(key.utf8()).add('=');
    }
  }

  /** Begins a value with a name, which text leaves out if {@code inText} is false. */
  private void name(String name, boolean inText) {
    separate();
    if (json) {
      out.quoted(utf8(name)).add(':');
    } else if (inText) {
      out.token(utf8(name)).add('=');
    }
  }

  private void separate() {
    if (!first) {
      out.add(json ? ',' : ' ');
    }
    first = false;
  }

  private void value(Value value) {
    if (json) {
      json(out, value, 0);
      return;
    }
    switch (value) {
      case Text text -> out.token(text.utf8());
      case Value.Int whole -> out.number(whole.value());
      case Value.Real real -> out.ascii(decimal(real.value()));
      case Value.Bool truth -> out.ascii(Boolean.toString(truth.value()));
      case Value.Bytes bytes -> out.token(base64(bytes));
      case Value.Empty none -> out.ascii("\"\"");
      case Value.Items items -> nested(items);
      case Value.Pairs pairs -> nested(pairs);
    }
  }

  /** Appends a list or map as JSON inside a token. */
  private void nested(Value value) {
    LineBytes inner = new LineBytes();
    json(inner, value, 0);
    out.token(inner.copy());
  }

  private static void json(LineBytes out, Value value, int depth) {
    if (depth > MOST_NESTED) {
      out.ascii("null");
      return;
    }
    switch (value) {
      case Text text -> out.quoted(text.utf8());
      case Value.Int whole -> out.number(whole.value());
      case Value.Real real -> {
        if (Double.isFinite(real.value())) {
          out.ascii(decimal(real.value()));
        } else {
          out.add('"').ascii(Double.toString(real.value())).add('"');
        }
      }
      case Value.Bool truth -> out.ascii(Boolean.toString(truth.value()));
      case Value.Bytes bytes -> out.add('"').ascii(ascii(bytes)).add('"');
      case Value.Empty none -> out.ascii("null");
      case Value.Items items -> {
        out.add('[');
        boolean comma = false;
        for (Value item : items.values()) {
          if (comma) {
            out.add(',');
          }
          comma = true;
          json(out, item, depth + 1);
        }
        out.add(']');
      }
      case Value.Pairs pairs -> {
        out.add('{');
        Attributes values = pairs.values();
        for (int i = 0; i < values.size(); i++) {
          if (i > 0) {
            out.add(',');
          }
          out.quoted(values.key(i).utf8()).add(':');
          json(out, values.value(i), depth + 1);
        }
        out.add('}');
      }
    }
  }

  /** Returns the shortest decimal form, without an exponent unless the number is far from 1. */
  private static String decimal(double value) {
    double size = Math.abs(value);
    if (size >= 1e-9 && size < 1e15) {
      return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
    }
    return value == 0 ? "0" : Double.toString(value);
  }

  private static byte[] base64(Value.Bytes bytes) {
    return Base64.getEncoder().encode(bytes.content());
  }

  private static String ascii(Value.Bytes bytes) {
    return Base64.getEncoder().encodeToString(bytes.content());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
