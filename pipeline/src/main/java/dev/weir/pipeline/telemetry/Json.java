package dev.weir.pipeline.telemetry;

import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON as the Collector's logger does: with a space after comma and colon for people,
 * without for machines.
 */
final class Json {
  private final StringBuilder out;
  private final String comma;
  private final String colon;

  Json(StringBuilder out, boolean spaces) {
    this.out = out;
    this.comma = spaces ? ", " : ",";
    this.colon = spaces ? ": " : ":";
  }

  /** Writes an object of a map's entries, in its order. */
  void object(Map<?, ?> map) {
    out.append('{');
    String separator = "";
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      out.append(separator);
      text(String.valueOf(entry.getKey()));
      out.append(colon);
      value(entry.getValue());
      separator = comma;
    }
    out.append('}');
  }

  /** Writes a value: number, flag, list, map and null as such, anything else as its text. */
  void value(@Nullable Object value) {
    switch (value) {
      case null -> out.append("null");
      case Double d when !Double.isFinite(d) -> text(d.toString());
      case Float f when !Float.isFinite(f) -> text(f.toString());
      case Number n -> out.append(n);
      case Boolean b -> out.append(b.booleanValue());
      case Map<?, ?> map -> object(map);
      case Iterable<?> list -> {
        out.append('[');
        for (Iterator<?> i = list.iterator(); i.hasNext(); ) {
          value(i.next());
          if (i.hasNext()) {
            out.append(comma);
          }
        }
        out.append(']');
      }
      default -> text(value.toString());
    }
  }

  /** Writes a string. */
  void text(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < 0x20 || c == 0x7f || c == 0x2028 || c == 0x2029) {
            out.append("\\u");
            for (int shift = 12; shift >= 0; shift -= 4) {
              out.append(Character.forDigit(c >> shift & 15, 16));
            }
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
