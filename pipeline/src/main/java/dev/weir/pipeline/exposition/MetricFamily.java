package dev.weir.pipeline.exposition;

/**
 * Name, type and help of series that belong together, with their header lines ready. Immutable.
 *
 * <p>OpenMetrics wants a counter's family without {@code _total} and its samples with it. A counter
 * whose name has no {@code _total} keeps its name and is {@code unknown} there, as in Prometheus's
 * Go library: renaming it would part it from its own series in the text format.
 */
public final class MetricFamily {
  private static final String TOTAL = "_total";

  private final String name;
  private final MetricType type;
  private final String help;
  private final Form[] forms = new Form[4];

  /** The bytes of one format. */
  @SuppressWarnings("ArrayRecordComponent") // private to this package, never compared
  record Form(boolean quoted, byte[] header, byte[] name, byte[] base) {}

  /**
   * Makes a family.
   *
   * @param name the name after translation, not empty
   * @param help one line for people, may be empty
   */
  public MetricFamily(String name, MetricType type, String help) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("metric name is empty");
    }
    this.name = name;
    this.type = type;
    this.help = help;
    for (int i = 0; i < forms.length; i++) {
      forms[i] = form((i & 1) != 0, (i & 2) != 0);
    }
  }

  /** Returns the name. */
  public String name() {
    return name;
  }

  /** Returns the name as it is in {@code format}. */
  public String nameIn(ExpositionFormat format) {
    return format.utf8Names() ? name : Escaping.legacyMetricName(name);
  }

  /** Returns the type. */
  public MetricType type() {
    return type;
  }

  /** Returns the help text. */
  public String help() {
    return help;
  }

  Form form(ExpositionFormat format) {
    return forms[(format.openMetrics() ? 1 : 0) + (format.utf8Names() ? 2 : 0)];
  }

  private Form form(boolean openMetrics, boolean utf8Names) {
    String shown = utf8Names ? name : Escaping.legacyMetricName(name);
    boolean total = shown.endsWith(TOTAL) && shown.length() > TOTAL.length();
    String base =
        type == MetricType.COUNTER && total
            ? shown.substring(0, shown.length() - TOTAL.length())
            : shown;
    String headerName = openMetrics ? base : shown;
    boolean quoted = !Escaping.isLegacyMetricName(shown);
    String inHeader = quoted ? '"' + Escaping.escape(headerName, true) + '"' : headerName;
    String word = type.word();
    if (openMetrics && (type == MetricType.UNKNOWN || (type == MetricType.COUNTER && !total))) {
      word = "unknown";
    }
    String header =
        "# HELP "
            + inHeader
            + " "
            + Escaping.escape(help, openMetrics)
            + "\n# TYPE "
            + inHeader
            + " "
            + word
            + "\n";
    return new Form(
        quoted,
        Escaping.utf8(header),
        Escaping.utf8(quoted ? Escaping.escape(shown, true) : shown),
        Escaping.utf8(quoted ? Escaping.escape(base, true) : base));
  }

  @Override
  public String toString() {
    return name + " (" + type.word() + ")";
  }
}
