package dev.weir.pipeline.config;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Map;

/**
 * Durations in the notation of Go, which the Collector uses: {@code 1h30m}, {@code 1.5s}, {@code
 * 250ms}. Source of the rules: Go's package time, ParseDuration and Duration.String.
 */
public final class GoDuration {
  private static final Map<String, Long> UNITS =
      Map.of(
          "ns", 1L,
          "us", 1_000L,
          "\u00b5s", 1_000L, // micro sign
          "\u03bcs", 1_000L, // Greek letter mu
          "ms", 1_000_000L,
          "s", 1_000_000_000L,
          "m", 60_000_000_000L,
          "h", 3_600_000_000_000L);
  private static final int MAX_LENGTH = 100;

  private GoDuration() {}

  /**
   * Parses a duration.
   *
   * @throws IllegalArgumentException with the reason in few words, without the text itself
   */
  public static Duration parse(String text) {
    int at = 0;
    boolean negative = false;
    if (!text.isEmpty() && (text.charAt(0) == '-' || text.charAt(0) == '+')) {
      negative = text.charAt(0) == '-';
      at = 1;
    }
    if (text.substring(at).equals("0")) {
      return Duration.ZERO;
    }
    if (at == text.length() || text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException("invalid duration");
    }
    BigInteger nanos = BigInteger.ZERO;
    while (at < text.length()) {
      int number = at;
      while (at < text.length() && (isDigit(text.charAt(at)) || text.charAt(at) == '.')) {
        at++;
      }
      String digits = text.substring(number, at);
      if (digits.isEmpty()
          || digits.equals(".")
          || digits.indexOf('.') != digits.lastIndexOf('.')) {
        throw new IllegalArgumentException("invalid duration");
      }
      int unit = at;
      while (at < text.length() && !isDigit(text.charAt(at)) && text.charAt(at) != '.') {
        at++;
      }
      if (unit == at) {
        throw new IllegalArgumentException("missing unit in duration");
      }
      Long size = UNITS.get(text.substring(unit, at));
      if (size == null) {
        throw new IllegalArgumentException("unknown unit");
      }
      String decimal = digits.startsWith(".") ? "0" + digits : digits;
      decimal = decimal.endsWith(".") ? decimal + "0" : decimal;
      nanos = nanos.add(new BigDecimal(decimal).multiply(BigDecimal.valueOf(size)).toBigInteger());
    }
    if (negative) {
      nanos = nanos.negate();
    }
    if (nanos.bitLength() > 63) { // Go counts nanoseconds in 64 bits: about 292 years
      throw new IllegalArgumentException("invalid duration");
    }
    return Duration.ofNanos(nanos.longValue());
  }

  /** Writes a duration as Go prints it: {@code 1h30m0s}, {@code 1.5s}, {@code 0s}. */
  public static String format(Duration duration) {
    if (duration.isZero()) {
      return "0s";
    }
    String sign = duration.isNegative() ? "-" : "";
    Duration size = duration.abs();
    if (size.compareTo(Duration.ofSeconds(1)) < 0) {
      long nanos = size.toNanos();
      if (nanos < 1_000) {
        return sign + nanos + "ns";
      }
      return nanos < 1_000_000
          ? sign + decimal(nanos, 3) + "\u00b5s"
          : sign + decimal(nanos, 6) + "ms";
    }
    StringBuilder text = new StringBuilder(sign);
    long minutes = size.toMinutes();
    if (minutes >= 60) {
      text.append(minutes / 60).append('h');
    }
    if (minutes > 0) {
      text.append(minutes % 60).append('m');
    }
    return text.append(decimal(size.minusMinutes(minutes).toNanos(), 9)).append('s').toString();
  }

  private static String decimal(long nanos, int digits) {
    BigDecimal value = BigDecimal.valueOf(nanos, digits).stripTrailingZeros();
    return value.toPlainString();
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
