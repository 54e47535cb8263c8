package dev.weir.exporter.debug;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Text;
import dev.weir.pdata.Value;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Writes numbers, times and values as Go does, because the text of the Collector's debug exporter
 * is the contract. Held against Go's own output for 389 doubles (floats.txt among the tests).
 */
final class GoText {
  private static final long NANOS = 1_000_000_000L;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final String HEX = "0123456789abcdef";

  private GoText() {}

  /** Formats nanoseconds since 1970 as Go's {@code time.Time} prints itself, in UTC. */
  static String time(long nanos) {
    long seconds = Math.floorDiv(nanos, NANOS);
    long rest = Math.floorMod(nanos, NANOS);
    StringBuilder out = new StringBuilder(40);
    TIME.formatTo(Instant.ofEpochSecond(seconds), out);
    if (rest != 0) {
      String digits = Long.toString(rest + NANOS).substring(1);
      int end = digits.length();
      while (digits.charAt(end - 1) == '0') {
        end--;
      }
      out.append('.').append(digits, 0, end);
    }
    return out.append(" +0000 UTC").toString();
  }

  /** Formats as {@code %f}: six digits after the point. */
  static String six(double value) {
    if (!Double.isFinite(value)) {
      return special(value);
    }
    String digits =
        new BigDecimal(Math.abs(value)).setScale(6, RoundingMode.HALF_EVEN).toPlainString();
    return negative(value) ? "-" + digits : digits;
  }

  /** Formats as {@code %v}: the shortest form, with an exponent below 1e-4 and from 1e6 on. */
  static String shortest(double value) {
    if (!Double.isFinite(value)) {
      return special(value);
    }
    Digits digits = digits(value);
    int exponent = digits.point - 1;
    return value != 0 && (exponent < -4 || exponent >= 6)
        ? scientific(value, digits, 2)
        : plain(value, digits);
  }

  /**
   * Formats as the Collector's {@code Value.AsString} does: like JavaScript, with an exponent below
   * 1e-6 and from 1e21 on.
   */
  static String script(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "Infinity" : "-Infinity";
    }
    Digits digits = digits(value);
    double size = Math.abs(value);
    if (size != 0 && (size < 1e-6 || size >= 1e21)) {
      return scientific(value, digits, 1);
    }
    return plain(value, digits);
  }

  private static String special(double value) {
    return Double.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  }

  private static boolean negative(double value) {
    return Double.doubleToRawLongBits(value) < 0;
  }

  /** The decimal digits of a number and how many of them stand left of the point. */
  private record Digits(String text, int point) {}

  private static Digits digits(double value) {
    if (value == 0) {
      return new Digits("0", 1);
    }
    BigDecimal exact = new BigDecimal(Double.toString(Math.abs(value))).stripTrailingZeros();
    // Java's shortest form has at least two digits (JDK-4511638); Go's may do with one.
    if (exact.precision() == 2) {
      for (RoundingMode mode : new RoundingMode[] {RoundingMode.HALF_EVEN, RoundingMode.UP}) {
        BigDecimal one = exact.round(new MathContext(1, mode));
        if (one.doubleValue() == Math.abs(value)) {
          exact = one.stripTrailingZeros();
          break;
        }
      }
    }
    String text = exact.unscaledValue().toString();
    return new Digits(text, text.length() - exact.scale());
  }

  private static String scientific(double value, Digits digits, int exponentDigits) {
    StringBuilder out = new StringBuilder(24);
    if (negative(value)) {
      out.append('-');
    }
    out.append(digits.text.charAt(0));
    if (digits.text.length() > 1) {
      out.append('.').append(digits.text, 1, digits.text.length());
    }
    int exponent = digits.point - 1;
    out.append('e').append(exponent < 0 ? '-' : '+');
    String power = Integer.toString(Math.abs(exponent));
    out.repeat('0', Math.max(0, exponentDigits - power.length()));
    return out.append(power).toString();
  }

  private static String plain(double value, Digits digits) {
    StringBuilder out = new StringBuilder(24);
    if (negative(value)) {
      out.append('-');
    }
    int length = digits.text.length();
    if (digits.point <= 0) {
      out.append("0.").repeat('0', -digits.point).append(digits.text);
    } else if (digits.point >= length) {
      out.append(digits.text).repeat('0', digits.point - length);
    } else {
      out.append(digits.text, 0, digits.point)
          .append('.')
          .append(digits.text, digits.point, length);
    }
    return out.toString();
  }

  /** Returns the Collector's name for the kind of a value. */
  static String type(Value value) {
    return switch (value) {
      case Text text -> "Str";
      case Value.Int whole -> "Int";
      case Value.Real real -> "Double";
      case Value.Bool truth -> "Bool";
      case Value.Bytes bytes -> "Bytes";
      case Value.Items items -> "Slice";
      case Value.Pairs pairs -> "Map";
      case Value.Empty none -> "Empty";
    };
  }

  /** Formats a value as the Collector's {@code AsString}: what is nested as JSON. */
  static String value(Value value) {
    return switch (value) {
      case Text text -> text.toString();
      case Value.Real real -> script(real.value());
      case Value.Bytes bytes -> Base64.getEncoder().encodeToString(bytes.content());
      case Value.Items items -> json(new StringBuilder(), items).toString();
      case Value.Pairs pairs -> json(new StringBuilder(), pairs).toString();
      case Value.Int whole -> Long.toString(whole.value());
      case Value.Bool truth -> Boolean.toString(truth.value());
      case Value.Empty none -> "";
    };
  }

  private static StringBuilder json(StringBuilder out, Value value) {
    switch (value) {
      case Text text -> quoted(out, text.toString());
      case Value.Real real -> {
        // JSON has no such numbers; Go's encoder gives up the whole value, which tells a reader
        // less than the word.
        if (Double.isFinite(real.value())) {
          out.append(script(real.value()));
        } else {
          quoted(out, script(real.value()));
        }
      }
      case Value.Bytes bytes -> quoted(out, Base64.getEncoder().encodeToString(bytes.content()));
      case Value.Items items -> {
        String between = "[";
        for (Value item : items.values()) {
          json(out.append(between), item);
          between = ",";
        }
        out.append(items.values().isEmpty() ? "[]" : "]");
      }
      case Value.Pairs pairs -> {
        Attributes values = pairs.values();
        String between = "{";
        // Go's encoder sorts the keys of a map.
        for (int i :
            IntStream.range(0, values.size())
                .boxed()
                .sorted(
                    (a, b) -> Arrays.compareUnsigned(values.key(a).utf8(), values.key(b).utf8()))
                .toList()) {
          quoted(out.append(between), values.key(i).name()).append(':');
          json(out, values.value(i));
          between = ",";
        }
        out.append(values.isEmpty() ? "{}" : "}");
      }
      case Value.Int whole -> out.append(whole.value());
      case Value.Bool truth -> out.append(truth.value());
      case Value.Empty none -> out.append("null");
    }
    return out;
  }

  private static StringBuilder quoted(StringBuilder out, String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\u2028' -> out.append("\\u2028");
        case '\u2029' -> out.append("\\u2029");
        default -> {
          if (c < ' ') {
            out.append("\\u00").append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
          } else {
            out.append(c);
          }
        }
      }
    }
    return out.append('"');
  }
}
