package dev.weir.pipeline.exposition;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a page is written.
 *
 * @param openMetrics OpenMetrics 1.0.0, otherwise the text format 0.0.4
 * @param utf8Names names outside {@code [a-zA-Z0-9_:]} are written in quotes; otherwise each such
 *     character becomes an underscore
 */
public record ExpositionFormat(boolean openMetrics, boolean utf8Names) {
  /** The text format 0.0.4 with names of the old kind: what a client gets that asks for nothing. */
  public static final ExpositionFormat TEXT = new ExpositionFormat(false, false);

  /** OpenMetrics 1.0.0 with names of the old kind. */
  public static final ExpositionFormat OPEN_METRICS = new ExpositionFormat(true, false);

  private static final String OPEN_METRICS_TYPE = "application/openmetrics-text";
  private static final String TEXT_TYPE = "text/plain";
  private static final Set<String> OPEN_METRICS_VERSIONS = Set.of("", "0.0.1", "1.0.0");
  private static final Set<String> TEXT_VERSIONS = Set.of("", "0.0.4", "1.0.0");

  /** Returns the value of the Content-Type header. */
  public String contentType() {
    return (openMetrics ? OPEN_METRICS_TYPE + "; version=1.0.0" : TEXT_TYPE + "; version=0.0.4")
        + "; charset=utf-8; escaping="
        + (utf8Names ? "allow-utf-8" : "underscores");
  }

  /**
   * Chooses the format that a client prefers: the one of highest {@code q} that this package can
   * write, the first of equals, the text format if there is none.
   *
   * @param accept the Accept header, or null
   * @param openMetricsAllowed whether OpenMetrics may be chosen
   */
  public static ExpositionFormat negotiate(@Nullable String accept, boolean openMetricsAllowed) {
    if (accept == null) {
      return TEXT;
    }
    List<Choice> choices = new ArrayList<>();
    for (String part : accept.split(",", -1)) {
      Choice choice = choice(part, openMetricsAllowed);
      if (choice != null) {
        choices.add(choice);
      }
    }
    return choices.stream()
        .max(Comparator.comparingDouble(Choice::quality).thenComparingInt(c -> -choices.indexOf(c)))
        .map(Choice::format)
        .orElse(TEXT);
  }

  /** Returns whether a client takes gzip, by its Accept-Encoding header. */
  public static boolean acceptsGzip(@Nullable String acceptEncoding) {
    if (acceptEncoding == null) {
      return false;
    }
    for (String part : acceptEncoding.split(",", -1)) {
      String[] words = part.split(";", -1);
      String coding = words[0].strip().toLowerCase(Locale.ROOT);
      if (coding.equals("gzip") || coding.equals("*")) {
        return quality(words) > 0;
      }
    }
    return false;
  }

  private record Choice(double quality, ExpositionFormat format) {}

  private static @Nullable Choice choice(String part, boolean openMetricsAllowed) {
    String[] words = part.split(";", -1);
    double quality = quality(words);
    if (quality <= 0) {
      return null;
    }
    String version = parameter(words, "version");
    boolean utf8 = parameter(words, "escaping").equals("allow-utf-8");
    return switch (words[0].strip().toLowerCase(Locale.ROOT)) {
      case OPEN_METRICS_TYPE ->
          openMetricsAllowed && OPEN_METRICS_VERSIONS.contains(version)
              ? new Choice(quality, new ExpositionFormat(true, utf8))
              : null;
      case TEXT_TYPE ->
          TEXT_VERSIONS.contains(version)
              ? new Choice(quality, new ExpositionFormat(false, utf8))
              : null;
      case "text/*", "*/*" -> new Choice(quality, TEXT);
      default -> null;
    };
  }

  private static double quality(String[] words) {
    String q = parameter(words, "q");
    if (q.isEmpty()) {
      return 1;
    }
    try {
      return Double.parseDouble(q);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static String parameter(String[] words, String name) {
    for (int i = 1; i < words.length; i++) {
      int equals = words[i].indexOf('=');
      if (equals > 0 && words[i].substring(0, equals).strip().equalsIgnoreCase(name)) {
        return words[i].substring(equals + 1).strip().replace("\"", "");
      }
    }
    return "";
  }
}
