package dev.weir.pipeline.exposition;

/**
 * Writes numbers as bytes: whole ones without making an object, others with what the JDK's search
 * for the shortest digits makes (about 90 bytes). For one thread.
 *
 * <p>Whole numbers are written digit by digit, also large ones, because people read these pages;
 * other doubles in the shortest form that reads back as the same double, laid out as Go's {@code
 * strconv.FormatFloat(v, 'g', -1, 64)} does. Bucket bounds follow Go throughout ({@code 1e+06}):
 * they are labels, and a series must keep its identity when the Collector is replaced.
 */
final class NumberText {
  /** Room that every number fits in. */
  static final int MAX_LENGTH = 32;

  private static final double MAX_WHOLE = 1L << 53;
  private static final int MAX_DIGITS = 17;
  private static final int GO_EXPONENT_BELOW = -4;
  private static final int GO_EXPONENT_FROM = 6;

  private final StringBuilder scratch = new StringBuilder(MAX_LENGTH);
  private final byte[] digits = new byte[MAX_DIGITS + 3];

  /** Writes an integer at {@code at} and returns the position after it. */
  static int put(byte[] out, int at, long value) {
    int position = at;
    if (value < 0) {
      if (value == Long.MIN_VALUE) {
        return putAscii(out, position, "-9223372036854775808");
      }
      out[position++] = '-';
      return putDigits(out, position, -value);
    }
    return putDigits(out, position, value);
  }

  /** Writes a count, which OTLP holds in 64 bits without sign. */
  static int putUnsigned(byte[] out, int at, long value) {
    return value < 0 ? putAscii(out, at, Long.toUnsignedString(value)) : putDigits(out, at, value);
  }

  private static int putDigits(byte[] out, int at, long value) {
    int length = 1;
    for (long bound = 10; length < 19 && value >= bound; length++) {
      bound *= 10;
    }
    long rest = value;
    for (int i = at + length - 1; i >= at; i--) {
      long next = rest / 10;
      out[i] = (byte) ('0' + (rest - next * 10));
      rest = next;
    }
    return at + length;
  }

  /** Writes a sample's value at {@code at} and returns the position after it. */
  int put(byte[] out, int at, double value, boolean openMetrics) {
    if (value == Math.rint(value) && Math.abs(value) < MAX_WHOLE) {
      if (value == 0 && 1 / value < 0) {
        return putAscii(out, at, openMetrics ? "-0.0" : "-0");
      }
      int end = put(out, at, (long) value);
      if (openMetrics) {
        out[end++] = '.';
        out[end++] = '0';
      }
      return end;
    }
    return putGo(out, at, value, openMetrics);
  }

  /** Returns a bound or quantile; OpenMetrics wants whole numbers with {@code .0}. */
  String go(double value, boolean openMetrics) {
    byte[] out = new byte[MAX_LENGTH];
    int end = putGo(out, 0, value, openMetrics);
    return new String(out, 0, end, java.nio.charset.StandardCharsets.US_ASCII);
  }

  private int putGo(byte[] out, int at, double value, boolean openMetrics) {
    if (Double.isNaN(value)) {
      return putAscii(out, at, "NaN");
    }
    if (Double.isInfinite(value)) {
      return putAscii(out, at, value > 0 ? "+Inf" : "-Inf");
    }
    int position = at;
    if (value < 0 || (value == 0 && 1 / value < 0)) {
      out[position++] = '-';
    }
    if (value == 0) {
      return putAscii(out, position, openMetrics ? "0.0" : "0");
    }
    // The JDK finds the shortest digits (Giulietti 2020) and lays them out in its own way.
    scratch.setLength(0);
    scratch.append(Math.abs(value));
    int count = 0;
    int point = -1;
    int exponent = 0;
    for (int i = 0; i < scratch.length(); i++) {
      char c = scratch.charAt(i);
      if (c == '.') {
        point = count;
      } else if (c == 'E') {
        exponent = Integer.parseInt(scratch, i + 1, scratch.length(), 10);
        break;
      } else {
        digits[count++] = (byte) c;
      }
    }
    int first = 0;
    while (digits[first] == '0') {
      first++;
    }
    while (digits[count - 1] == '0') {
      count--;
    }
    int length = count - first;
    int power = point + exponent - first - 1; // of the first digit
    return lay(out, position, first, length, power, openMetrics);
  }

  private int lay(byte[] out, int at, int first, int length, int power, boolean openMetrics) {
    int position = at;
    if (power < GO_EXPONENT_BELOW || power >= GO_EXPONENT_FROM) {
      out[position++] = digits[first];
      if (length > 1) {
        out[position++] = '.';
        System.arraycopy(digits, first + 1, out, position, length - 1);
        position += length - 1;
      }
      out[position++] = 'e';
      out[position++] = (byte) (power < 0 ? '-' : '+');
      int magnitude = Math.abs(power);
      if (magnitude < 10) {
        out[position++] = '0';
      }
      return put(out, position, magnitude);
    }
    if (power < 0) {
      out[position++] = '0';
      out[position++] = '.';
      for (int i = -1; i > power; i--) {
        out[position++] = '0';
      }
      System.arraycopy(digits, first, out, position, length);
      return position + length;
    }
    for (int i = 0; i <= power; i++) {
      out[position++] = i < length ? digits[first + i] : (byte) '0';
    }
    if (length > power + 1) {
      out[position++] = '.';
      int rest = length - power - 1;
      System.arraycopy(digits, first + power + 1, out, position, rest);
      position += rest;
    } else if (openMetrics) {
      out[position++] = '.';
      out[position++] = '0';
    }
    return position;
  }

  private static int putAscii(byte[] out, int at, String text) {
    for (int i = 0; i < text.length(); i++) {
      out[at + i] = (byte) text.charAt(i);
    }
    return at + text.length();
  }
}
