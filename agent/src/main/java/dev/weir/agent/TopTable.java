package dev.weir.agent;

import dev.weir.agent.TopSnapshot.Figures;
import dev.weir.agent.TopSnapshot.Pair;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rows of {@code weir top} and how they are written.
 *
 * @param rows all rows, in order
 * @param seconds how long the rates were measured
 */
record TopTable(List<Row> rows, double seconds) {
  /** What rows are ordered by. */
  enum Order {
    RATE("bytes a second", Comparator.comparingDouble(Row::rate)),
    TOTAL("bytes in total", Comparator.comparingDouble(Row::total)),
    RTT("round trip time", Comparator.comparingDouble(Row::rttSeconds)),
    RETRANSMITS("retransmits", Comparator.comparingDouble(Row::retransmits)),
    CONNECTIONS("connections", Comparator.comparingLong(Row::active));

    private final String words;

    @SuppressWarnings("ImmutableEnumChecker") // a comparator of method references
    private final Comparator<Row> most;

    Order(String words, Comparator<Row> ascending) {
      this.words = words;
      this.most = ascending.reversed();
    }

    String words() {
      return words;
    }
  }

  /**
   * Who talks to whom.
   *
   * @param pair the addresses
   * @param source process that opened, empty if it is elsewhere
   * @param destination process that accepted, empty if it is elsewhere
   * @param active connections now
   * @param opened connections opened a second
   * @param there bytes a second from source to destination
   * @param back bytes a second the other way
   * @param total bytes both ways since the agent began to look
   * @param rttSeconds mean round trip time, negative if unknown
   * @param retransmits segments sent again, a second
   */
  record Row(
      Pair pair,
      String source,
      String destination,
      long active,
      double opened,
      double there,
      double back,
      double total,
      double rttSeconds,
      double retransmits) {
    double rate() {
      return there + back;
    }
  }

  /** Copies the list. */
  TopTable {
    rows = List.copyOf(rows);
  }

  /**
   * Compares two snapshots.
   *
   * @param before null for the first: rates are then those since the counters began
   */
  static TopTable between(@Nullable TopSnapshot before, TopSnapshot now, Order order) {
    double seconds =
        Math.max(1e-3, (now.time() - (before == null ? now.start() : before.time())) / 1e9);
    Map<Pair, Figures> earlier = before == null ? Map.of() : before.figures();
    List<Row> rows = new ArrayList<>();
    now.figures()
        .forEach(
            (pair, figures) -> {
              Figures base = earlier.get(pair);
              rows.add(row(pair, base == null ? new Figures() : base, figures, seconds));
            });
    // The order of equals must not jump from table to table.
    rows.sort(
        order.most.thenComparing(
            row -> row.pair().source() + ' ' + row.pair().destination() + ' ' + row.pair().port()));
    return new TopTable(rows, seconds);
  }

  private static Row row(Pair pair, Figures before, Figures now, double seconds) {
    // Means over the interval, or over all time when there was no sample in it.
    long samples = now.rttCount - before.rttCount;
    double rtt =
        samples > 0
            ? (now.rttSum - before.rttSum) / samples
            : now.rttCount > 0 ? now.rttSum / now.rttCount : -1;
    return new Row(
        pair,
        now.sourceProcess,
        now.destinationProcess,
        now.active,
        rate(before.opened, now.opened, seconds),
        rate(before.there, now.there, seconds),
        rate(before.back, now.back, seconds),
        (double) now.there + now.back,
        rtt,
        rate(before.retransmits, now.retransmits, seconds));
  }

  /** A row that expired takes its counts along: the sum may shrink, a rate does not. */
  private static double rate(long before, long now, double seconds) {
    return Math.max(0, now - before) / seconds;
  }

  /** Returns the table as text, at most {@code limit} rows, cut to {@code columns} characters. */
  String text(int limit, int columns) {
    List<Row> shown = rows.subList(0, Math.min(limit, rows.size()));
    int from = "FROM".length();
    int to = "TO".length();
    for (Row row : shown) {
      from = Math.max(from, from(row).length());
      to = Math.max(to, to(row).length());
    }
    StringBuilder text = new StringBuilder();
    String pattern = "%-" + from + "s  %-" + to + "s  %6s  %7s  %10s  %10s  %10s  %8s  %7s";
    line(
        text,
        columns,
        String.format(
            Locale.ROOT,
            pattern,
            "FROM",
            "TO",
            "CONNS",
            "NEW/s",
            "SENT/s",
            "RECEIVED/s",
            "TOTAL",
            "RTT",
            "RETR/s"));
    for (Row row : shown) {
      line(
          text,
          columns,
          String.format(
              Locale.ROOT,
              pattern,
              from(row),
              to(row),
              row.active(),
              number(row.opened()),
              bytes(row.there()),
              bytes(row.back()),
              bytes(row.total()),
              time(row.rttSeconds()),
              number(row.retransmits())));
    }
    if (rows.size() > shown.size()) {
      line(text, columns, "... and " + (rows.size() - shown.size()) + " more");
    }
    return text.toString();
  }

  private static void line(StringBuilder text, int columns, String line) {
    String right = line.stripTrailing();
    text.append(right, 0, Math.min(columns, right.length())).append('\n');
  }

  private static String from(Row row) {
    return (row.source().isEmpty() ? "" : row.source() + " ") + row.pair().source();
  }

  private static String to(Row row) {
    String address = row.pair().destination();
    String end = (address.contains(":") ? "[" + address + "]" : address) + ":" + row.pair().port();
    return row.destination().isEmpty() ? end : end + " " + row.destination();
  }

  static String number(double value) {
    if (value == 0) {
      return "-";
    }
    return String.format(Locale.ROOT, value < 9.95 ? "%.1f" : "%.0f", value);
  }

  /** Writes bytes with a unit of powers of 1000. */
  static String bytes(double value) {
    if (value < 1) {
      return "-";
    }
    String[] units = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    int unit = 0;
    double scaled = value;
    while (scaled >= 999.5 && unit < units.length - 1) {
      scaled /= 1000;
      unit++;
    }
    return String.format(
        Locale.ROOT, unit == 0 || scaled >= 99.95 ? "%.0f %s" : "%.1f %s", scaled, units[unit]);
  }

  static String time(double seconds) {
    if (seconds < 0) {
      return "-";
    }
    if (seconds < 0.000_999_5) {
      return String.format(Locale.ROOT, "%.0f us", seconds * 1e6);
    }
    return seconds < 0.9995
        ? String.format(Locale.ROOT, seconds < 0.0995 ? "%.1f ms" : "%.0f ms", seconds * 1e3)
        : String.format(Locale.ROOT, "%.1f s", seconds);
  }
}
