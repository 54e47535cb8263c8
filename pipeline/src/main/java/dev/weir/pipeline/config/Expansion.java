package dev.weir.pipeline.config;

import dev.weir.pipeline.config.ConfigNode.Entry;
import dev.weir.pipeline.config.ConfigNode.ListNode;
import dev.weir.pipeline.config.ConfigNode.MapNode;
import dev.weir.pipeline.config.ConfigNode.NullNode;
import dev.weir.pipeline.config.ConfigNode.ScalarNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Replaces {@code ${scheme:text}} in the values of a configuration, by the rules of the Collector
 * (collector.md 1.6; source of the algorithm: its package confmap, file expand.go):
 *
 * <ul>
 *   <li>the innermost expression goes first, so that they nest; what comes out is expanded again;
 *   <li>a value that is one expression becomes what its text means in YAML, and a string field gets
 *       the text itself; an expression within a longer text is replaced by its text;
 *   <li>an odd number of {@code $} in front keeps an expression as it is, and all that follow it in
 *       that text; in the end each {@code $$} becomes {@code $}.
 * </ul>
 *
 * <p>Bounded in the number of replacements and the length of a text, so that an expression that
 * holds itself ends in an error.
 */
final class Expansion {
  private static final int MAX_ROUNDS = 1_000;
  private static final int MAX_DEPTH = 400;
  private static final int MAX_REPLACEMENTS = 5_000;
  private static final int MAX_LENGTH = 1 << 20;
  private static final int MAX_ORIGINAL = 1 << 16;
  private static final long MAX_RETRIEVED = 16L << 20;
  private static final String TOO_MANY = "too many recursive expansions";
  private static final Pattern URI =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+):(.*)", Pattern.DOTALL);

  private final Providers providers;
  private final Findings findings;
  private int replacements;
  private long retrieved;
  private long nodes;

  Expansion(Providers providers, Findings findings) {
    this.providers = providers;
    this.findings = findings;
  }

  /** Returns the node with all expressions replaced; what cannot be is reported, and null there. */
  ConfigNode expand(ConfigNode node) {
    return expand(node, "", 0);
  }

  private ConfigNode expand(ConfigNode node, String path, int depth) {
    try {
      if (depth > MAX_DEPTH) {
        throw new ExpansionException(TOO_MANY);
      }
      return switch (node) {
        case ScalarNode scalar -> scalar(scalar, path, depth);
        case MapNode map -> {
          Map<String, Entry> entries = new LinkedHashMap<>();
          map.entries()
              .forEach(
                  (key, entry) ->
                      entries.put(
                          key,
                          new Entry(
                              entry.keyLocation(),
                              expand(
                                  entry.value(),
                                  path.isEmpty() ? key : path + "::" + key,
                                  depth + 1))));
          yield new MapNode(
              entries, map.location(), original(map.original(), map.location(), path));
        }
        case ListNode list -> {
          List<ConfigNode> elements = new ArrayList<>();
          for (ConfigNode element : list.elements()) {
            elements.add(expand(element, path + "[" + elements.size() + "]", depth + 1));
          }
          yield new ListNode(
              elements, list.location(), original(list.original(), list.location(), path));
        }
        case NullNode nothing -> nothing;
      };
    } catch (ExpansionException e) {
      findings.error(node.location(), path, String.valueOf(e.getMessage()));
      return new NullNode(node.location(), true);
    }
  }

  private ConfigNode scalar(ScalarNode scalar, String path, int depth) throws ExpansionException {
    if (!(scalar.value() instanceof String)) {
      return scalar;
    }
    String text = scalar.text();
    for (int round = 0; round < MAX_ROUNDS; round++) {
      String uri = find(text);
      if (uri.isEmpty()) {
        String unescaped = text.replace("$$", "$");
        return new ScalarNode(unescaped, unescaped, scalar.location(), round > 0);
      }
      Uri parsed = parse(uri);
      String value = retrieve(parsed, scalar.location(), path);
      if (!uri.equals(text)) {
        text = splice(text, uri, value, MAX_LENGTH);
        continue;
      }
      ConfigNode meaning =
          providers.meaning(parsed.scheme(), parsed.opaque(), value, scalar.location());
      if (!(meaning instanceof ScalarNode whole && whole.value() instanceof String)) {
        return whole(meaning, value, scalar.location(), path, depth + 1);
      }
      text = value;
    }
    throw new ExpansionException(TOO_MANY);
  }

  /** A value that is one expression and not a string: typed, with its text beside it. */
  private ConfigNode whole(ConfigNode meaning, String text, Location at, String path, int depth)
      throws ExpansionException {
    nodes += count(meaning);
    if (nodes > YamlReader.MAX_NODES) {
      throw new ExpansionException("expands to more than " + YamlReader.MAX_NODES + " values");
    }
    return switch (meaning) {
      case NullNode nothing -> new NullNode(nothing.location(), true);
      case ScalarNode scalar -> {
        String original = original(text, at, path);
        yield new ScalarNode(
            original == null ? String.valueOf(scalar.value()) : original, scalar.value(), at, true);
      }
      case MapNode map -> expand(new MapNode(map.entries(), map.location(), text), path, depth);
      case ListNode list ->
          expand(new ListNode(list.elements(), list.location(), text), path, depth);
    };
  }

  /** Expands the text beside a typed value; null if that cannot be done, which is no error. */
  private @Nullable String original(@Nullable String text, Location at, String path) {
    if (text == null) {
      return null;
    }
    try {
      String expanded = text;
      for (int round = 0; round < MAX_ROUNDS; round++) {
        String uri = find(expanded);
        if (uri.isEmpty()) {
          return expanded.replace("$$", "$");
        }
        expanded = splice(expanded, uri, retrieve(parse(uri), at, path), MAX_ORIGINAL);
      }
      return null;
    } catch (ExpansionException e) {
      return null;
    }
  }

  private static String splice(String text, String uri, String value, int limit)
      throws ExpansionException {
    String without = text.replace(uri, "");
    long occurrences = (text.length() - (long) without.length()) / uri.length();
    if (without.length() + occurrences * value.length() > limit) {
      throw new ExpansionException("expands to more than " + limit + " characters: " + TOO_MANY);
    }
    return text.replace(uri, value);
  }

  /** Returns the innermost {@code ${...}} that comes first, or "" if there is none to replace. */
  private static String find(String text) {
    int from = 0;
    while (true) {
      int close = text.indexOf('}', from);
      if (close < 0) {
        return "";
      }
      int open = text.lastIndexOf("${", close);
      if (open < from) {
        from = close + 1;
        continue;
      }
      int dollars = 0;
      while (open - dollars - 1 >= from && text.charAt(open - dollars - 1) == '$') {
        dollars++;
      }
      return dollars % 2 == 1 ? "" : text.substring(open, close + 1);
    }
  }

  private static Uri parse(String expression) throws ExpansionException {
    String inner = expression.substring(2, expression.length() - 1);
    String uri = inner.contains(":") ? inner : "env:" + inner;
    var parts = URI.matcher(uri);
    if (!parts.matches()) {
      throw new ExpansionException("invalid uri: \"" + uri + "\"");
    }
    if (parts.group(2).contains("$")) {
      throw new ExpansionException("the uri \"" + uri + "\" contains unsupported characters ('$')");
    }
    return new Uri(parts.group(1), parts.group(2));
  }

  private String retrieve(Uri uri, Location at, String path) throws ExpansionException {
    if (++replacements > MAX_REPLACEMENTS) {
      throw new ExpansionException(TOO_MANY);
    }
    String value = providers.text(uri.scheme(), uri.opaque(), at, path);
    retrieved += value.length();
    if (retrieved > MAX_RETRIEVED) {
      throw new ExpansionException(TOO_MANY);
    }
    return value;
  }

  private static long count(ConfigNode node) {
    return switch (node) {
      case MapNode map ->
          1 + map.entries().values().stream().mapToLong(e -> count(e.value())).sum();
      case ListNode list -> 1 + list.elements().stream().mapToLong(Expansion::count).sum();
      default -> 1;
    };
  }

  private record Uri(String scheme, String opaque) {}

  /** An expression that cannot be replaced; the message is for the user. */
  static final class ExpansionException extends Exception {
    private static final long serialVersionUID = 1L;

    ExpansionException(String message) {
      super(message);
    }
  }
}
