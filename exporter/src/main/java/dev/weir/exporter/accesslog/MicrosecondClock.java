package dev.weir.exporter.accesslog;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/**
 * Writes times as RFC 3339 in UTC with microseconds: {@code 2026-11-20T10:51:54.947554Z}. The text
 * of the last second is remembered. For one thread.
 */
final class MicrosecondClock {
  private static final long NANOS = 1_000_000_000L;

  private long second = Long.MIN_VALUE;
  private String text = "";

  /** Appends nanoseconds since 1970; digits past the microsecond are cut off. */
  void write(LineBytes out, long nanos) {
    long now = Math.floorDiv(nanos, NANOS);
    if (now != second) {
      LocalDateTime time = LocalDateTime.ofInstant(Instant.ofEpochSecond(now), ZoneOffset.UTC);
      LineBytes digits = new LineBytes();
      digits.padded(time.getYear(), 4).add('-').padded(time.getMonthValue(), 2).add('-');
      digits.padded(time.getDayOfMonth(), 2).add('T').padded(time.getHour(), 2).add(':');
      digits.padded(time.getMinute(), 2).add(':').padded(time.getSecond(), 2).add('.');
      text = new String(digits.copy(), StandardCharsets.US_ASCII);
      second = now;
    }
    out.ascii(text).padded((int) (Math.floorMod(nanos, NANOS) / 1000), 6).add('Z');
  }
}
