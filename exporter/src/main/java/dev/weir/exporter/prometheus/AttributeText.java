package dev.weir.exporter.prometheus;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Text;
import dev.weir.pdata.Value;
import java.math.BigDecimal;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The value of an attribute as the value of a label, as the Collector's {@code AsString} makes it:
 * what is nested becomes JSON, bytes become Base64. Used once for each new series.
 */
final class AttributeText {
  private static final double SMALL = 1e-6;
  private static final double LARGE = 1e21;

  private AttributeText() {}

  static String of(Value value) {
    return switch (value) {
      case Text text -> text.toString();
      case Value.Int number -> Long.toString(number.value());
      case Value.Real number -> real(number.value());
      case Value.Bool truth -> Boolean.toString(truth.value());
      case Value.Bytes bytes -> Base64.getEncoder().encodeToString(bytes.content());
      case Value.Empty empty -> "";
      case Value.Items items -> json(new StringBuilder(), items).toString();
      case Value.Pairs pairs -> json(new StringBuilder(), pairs).toString();
    };
  }

  /** JavaScript's way: plain digits unless the number is very small or very large. */
  private static String real(double value) {
    if (!Double.isFinite(value)) {
      return Double.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0" : "0";
    }
    BigDecimal exact = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    double size = Math.abs(value);
    if (size >= SMALL && size < LARGE) {
      return exact.toPlainString();
    }
    String digits = exact.unscaledValue().abs().toString();
    int exponent = digits.length() - 1 - exact.scale();
    return (value < 0 ? "-" : "")
        + digits.charAt(0)
        + (digits.length() > 1 ? "." + digits.substring(1) : "")
        + "e"
        + (exponent < 0 ? "" : "+")
        + exponent;
  }

  private static StringBuilder json(StringBuilder out, Value value) {
    switch (value) {
      case Value.Items items -> {
        String between = "[";
        for (Value item : items.values()) {
          json(out.append(between), item);
          between = ",";
        }
        return out.append(between.equals("[") ? "[]" : "]");
      }
      case Value.Pairs pairs -> {
        // Go writes the keys of a map sorted, and of two equal ones the last.
        Map<String, Value> sorted = new TreeMap<>();
        Attributes values = pairs.values();
        for (int i = 0; i < values.size(); i++) {
          sorted.put(values.key(i).name(), values.value(i));
        }
        String between = "{";
        for (Map.Entry<String, Value> pair : sorted.entrySet()) {
          quote(out.append(between), pair.getKey()).append(':');
          json(out, pair.getValue());
          between = ",";
        }
        return out.append(between.equals("{") ? "{}" : "}");
      }
      case Value.Empty empty -> {
        return out.append("null");
      }
      case Value.Int number -> {
        return out.append(number.value());
      }
      case Value.Bool truth -> {
        return out.append(truth.value());
      }
      case Value.Real number -> {
        return Double.isFinite(number.value())
            ? out.append(real(number.value()))
            : quote(out, real(number.value()));
      }
      case Text text -> {
        return quote(out, text.toString());
      }
      case Value.Bytes bytes -> {
        return quote(out, of(bytes));
      }
    }
  }

  private static StringBuilder quote(StringBuilder out, String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> out.append('\\').append(c);
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < ' ' || c == '\u2028' || c == '\u2029') {
            out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    return out.append('"');
  }
}
