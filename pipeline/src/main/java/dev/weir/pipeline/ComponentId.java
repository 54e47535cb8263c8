package dev.weir.pipeline;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The ID of a component, {@code type} or {@code type/name}, by the Collector's rules (collector.md
 * 1.2).
 *
 * @param type which factory makes it
 * @param name tells two of one type apart; empty for the only one
 */
public record ComponentId(String type, String name) implements Comparable<ComponentId> {
  private static final Pattern TYPE = Pattern.compile("[a-zA-Z][0-9a-zA-Z_]{0,62}");
  private static final Pattern NAME = Pattern.compile("[^\\p{Z}\\p{C}\\p{S}]+");
  private static final int MAX_NAME = 1024;

  /**
   * Parses {@code type[/name]}: cut at the first slash, both parts trimmed.
   *
   * @throws IllegalArgumentException with the Collector's words if it is not an ID
   */
  public static ComponentId parse(String text) {
    int slash = text.indexOf('/');
    String type = (slash < 0 ? text : text.substring(0, slash)).strip();
    String name = slash < 0 ? "" : text.substring(slash + 1).strip();
    if (type.isEmpty()) {
      throw new IllegalArgumentException(
          slash < 0
              ? "id must not be empty"
              : "in \"" + text + "\" id: the part before / should not be empty");
    }
    if (slash >= 0 && name.isEmpty()) {
      throw new IllegalArgumentException(
          "in \"" + text + "\" id: the part after / should not be empty");
    }
    if (!TYPE.matcher(type).matches()) {
      throw new IllegalArgumentException(
          "in \"" + text + "\" id: invalid character(s) in type \"" + type + "\"");
    }
    if (name.length() > MAX_NAME) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "in \"%s\" id: name is longer than %d characters (%d characters)",
              text,
              MAX_NAME,
              name.length()));
    }
    if (!name.isEmpty() && !NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "in \"" + text + "\" id: invalid character(s) in name \"" + name + "\"");
    }
    return new ComponentId(type, name);
  }

  @Override
  public int compareTo(ComponentId other) {
    return toString().compareTo(other.toString());
  }

  @Override
  public String toString() {
    return name.isEmpty() ? type : type + "/" + name;
  }
}
