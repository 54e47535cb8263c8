package dev.weir.pipeline.exposition;

import java.nio.charset.StandardCharsets;

/** Names and texts in the form that the exposition formats ask for. */
final class Escaping {
  private Escaping() {}

  /** Returns whether every parser, also an old one, takes this as a metric name. */
  static boolean isLegacyMetricName(String name) {
    return isLegacy(name, true);
  }

  /** Returns whether every parser, also an old one, takes this as a label name. */
  static boolean isLegacyLabelName(String name) {
    return isLegacy(name, false);
  }

  /** Returns the metric name with an underscore for each character that old parsers refuse. */
  static String legacyMetricName(String name) {
    return legacy(name, true);
  }

  /** Returns the label name with an underscore for each character that old parsers refuse. */
  static String legacyLabelName(String name) {
    return legacy(name, false);
  }

  private static boolean isLegacy(String name, boolean colon) {
    for (int i = 0; i < name.length(); i++) {
      if (!allowed(name.charAt(i), i, colon)) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  private static String legacy(String name, boolean colon) {
    StringBuilder out = new StringBuilder(name.length());
    name.codePoints()
        .forEach(c -> out.append(allowed(c, out.length(), colon) ? Character.toString(c) : "_"));
    return out.isEmpty() ? "_" : out.toString();
  }

  private static boolean allowed(int c, int position, boolean colon) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || c == '_'
        || (c >= '0' && c <= '9' && position > 0)
        || (colon && c == ':');
  }

  /** Returns the text with backslash, line feed and, if asked, the double quote escaped. */
  static String escape(String text, boolean quotes) {
    StringBuilder out = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' || c == '\n' || (quotes && c == '"')) {
        if (out == null) {
          out = new StringBuilder(text.length() + 8).append(text, 0, i);
        }
        out.append('\\').append(c == '\n' ? 'n' : c);
      } else if (out != null) {
        out.append(c);
      }
    }
    return out == null ? text : out.toString();
  }

  /** Returns UTF-8; a lone surrogate, which UTF-8 cannot say, becomes a question mark. */
  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
