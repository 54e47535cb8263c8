package dev.weir.exporter.accesslog;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Bytes of lines in the making, UTF-8. For one thread.
 *
 * <p>What comes from outside goes through {@link #token} or {@link #quoted}, which keep a line one
 * line: control characters, line and paragraph separators, invisible format characters (such as
 * those that turn the direction of text) and unpaired surrogates leave as escapes.
 */
final class LineBytes {
  private static final int START = 1 << 13;
  private static final int KEPT = 1 << 18;
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  /**
   * For each ASCII character: 0 escape, 1 as it is inside quotes, 2 as it is without quotes too.
   */
  private static final byte[] CLASSES = classes();

  private byte[] bytes = new byte[START];
  private int size;

  private static byte[] classes() {
    byte[] classes = new byte[128];
    for (char c = ' '; c < 127; c++) {
      classes[c] =
          switch (c) {
            case '"', '\\' -> 0;
            case ' ', '=' -> 1;
            default -> 2;
          };
    }
    return classes;
  }

  /** Returns the bytes themselves; {@link #size} of them count. */
  byte[] bytes() {
    return bytes;
  }

  int size() {
    return size;
  }

  /** Forgets everything; a very long line's memory is given back. */
  void clear() {
    size = 0;
    if (bytes.length > KEPT) {
      bytes = new byte[START];
    }
  }

  /** Forgets everything from {@code length} on. */
  void truncate(int length) {
    size = length;
  }

  LineBytes add(char ascii) {
    room(1);
    bytes[size++] = (byte) ascii;
    return this;
  }

  /** Appends ASCII text that needs no quotes. */
  @SuppressWarnings("deprecation") // getBytes(int, int, byte[], int) copies Latin-1 without garbage
  LineBytes ascii(String text) {
    int n = text.length();
    room(n);
    text.getBytes(0, n, bytes, size);
    size += n;
    return this;
  }

  LineBytes number(long value) {
    return ascii(Long.toString(value));
  }

  /** Appends {@code digits} decimal digits of {@code value}. */
  LineBytes padded(int value, int digits) {
    room(digits);
    int rest = value;
    for (int i = digits - 1; i >= 0; i--) {
      bytes[size + i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    size += digits;
    return this;
  }

  /** Appends UTF-8 text bare if no character of it needs quotes, otherwise quoted. */
  LineBytes token(byte[] utf8) {
    if (utf8.length > 0 && plain(utf8, 2)) {
      return raw(utf8);
    }
    return quoted(utf8);
  }

  /** Appends UTF-8 text in double quotes, escaped as JSON has it. */
  LineBytes quoted(byte[] utf8) {
    if (plain(utf8, 1)) {
      return add('"').raw(utf8).add('"');
    }
    String text = new String(utf8, StandardCharsets.UTF_8);
    add('"');
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      switch (c) {
        case '"' -> ascii("\\\"");
        case '\\' -> ascii("\\\\");
        case '\n' -> ascii("\\n");
        case '\r' -> ascii("\\r");
        case '\t' -> ascii("\\t");
        default -> {
          if (harmless(c)) {
            codePoint(c);
          } else {
            for (char unit : Character.toChars(c)) {
              escape(unit);
            }
          }
        }
      }
    }
    return add('"');
  }

  private static boolean plain(byte[] utf8, int least) {
    for (byte b : utf8) {
      if (b < 0 || CLASSES[b] < least) {
        return false;
      }
    }
    return true;
  }

  private static boolean harmless(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }

  private void codePoint(int c) {
    if (c < 0x80) {
      add((char) c);
    } else {
      raw(Character.toString(c).getBytes(StandardCharsets.UTF_8));
    }
  }

  private void escape(char unit) {
    room(6);
    bytes[size++] = '\\';
    bytes[size++] = 'u';
    for (int shift = 12; shift >= 0; shift -= 4) {
      bytes[size++] = HEX[unit >> shift & 15];
    }
  }

  private LineBytes raw(byte[] utf8) {
    room(utf8.length);
    System.arraycopy(utf8, 0, bytes, size, utf8.length);
    size += utf8.length;
    return this;
  }

  private void room(int more) {
    if (more > bytes.length - size) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
    }
  }

  /** Returns a copy of what was appended. */
  byte[] copy() {
    return Arrays.copyOf(bytes, size);
  }
}
