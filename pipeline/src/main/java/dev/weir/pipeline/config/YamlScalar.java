package dev.weir.pipeline.config;

import java.math.BigInteger;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a plain YAML scalar means, by the rules of the Collector's YAML library (go-yaml v3, file
 * resolve.go): {@code yes} and {@code no} are strings, {@code 0123}, {@code 0o17}, {@code 0x1f} and
 * {@code 0b101} are numbers. Timestamps stay strings: no key of a configuration is one.
 */
final class YamlScalar {
  private static final Map<String, Object> WORDS =
      Map.ofEntries(
          Map.entry("true", true),
          Map.entry("True", true),
          Map.entry("TRUE", true),
          Map.entry("false", false),
          Map.entry("False", false),
          Map.entry("FALSE", false),
          Map.entry(".nan", Double.NaN),
          Map.entry(".NaN", Double.NaN),
          Map.entry(".NAN", Double.NaN),
          Map.entry(".inf", Double.POSITIVE_INFINITY),
          Map.entry(".Inf", Double.POSITIVE_INFINITY),
          Map.entry(".INF", Double.POSITIVE_INFINITY),
          Map.entry("+.inf", Double.POSITIVE_INFINITY),
          Map.entry("+.Inf", Double.POSITIVE_INFINITY),
          Map.entry("+.INF", Double.POSITIVE_INFINITY),
          Map.entry("-.inf", Double.NEGATIVE_INFINITY),
          Map.entry("-.Inf", Double.NEGATIVE_INFINITY),
          Map.entry("-.INF", Double.NEGATIVE_INFINITY));
  private static final Pattern FLOAT =
      Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");
  private static final Pattern INTEGER =
      Pattern.compile("([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))");
  private static final int MAX_NUMBER = 400; // longer than any number that a double can hold

  private YamlScalar() {}

  /** Returns whether the text means nothing. */
  static boolean isNull(String text) {
    return text.isEmpty()
        || text.equals("~")
        || text.equals("null")
        || text.equals("Null")
        || text.equals("NULL");
  }

  /** Returns String, Long, BigInteger (what does not fit a Long), Double or Boolean. */
  static Object value(String text) {
    return number(text).orElseGet(() -> WORDS.getOrDefault(text, text));
  }

  private static Optional<Object> number(String text) {
    if (text.isEmpty()
        || text.length() > MAX_NUMBER
        || "+-.0123456789".indexOf(text.charAt(0)) < 0) {
      return Optional.empty();
    }
    String plain = text.replace("_", "");
    var integer = INTEGER.matcher(plain);
    if (text.charAt(0) != '.' && integer.matches()) {
      String sign = integer.group(1).equals("-") ? "-" : "";
      BigInteger value;
      if (integer.group(2) != null) {
        value = new BigInteger(sign + integer.group(2), 16);
      } else if (integer.group(3) != null) {
        value = new BigInteger(sign + integer.group(3), 2);
      } else if (integer.group(4) != null) {
        value = new BigInteger(sign + integer.group(4), 8);
      } else {
        value = new BigInteger(sign + integer.group(5));
      }
      if (value.bitLength() <= 63) {
        return Optional.of(value.longValue());
      }
      return Optional.of(value);
    }
    if (FLOAT.matcher(plain).matches()) {
      return Optional.of(Double.parseDouble(plain));
    }
    return Optional.empty();
  }
}
