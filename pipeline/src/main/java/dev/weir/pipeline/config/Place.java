package dev.weir.pipeline.config;

import dev.weir.pipeline.config.ConfigNode.ListNode;
import dev.weir.pipeline.config.ConfigNode.MapNode;
import dev.weir.pipeline.config.ConfigNode.NullNode;
import dev.weir.pipeline.config.ConfigNode.ScalarNode;

/**
 * Where decoding is, and where it reports to.
 *
 * @param findings takes the errors
 * @param path the YAML path
 * @param secret whether values here must not be shown
 */
record Place(Findings findings, String path, boolean secret) {
  private static final int MAX_SHOWN = 80;

  /** Returns the place of a key below this. */
  Place at(String key) {
    return new Place(findings, path.isEmpty() ? key : path + "::" + key, secret);
  }

  /** Returns the place of an element of the list here. */
  Place at(int index) {
    return new Place(findings, path + "[" + index + "]", secret);
  }

  Place withSecret(boolean more) {
    return more && !secret ? new Place(findings, path, true) : this;
  }

  void error(Location location, String message) {
    findings.error(location, path, message);
  }

  /** Reports what could be read and makes no sense; returns whether that is an error. */
  boolean invalid(Location location, String message) {
    return findings.invalid(location, path, message);
  }

  /** Reports a value of the wrong type or form. */
  void expected(ConfigNode node, String what) {
    error(node.location(), "expected " + what + ", got " + shown(node));
  }

  /** Returns a value as it may stand in a message. */
  String shown(ConfigNode node) {
    return switch (node) {
      case NullNode nothing -> "nothing";
      case MapNode map -> "a map";
      case ListNode list -> "a list";
      case ScalarNode scalar when secret -> "a value that is not shown because it is secret";
      case ScalarNode scalar when scalar.secret() -> "what ${...} gave, which is not shown";
      case ScalarNode scalar -> quoted(scalar);
    };
  }

  private static String quoted(ScalarNode scalar) {
    String text = scalar.text();
    if (text.length() > MAX_SHOWN) {
      text = text.substring(0, MAX_SHOWN) + "...";
    }
    text = text.replaceAll("\\R", "\\\\n");
    return scalar.value() instanceof String ? "\"" + text + "\"" : text;
  }
}
