package dev.weir.testbed;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * What a Prometheus endpoint said: the text exposition format and OpenMetrics, as far as their
 * sample lines go. Anything else than a comment, a sample or an empty line fails.
 *
 * @param text as it came
 * @param samples in their order
 */
public record Scrape(String text, List<Sample> samples) {
  /** Copies the list. */
  public Scrape {
    samples = List.copyOf(samples);
  }

  /**
   * One line.
   *
   * @param name as exposed, suffixes included
   * @param labels by name
   * @param value as exposed; whole numbers up to 2^53 are exact
   */
  public record Sample(String name, Map<String, String> labels, double value) {
    /** Copies the labels. */
    public Sample {
      labels = Map.copyOf(labels);
    }

    /** Returns a label's value, an absent one as the empty string, as Prometheus has it. */
    public String label(String key) {
      return labels.getOrDefault(key, "");
    }
  }

  /** Reads an exposition. */
  public static Scrape parse(String text) {
    List<Sample> samples = new ArrayList<>();
    text.lines()
        .filter(line -> !line.isEmpty() && line.charAt(0) != '#')
        .forEach(line -> samples.add(new Line(line).sample()));
    return new Scrape(text, samples);
  }

  /** Returns the samples of that name whose labels match. */
  public List<Sample> of(String name, Predicate<Sample> which) {
    return samples.stream().filter(s -> s.name.equals(name)).filter(which).toList();
  }

  /** Returns the sum over the samples of that name whose labels match; 0 if there are none. */
  public double sum(String name, Predicate<Sample> which) {
    return of(name, which).stream().mapToDouble(Sample::value).sum();
  }

  /** Returns the sum over all samples of that name; 0 if there are none. */
  public double sum(String name) {
    return sum(name, s -> true);
  }

  /** A predicate: these labels have these values, the empty string for an absent one. */
  public static Predicate<Sample> labels(String... keysAndValues) {
    Map<String, String> wanted = new TreeMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      wanted.put(keysAndValues[i], keysAndValues[i + 1]);
    }
    return sample ->
        wanted.entrySet().stream().allMatch(e -> sample.label(e.getKey()).equals(e.getValue()));
  }

  /** One sample line, read from left to right. */
  private static final class Line {
    private final String line;
    private int at;

    Line(String line) {
      this.line = line;
    }

    Sample sample() {
      int begin = at;
      while (at < line.length() && line.charAt(at) != '{' && line.charAt(at) != ' ') {
        at++;
      }
      String name = line.substring(begin, at);
      if (!name.matches("[a-zA-Z_:][a-zA-Z0-9_:]*")) {
        throw malformed();
      }
      Map<String, String> labels = new TreeMap<>();
      if (at < line.length() && line.charAt(at) == '{') {
        at++;
        while (peek() != '}') {
          int from = at;
          while (peek() != '=') {
            at++;
          }
          String key = line.substring(from, at++);
          if (labels.put(key, quoted()) != null) {
            throw malformed();
          }
          if (peek() == ',') {
            at++;
          }
        }
        at++;
      }
      String[] rest = line.substring(at).strip().split(" ", -1);
      return new Sample(name, labels, number(rest[0]));
    }

    private String quoted() {
      if (peek() != '"') {
        throw malformed();
      }
      at++;
      StringBuilder value = new StringBuilder();
      while (peek() != '"') {
        char c = line.charAt(at++);
        if (c == '\\') {
          char escaped = peek();
          at++;
          value.append(escaped == 'n' ? '\n' : escaped);
        } else {
          value.append(c);
        }
      }
      at++;
      return value.toString();
    }

    private char peek() {
      if (at >= line.length()) {
        throw malformed();
      }
      return line.charAt(at);
    }

    private double number(String text) {
      return switch (text) {
        case "+Inf" -> Double.POSITIVE_INFINITY;
        case "-Inf" -> Double.NEGATIVE_INFINITY;
        case "NaN" -> Double.NaN;
        default -> {
          try {
            yield Double.parseDouble(text);
          } catch (NumberFormatException e) {
            throw malformed();
          }
        }
      };
    }

    private AssertionError malformed() {
      return new AssertionError("not a sample line: " + line);
    }
  }
}
