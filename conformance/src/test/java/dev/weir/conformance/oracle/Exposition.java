package dev.weir.conformance.oracle;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A page of Prometheus's text format 0.0.4 or of OpenMetrics 1.0.0, read strictly: a family comes
 * once and its lines together, HELP and TYPE before samples, no series twice, every sample's name
 * is one that the family's type has, buckets rise. Names in quotes (UTF-8) are read too.
 *
 * @param openMetrics which of the two formats
 * @param families by name, in their order
 */
record Exposition(boolean openMetrics, Map<String, Family> families) {
  private static final Pattern OLD_NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
  private static final Pattern OLD_LABEL = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");
  private static final Set<String> TYPES =
      Set.of(
          "counter",
          "gauge",
          "histogram",
          "summary",
          "untyped",
          "unknown",
          "info",
          "stateset",
          "gaugehistogram");

  /**
   * A family.
   *
   * @param type as the TYPE line says, {@code untyped} without one
   * @param help empty without a HELP line
   * @param samples by series, in their order
   */
  record Family(String name, String type, String help, Map<Series, Point> samples) {}

  /** What tells samples apart. */
  record Series(String name, Map<String, String> labels) {
    String text() {
      return name + labels;
    }
  }

  /**
   * What a sample says.
   *
   * @param timestamp in milliseconds, empty for none
   * @param exemplar its labels sorted, its value, its time in milliseconds; empty for none
   */
  record Point(double value, String timestamp, String exemplar) {}

  /** Reads a page whose Content-Type is given. */
  static Exposition parse(String text, String contentType) {
    return new Reader(text, contentType.startsWith("application/openmetrics-text")).page();
  }

  /** Returns the value of a series, or fails. */
  double value(String name, Map<String, String> labels) {
    for (Family family : families.values()) {
      Point point = family.samples.get(new Series(name, labels));
      if (point != null) {
        return point.value;
      }
    }
    throw new AssertionError("no " + name + labels + " in " + lines());
  }

  /** Returns the sum over the samples of a name; 0 if there are none. */
  double sum(String name) {
    double sum = 0;
    for (Family family : families.values()) {
      for (Map.Entry<Series, Point> sample : family.samples.entrySet()) {
        sum += sample.getKey().name.equals(name) ? sample.getValue().value : 0;
      }
    }
    return sum;
  }

  /** Everything that the page says, a line for each fact, sorted: equal if the pages say equal. */
  Set<String> lines() {
    Set<String> lines = new TreeSet<>();
    for (Family family : families.values()) {
      lines.add("TYPE " + family.name + " " + family.type);
      lines.add("HELP " + family.name + " " + family.help.replace("\n", "\\n"));
      family.samples.forEach(
          (series, point) ->
              lines.add(
                  (series.text()
                          + " "
                          + point.value
                          + (point.timestamp.isEmpty() ? "" : " @" + point.timestamp)
                          + (point.exemplar.isEmpty() ? "" : " # " + point.exemplar))
                      .replace("\n", "\\n")));
    }
    return lines;
  }

  /** What one page says and the other does not: {@code -} only the first, {@code +} the second. */
  static List<String> difference(Set<String> first, Set<String> second) {
    Set<String> all = new TreeSet<>(first);
    all.addAll(second);
    List<String> difference = new ArrayList<>();
    for (String line : all) {
      if (!second.contains(line)) {
        difference.add("- " + line);
      } else if (!first.contains(line)) {
        difference.add("+ " + line);
      }
    }
    return difference;
  }

  private static final class Reader {
    private final String text;
    private final boolean openMetrics;
    private final Map<String, Family> families = new LinkedHashMap<>();
    private String line = "";
    private int at;

    private @Nullable String name;
    private String type = "";
    private String help = "";
    private boolean typed;
    private boolean helped;
    private Map<Series, Point> samples = new LinkedHashMap<>();

    Reader(String text, boolean openMetrics) {
      this.text = text;
      this.openMetrics = openMetrics;
    }

    Exposition page() {
      if (!text.isEmpty() && !text.endsWith("\n")) {
        throw new AssertionError("the last line does not end:\n" + text);
      }
      String[] lines = text.split("\n", -1);
      boolean ended = false;
      for (int i = 0; i < lines.length - 1; i++) {
        line = lines[i];
        at = 0;
        if (ended) {
          throw malformed("something after # EOF");
        }
        if (line.equals("# EOF") && openMetrics) {
          ended = true;
        } else if (line.startsWith("# HELP ")) {
          at = "# HELP ".length();
          String described = metricName();
          String words = at < line.length() ? unescaped(line.substring(at + 1), false) : "";
          if (!described.equals(name)) {
            begin(described);
          }
          if (helped || !samples.isEmpty()) {
            throw malformed("HELP twice or too late");
          }
          helped = true;
          help = words;
        } else if (line.startsWith("# TYPE ")) {
          at = "# TYPE ".length();
          String described = metricName();
          if (!described.equals(name)) {
            begin(described);
          }
          if (typed || !samples.isEmpty()) {
            throw malformed("TYPE twice or too late");
          }
          typed = true;
          type = line.substring(at + 1);
          if (!TYPES.contains(type)) {
            throw malformed("no type");
          }
        } else if (line.startsWith("# UNIT ") && openMetrics) {
          at = "# UNIT ".length();
        } else if (line.startsWith("#")) {
          if (openMetrics) {
            throw malformed("a comment");
          }
        } else {
          sample();
        }
      }
      if (openMetrics && !ended) {
        throw new AssertionError("no # EOF:\n" + text);
      }
      end();
      return new Exposition(openMetrics, families);
    }

    private void begin(String next) {
      end();
      name = next;
      type = "untyped";
      help = "";
      typed = false;
      helped = false;
      samples = new LinkedHashMap<>();
    }

    private void end() {
      if (name == null) {
        return;
      }
      Family family = new Family(name, type, help, samples);
      if (families.put(name, family) != null) {
        throw new AssertionError("family " + name + " comes twice:\n" + text);
      }
      if (type.equals("histogram")) {
        checkBuckets(family);
      }
    }

    private static void checkBuckets(Family family) {
      Map<Map<String, String>, Map<Double, Double>> byLabels = new LinkedHashMap<>();
      family.samples.forEach(
          (series, point) -> {
            if (series.name.endsWith("_bucket")) {
              Map<String, String> labels = new TreeMap<>(series.labels);
              String le = labels.remove("le");
              if (le == null) {
                throw new AssertionError("a bucket without le: " + series);
              }
              byLabels
                  .computeIfAbsent(labels, l -> new LinkedHashMap<>())
                  .put(number(le), point.value);
            }
          });
      byLabels.forEach(
          (labels, buckets) -> {
            double lastBound = Double.NEGATIVE_INFINITY;
            double lastCount = 0;
            for (Map.Entry<Double, Double> bucket : buckets.entrySet()) {
              if (bucket.getKey() < lastBound || bucket.getValue() < lastCount) {
                throw new AssertionError("buckets do not rise: " + family.name + labels + buckets);
              }
              lastBound = bucket.getKey();
              lastCount = bucket.getValue();
            }
            Point count = family.samples.get(new Series(family.name + "_count", labels));
            if (lastBound != Double.POSITIVE_INFINITY
                || (count != null && count.value != lastCount)) {
              throw new AssertionError("not _count but: " + family.name + labels + buckets);
            }
          });
    }

    private void sample() {
      Map<String, String> labels = new TreeMap<>();
      String sampleName = "";
      if (peek() != '{') {
        sampleName = plain(OLD_NAME);
      }
      if (peek() == '{') {
        String inside = labels(labels);
        if (!inside.isEmpty() != sampleName.isEmpty()) {
          throw malformed("no name, or two");
        }
        sampleName = inside.isEmpty() ? sampleName : inside;
      }
      if (name == null || !belongs(sampleName, name)) {
        begin(sampleName);
      }
      expect(' ');
      double value = number(word()) + 0.0; // -0 is 0
      String timestamp = "";
      String exemplar = "";
      if (at < line.length() && !line.startsWith(" # ", at)) {
        at++;
        timestamp = milliseconds(word());
      }
      if (at < line.length()) {
        exemplar = exemplar();
      }
      Point point = new Point(value, timestamp, exemplar);
      if (samples.put(new Series(sampleName, labels), point) != null) {
        throw malformed("this series comes twice");
      }
    }

    private String exemplar() {
      if (!openMetrics || !line.startsWith(" # {", at)) {
        throw malformed("too much after the value");
      }
      at += " # ".length();
      Map<String, String> labels = new TreeMap<>();
      if (!labels(labels).isEmpty()) {
        throw malformed("a name in an exemplar");
      }
      expect(' ');
      String exemplar = labels + " " + number(word());
      if (at < line.length()) {
        at++;
        exemplar += " @" + milliseconds(word());
      }
      if (at < line.length()) {
        throw malformed("too much after the exemplar");
      }
      return exemplar;
    }

    private String word() {
      int begin = at;
      while (at < line.length() && line.charAt(at) != ' ') {
        at++;
      }
      return line.substring(begin, at);
    }

    /** The text format has milliseconds, OpenMetrics seconds. */
    private String milliseconds(String time) {
      return Long.toString(Math.round(number(time) * (openMetrics ? 1000 : 1)));
    }

    private boolean belongs(String sample, String family) {
      List<String> suffixes =
          switch (type) {
            case "histogram" -> List.of("_bucket", "_sum", "_count");
            case "summary" -> List.of("", "_sum", "_count");
            case "counter" -> openMetrics ? List.of("_total") : List.of("");
            case "info" -> List.of("_info");
            default -> List.of("");
          };
      boolean created =
          openMetrics
              && Set.of("histogram", "summary", "counter").contains(type)
              && sample.equals(family + "_created");
      return created || suffixes.stream().anyMatch(s -> sample.equals(family + s));
    }

    /** Reads {@code {...}}; returns a metric's name that is the first in quotes, or nothing. */
    private String labels(Map<String, String> into) {
      String metric = "";
      expect('{');
      while (peek() != '}') {
        String key;
        if (peek() == '"') {
          key = quoted();
          if (peek() != '=') {
            metric = key;
            if (peek() == ',') {
              at++;
            }
            continue;
          }
        } else {
          key = plain(OLD_LABEL);
        }
        expect('=');
        if (into.put(key, quoted()) != null) {
          throw malformed("a label comes twice");
        }
        if (peek() != '}') {
          expect(',');
        }
      }
      at++;
      return metric;
    }

    private String metricName() {
      return peek() == '"' ? quoted() : plain(OLD_NAME);
    }

    private String plain(Pattern names) {
      int begin = at;
      while (at < line.length() && "{ =,}".indexOf(line.charAt(at)) < 0) {
        at++;
      }
      String found = line.substring(begin, at);
      if (!names.matcher(found).matches()) {
        throw malformed("no name");
      }
      return found;
    }

    private String quoted() {
      expect('"');
      int begin = at;
      while (peek() != '"') {
        at += peek() == '\\' ? 2 : 1;
      }
      return unescaped(line.substring(begin, at++), true);
    }

    private String unescaped(String escaped, boolean quotes) {
      StringBuilder out = new StringBuilder();
      for (int i = 0; i < escaped.length(); i++) {
        char c = escaped.charAt(i);
        if (c != '\\') {
          out.append(c);
          continue;
        }
        char next = ++i < escaped.length() ? escaped.charAt(i) : ' ';
        switch (next) {
          case '\\' -> out.append('\\');
          case 'n' -> out.append('\n');
          case '"' -> {
            if (!quotes && !openMetrics) {
              throw malformed("a quote needs no escape here");
            }
            out.append('"');
          }
          default -> throw malformed("no escape");
        }
      }
      return out.toString();
    }

    private char peek() {
      if (at >= line.length()) {
        throw malformed("cut short");
      }
      return line.charAt(at);
    }

    private void expect(char c) {
      if (peek() != c) {
        throw malformed("'" + c + "' expected");
      }
      at++;
    }

    private AssertionError malformed(String what) {
      return new AssertionError(what + " at " + at + ": " + line);
    }
  }

  private static double number(String text) {
    return switch (text) {
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      case "NaN" -> Double.NaN;
      default -> {
        if (!text.matches("[-+]?[0-9]*\\.?[0-9]*([eE][-+]?[0-9]+)?")) {
          throw new AssertionError("not a number: " + text);
        }
        yield Double.parseDouble(text);
      }
    };
  }
}
