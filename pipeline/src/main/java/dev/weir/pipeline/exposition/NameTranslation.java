package dev.weir.pipeline.exposition;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Makes Prometheus names of OpenTelemetry names. The rules are those of the OpenTelemetry
 * specification, "Prometheus and OpenMetrics compatibility", in the reading of Prometheus's
 * otlptranslator 1.0, which the Collector uses (collector.md 2.8). Immutable. Names are made when a
 * series first appears, so this is written for clearness.
 *
 * @param namespace put before each metric name with an underscore; may be empty
 * @param keepNames whether names may hold any character
 * @param unitSuffix whether the unit is appended
 * @param typeSuffix whether {@code total} (counters) and {@code ratio} (gauges of unit 1) are
 *     appended
 */
public record NameTranslation(
    String namespace, boolean keepNames, boolean unitSuffix, boolean typeSuffix) {

  private static final Map<String, String> UNITS =
      Map.ofEntries(
          Map.entry("d", "days"),
          Map.entry("h", "hours"),
          Map.entry("min", "minutes"),
          Map.entry("s", "seconds"),
          Map.entry("ms", "milliseconds"),
          Map.entry("us", "microseconds"),
          Map.entry("ns", "nanoseconds"),
          Map.entry("By", "bytes"),
          Map.entry("KiBy", "kibibytes"),
          Map.entry("MiBy", "mebibytes"),
          Map.entry("GiBy", "gibibytes"),
          Map.entry("TiBy", "tibibytes"),
          Map.entry("KBy", "kilobytes"),
          Map.entry("MBy", "megabytes"),
          Map.entry("GBy", "gigabytes"),
          Map.entry("TBy", "terabytes"),
          Map.entry("m", "meters"),
          Map.entry("V", "volts"),
          Map.entry("A", "amperes"),
          Map.entry("J", "joules"),
          Map.entry("W", "watts"),
          Map.entry("g", "grams"),
          Map.entry("Cel", "celsius"),
          Map.entry("Hz", "hertz"),
          Map.entry("1", ""),
          Map.entry("%", "percent"));

  private static final Map<String, String> PER_UNITS =
      Map.of(
          "s", "second", "m", "minute", "h", "hour", "d", "day", "w", "week", "mo", "month", "y",
          "year");

  /** Returns the translation of a strategy. */
  public static NameTranslation of(TranslationStrategy strategy, String namespace) {
    return new NameTranslation(
        namespace, strategy.keepsNames(), strategy.addsSuffixes(), strategy.addsSuffixes());
  }

  /**
   * Returns the name of a metric.
   *
   * @param type {@link MetricType#COUNTER} gets {@code total}, {@link MetricType#GAUGE} of unit 1
   *     {@code ratio}
   * @throws IllegalArgumentException if nothing but underscores is left of the name
   */
  public String metricName(String name, String unit, MetricType type) {
    return keepNames ? keptMetricName(name, unit, type) : escapedMetricName(name, unit, type);
  }

  /**
   * Returns the name of a label.
   *
   * @throws IllegalArgumentException if nothing but underscores is left of the name
   */
  public String labelName(String name) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("label name is empty");
    }
    if (keepNames) {
      return name;
    }
    StringBuilder out = new StringBuilder(name.length());
    name.codePoints()
        .forEach(
            c -> {
              if (isLetterOrDigit(c)) {
                out.appendCodePoint(c);
              } else {
                out.append('_');
              }
            });
    if (out.chars().allMatch(c -> c == '_')) {
      throw new IllegalArgumentException(
          "normalization for label name \"" + name + "\" resulted in invalid name \"" + out + "\"");
    }
    if (isDigit(out.charAt(0))) {
      return "key_" + out;
    }
    // Prometheus keeps two underscores in front for itself; the Collector then leaves out the
    // series.
    return out.indexOf("__") == 0 ? "key" + out : out.toString();
  }

  private String escapedMetricName(String name, String unit, MetricType type) {
    String made = unitSuffix || typeSuffix ? suffixed(name, unit, type) : plain(name);
    if (made.isEmpty()) {
      throw new IllegalArgumentException(
          "normalization for metric \"" + name + "\" resulted in empty name");
    }
    if (!made.equals(name) && made.chars().allMatch(c -> c == '_')) {
      throw new IllegalArgumentException(
          "normalization for metric \"" + name + "\" resulted in invalid name \"" + made + "\"");
    }
    return made;
  }

  /** Without suffixes: runs of what is not allowed become one underscore, underscores stay. */
  private String plain(String name) {
    String made = String.join("_", split(name, true));
    if (!namespace.isEmpty()) {
      return String.join("_", split(namespace, true)) + "_" + made;
    }
    return startsWithDigit(made) ? "_" + made : made;
  }

  /** With suffixes: the name falls into tokens, and a unit is not said twice. */
  private String suffixed(String name, String unit, MetricType type) {
    List<String> tokens = split(name, false);
    if (unitSuffix) {
      addUnit(tokens, clean(mainUnit(unit)), clean(perUnit(unit)));
    }
    if (typeSuffix && type == MetricType.COUNTER) {
      tokens.removeIf("total"::equals);
      tokens.add("total");
    }
    if (typeSuffix && type == MetricType.GAUGE && unit.equals("1")) {
      tokens.removeIf("ratio"::equals);
      tokens.add("ratio");
    }
    if (!namespace.isEmpty()) {
      tokens.add(0, String.join("_", split(namespace, true)));
    }
    String made = String.join("_", tokens);
    return startsWithDigit(made) ? "_" + made : made;
  }

  private static void addUnit(List<String> tokens, String mainUnit, String perUnit) {
    String main = tokens.contains(mainUnit) ? "" : mainUnit;
    String per = perUnit.equals("per_") ? "" : trimUnderscore(perUnit);
    if (tokens.contains(per)) {
      per = "";
    }
    if (!per.isEmpty()) {
      main = trimUnderscore(main);
    }
    if (!main.isEmpty()) {
      tokens.add(main);
    }
    if (!per.isEmpty()) {
      tokens.add(per);
    }
  }

  private String keptMetricName(String name, String unit, MetricType type) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("metric name is empty");
    }
    String made = namespace.isEmpty() ? name : namespace + "_" + name;
    String after = "";
    if (typeSuffix && type == MetricType.GAUGE && unit.equals("1")) {
      made = withoutSuffix(made, "ratio");
      after = "_ratio";
    }
    if (typeSuffix && type == MetricType.COUNTER) {
      made = withoutSuffix(made, "total");
      after = "_total";
    }
    if (unitSuffix) {
      String per = perUnit(unit);
      if (!per.isEmpty()) {
        made = withoutSuffix(made, per);
        after = "_" + per + after;
      }
      String main = mainUnit(unit);
      if (!main.isEmpty() && !made.endsWith(main)) {
        made = made + "_" + main;
      }
    }
    return made + after;
  }

  /** Returns the name without the suffix and the one character before it, which parts the two. */
  private static String withoutSuffix(String name, String suffix) {
    return name.endsWith(suffix) && name.length() > suffix.length() + 1
        ? name.substring(0, name.length() - suffix.length() - 1)
        : name;
  }

  private static String mainUnit(String unit) {
    int slash = unit.indexOf('/');
    String main = (slash < 0 ? unit : unit.substring(0, slash)).strip();
    return isAnnotation(main) ? "" : UNITS.getOrDefault(main, main);
  }

  private static String perUnit(String unit) {
    int slash = unit.indexOf('/');
    String per = slash < 0 ? "" : unit.substring(slash + 1).strip();
    return per.isEmpty() || isAnnotation(per) ? "" : "per_" + PER_UNITS.getOrDefault(per, per);
  }

  /** {@code {request}} says what is counted and is no unit. */
  private static boolean isAnnotation(String unit) {
    return unit.indexOf('{') >= 0 || unit.indexOf('}') >= 0;
  }

  private static String clean(String unit) {
    StringBuilder out = new StringBuilder(unit.length());
    unit.codePoints()
        .forEach(
            c -> {
              if (isLetterOrDigit(c) || c == ':') {
                out.appendCodePoint(c);
              } else if (out.isEmpty() || out.charAt(out.length() - 1) != '_') {
                out.append('_');
              }
            });
    return !out.isEmpty() && out.charAt(0) == '_' ? out.substring(1) : out.toString();
  }

  private static String trimUnderscore(String text) {
    return text.endsWith("_") ? text.substring(0, text.length() - 1) : text;
  }

  private static List<String> split(String name, boolean keepUnderscores) {
    List<String> tokens = new ArrayList<>();
    StringBuilder token = new StringBuilder();
    name.codePoints()
        .forEach(
            c -> {
              if (isLetterOrDigit(c) || c == ':' || (keepUnderscores && c == '_')) {
                token.appendCodePoint(c);
              } else if (!token.isEmpty()) {
                tokens.add(token.toString());
                token.setLength(0);
              }
            });
    if (!token.isEmpty()) {
      tokens.add(token.toString());
    }
    return tokens;
  }

  private static boolean startsWithDigit(String text) {
    return !text.isEmpty() && isDigit(text.charAt(0));
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isLetterOrDigit(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c);
  }
}
