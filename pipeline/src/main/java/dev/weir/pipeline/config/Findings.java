package dev.weir.pipeline.config;

import dev.weir.pipeline.config.ConfigNode.Entry;
import dev.weir.pipeline.config.ConfigNode.ListNode;
import dev.weir.pipeline.config.ConfigNode.MapNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.event.Level;

/**
 * Collects what loading finds, and the texts that excerpts are cut from. One load's own; one thread
 * uses it.
 */
final class Findings {
  /** The most errors that are reported; how many more there are is said. */
  static final int MAX_ERRORS = 100;

  private static final int MAX_EXCERPT = 160;

  /**
   * One error before its excerpt is cut.
   *
   * @param hideRest whether what follows the key on its line may be a secret
   */
  private record Found(Location location, String path, String message, boolean hideRest) {}

  private record Line(String file, int line) {}

  private final Set<Found> errors = new LinkedHashSet<>();
  private final Set<ConfigWarning> warnings = new LinkedHashSet<>();
  private final Map<String, Integer> order = new HashMap<>();
  private final Map<String, List<String>> texts = new HashMap<>();
  private final Set<Line> secretLines = new HashSet<>();
  private final Set<String> secretKeys;
  private final boolean validating;
  private int more;

  /**
   * Makes a collector; lines with one of {@code secretKeys} are never quoted.
   *
   * @param validating whether what is invalid is an error
   */
  Findings(Set<String> secretKeys, boolean validating) {
    this.secretKeys = Set.copyOf(secretKeys);
    this.validating = validating;
  }

  /** Takes note of a source, in order, so that its lines can be quoted. */
  void source(String file, String text) {
    order.putIfAbsent(file, order.size());
    texts.put(file, text.lines().toList());
  }

  void error(Location location, String path, String message) {
    add(new Found(location, path, message, false));
  }

  /**
   * Reports what could be read and makes no sense; returns whether that is an error, and not only a
   * warning.
   */
  boolean invalid(Location location, String path, String message) {
    if (validating) {
      error(location, path, message);
    } else {
      warn(location, path, message);
    }
    return validating;
  }

  /** Reports a key that nothing is known of: its value may be a secret under a misspelt key. */
  void unknownKey(Location location, String path, String message) {
    add(new Found(location, path, message, true));
  }

  private void add(Found found) {
    if (errors.size() < MAX_ERRORS) {
      errors.add(found);
    } else {
      more++;
    }
  }

  void warn(Location location, String path, String message) {
    warn(Level.WARN, location, path, message);
  }

  void warn(Level level, Location location, String path, String message) {
    if (warnings.size() < MAX_ERRORS) {
      warnings.add(new ConfigWarning(level, location, path, message));
    }
  }

  /** Keeps the lines that a value stands on out of excerpts. */
  void secret(ConfigNode node) {
    secretLines.add(new Line(node.location().file(), node.location().line()));
    switch (node) {
      case MapNode map -> map.entries().values().stream().map(Entry::value).forEach(this::secret);
      case ListNode list -> list.elements().forEach(this::secret);
      default -> {}
    }
  }

  int errorCount() {
    return errors.size() + more;
  }

  boolean hasErrors() {
    return !errors.isEmpty();
  }

  /** Returns the errors with their excerpts, in the order of the sources. */
  List<ConfigError> errors() {
    List<ConfigError> result = new ArrayList<>();
    errors.stream()
        .sorted(
            Comparator.comparingInt((Found e) -> order.getOrDefault(e.location().file(), -1))
                .thenComparingInt(e -> e.location().line())
                .thenComparingInt(e -> e.location().column()))
        .forEach(e -> result.add(new ConfigError(e.location(), e.path(), e.message(), excerpt(e))));
    if (more > 0) {
      result.add(new ConfigError(Location.NONE, "", "and " + more + " more errors", ""));
    }
    return result;
  }

  List<ConfigWarning> warnings() {
    return List.copyOf(warnings);
  }

  private String excerpt(Found found) {
    Location at = found.location();
    List<String> lines = texts.getOrDefault(at.file(), List.of());
    if (at.line() < 1 || at.line() > lines.size()) {
      return "";
    }
    String line = lines.get(at.line() - 1);
    int column =
        line.offsetByCodePoints(
            0, Math.min(at.column() - 1, line.codePointCount(0, line.length())));
    if (line.isBlank()
        || secretLines.contains(new Line(at.file(), at.line()))
        || namesSecret(line)) {
      return "";
    }
    if (found.hideRest()) {
      int colon = line.indexOf(':', column);
      String rest = colon < 0 ? "" : line.substring(colon + 1);
      line = rest.isBlank() ? line : line.substring(0, colon + 1) + " ...";
    }
    int from = column <= MAX_EXCERPT / 2 ? 0 : column - MAX_EXCERPT / 2;
    int to = Math.min(line.length(), from + MAX_EXCERPT);
    // A tab in front of the caret stays a tab, so that the caret stands where the terminal puts it.
    String before = line.substring(from, Math.min(column, to)).replaceAll("[^\t]", " ");
    return "    " + line.substring(from, to).stripTrailing() + "\n    " + before + "^";
  }

  private boolean namesSecret(String line) {
    for (String key : secretKeys) {
      int at = line.indexOf(key);
      if (at >= 0 && line.substring(at + key.length()).matches("[\"']?\\s*:.*")) {
        return true;
      }
    }
    return false;
  }
}
