package dev.weir.pdata.otlp;

import dev.weir.pdata.Text;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * JSON on one line, numbers and escapes in the form that the Collector writes (json-iterator and
 * Go's strconv): 64 bit integers and infinities as text, floating point numbers in the fewest
 * digits that tell them apart, with an exponent below 1e-6 and from 1e21. For one thread.
 */
final class JsonOutput {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.ISO_8859_1);
  private static final int MAX_DEPTH_STEP = 64;

  private byte[] out;
  private int pos;
  // Whether the open object, at each depth, has a field already.
  private boolean[] filled = new boolean[MAX_DEPTH_STEP];
  private int depth;

  JsonOutput(int capacity) {
    out = new byte[Math.max(capacity, 64)];
  }

  byte[] toByteArray() {
    return Arrays.copyOf(out, pos);
  }

  void beginObject() {
    raw('{');
    if (++depth == filled.length) {
      filled = Arrays.copyOf(filled, depth + MAX_DEPTH_STEP);
    }
    filled[depth] = false;
  }

  void endObject() {
    raw('}');
    depth--;
  }

  /** Writes the name of a field, which needs no escapes. */
  void field(String name) {
    int n = name.length();
    reserve(n + 4);
    if (filled[depth]) {
      out[pos++] = ',';
    }
    filled[depth] = true;
    out[pos++] = '"';
    for (int i = 0; i < n; i++) {
      out[pos++] = (byte) name.charAt(i);
    }
    out[pos++] = '"';
    out[pos++] = ':';
  }

  /** Begins an array; between its elements stands {@link #comma}. */
  void beginArray() {
    raw('[');
  }

  void endArray() {
    raw(']');
  }

  void comma(boolean wanted) {
    if (wanted) {
      raw(',');
    }
  }

  void string(String value) {
    utf8(value.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes a text; what is not UTF-8 in it becomes U+FFFD. */
  void text(Text value) {
    byte[] bytes = value.utf8();
    for (byte b : bytes) {
      if (b < 0) { // the Collector would write bytes that no reader of JSON takes
        string(value.toString());
        return;
      }
    }
    utf8(bytes);
  }

  void utf8(byte[] bytes) {
    reserve(Math.addExact(Math.multiplyExact(bytes.length, 6), 2));
    out[pos++] = '"';
    for (byte b : bytes) {
      if ((b >= 0 && b < ' ') || b == '"' || b == '\\') {
        escape(b);
      } else {
        out[pos++] = b;
      }
    }
    out[pos++] = '"';
  }

  private void escape(byte b) {
    out[pos++] = '\\';
    switch (b) {
      case '"', '\\' -> out[pos++] = b;
      case '\n' -> out[pos++] = 'n';
      case '\r' -> out[pos++] = 'r';
      case '\t' -> out[pos++] = 't';
      default -> {
        out[pos++] = 'u';
        out[pos++] = '0';
        out[pos++] = '0';
        out[pos++] = HEX[b >> 4];
        out[pos++] = HEX[b & 15];
      }
    }
  }

  void hex(byte[] bytes) {
    reserve(bytes.length * 2 + 2);
    out[pos++] = '"';
    for (byte b : bytes) {
      out[pos++] = HEX[(b >> 4) & 15];
      out[pos++] = HEX[b & 15];
    }
    out[pos++] = '"';
  }

  void base64(byte[] bytes) {
    quoted(Base64.getEncoder().encodeToString(bytes));
  }

  void bool(boolean value) {
    ascii(value ? "true" : "false");
  }

  void int32(int value) {
    ascii(Integer.toString(value));
  }

  void uint32(int value) {
    ascii(Integer.toUnsignedString(value));
  }

  void int64(long value) {
    if (value < 0) {
      quoted(Long.toString(value));
    } else {
      digits(value);
    }
  }

  void uint64(long value) {
    if (value < 0) {
      quoted(Long.toUnsignedString(value));
    } else {
      digits(value);
    }
  }

  /** Writes a number from its last digit on: times and counts are most of what is written. */
  private void digits(long value) {
    int n = 1;
    for (long bound = 10; n < 19 && value >= bound; bound *= 10) {
      n++;
    }
    reserve(n + 2);
    out[pos] = '"';
    out[pos + n + 1] = '"';
    long rest = value;
    for (int i = pos + n; i > pos; i--) {
      out[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    pos += n + 2;
  }

  void real(double value) {
    if (Double.isNaN(value)) {
      quoted("NaN");
    } else if (Double.isInfinite(value)) {
      quoted(value > 0 ? "Infinity" : "-Infinity");
    } else {
      ascii(number(value));
    }
  }

  /** Returns a finite number as Go's strconv.FormatFloat(value, 'f' or 'e', -1, 64) does. */
  static String number(double value) {
    double abs = Math.abs(value);
    if (abs < 1e15 && value == Math.rint(value) && (abs != 0 || 1 / value > 0)) {
      return Long.toString((long) value);
    }
    String java = Double.toString(abs);
    int e = java.indexOf('E');
    int exponent = e < 0 ? 0 : Integer.parseInt(java, e + 1, java.length(), 10);
    String mantissa = e < 0 ? java : java.substring(0, e);
    int dot = mantissa.indexOf('.');
    // Digits d1 d2 d3 ..., with the point before the digit at index "point".
    String digits = mantissa.substring(0, dot) + mantissa.substring(dot + 1);
    int point = dot + exponent;
    int begin = 0;
    while (begin < digits.length() - 1 && digits.charAt(begin) == '0') {
      begin++;
    }
    int end = digits.length();
    while (end > begin + 1 && digits.charAt(end - 1) == '0') {
      end--;
    }
    digits = digits.substring(begin, end);
    point -= begin;
    if (digits.length() == 2) {
      // Java writes two digits where one would do (4.9E-324), Go does not (5e-324).
      String one = Long.toString(Math.round(Integer.parseInt(digits) / 10.0));
      if (Double.parseDouble(one + "E" + (point - 1)) == abs) {
        point += one.length() - 1;
        digits = one.substring(0, 1);
      }
    }
    StringBuilder text = new StringBuilder(24);
    if (value < 0 || (value == 0 && 1 / value < 0)) {
      text.append('-');
    }
    if (abs != 0 && (abs < 1e-6 || abs >= 1e21)) {
      text.append(digits.charAt(0));
      if (digits.length() > 1) {
        text.append('.').append(digits, 1, digits.length());
      }
      int power = point - 1;
      text.append('e').append(power < 0 ? '-' : '+');
      text.append(Math.abs(power) < 10 ? "0" : "").append(Math.abs(power));
    } else if (abs == 0) {
      text.append('0');
    } else if (point <= 0) {
      text.append("0.").repeat('0', -point).append(digits);
    } else if (point >= digits.length()) {
      text.append(digits).repeat('0', point - digits.length());
    } else {
      text.append(digits, 0, point).append('.').append(digits, point, digits.length());
    }
    return text.toString();
  }

  private void quoted(String ascii) {
    raw('"');
    ascii(ascii);
    raw('"');
  }

  private void ascii(String value) {
    int n = value.length();
    reserve(n);
    for (int i = 0; i < n; i++) {
      out[pos++] = (byte) value.charAt(i);
    }
  }

  private void raw(char c) {
    reserve(1);
    out[pos++] = (byte) c;
  }

  private void reserve(int bytes) {
    if (out.length - pos < bytes) {
      out = Arrays.copyOf(out, Math.max(out.length * 2, pos + bytes));
    }
  }
}
