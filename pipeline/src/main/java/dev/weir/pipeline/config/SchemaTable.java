package dev.weir.pipeline.config;

import dev.weir.pipeline.config.ConfigNode.ListNode;
import dev.weir.pipeline.config.ConfigNode.MapNode;
import dev.weir.pipeline.config.ConfigNode.NullNode;
import dev.weir.pipeline.config.ConfigNode.ScalarNode;
import dev.weir.pipeline.config.FieldType.Many;
import dev.weir.pipeline.config.FieldType.Named;
import dev.weir.pipeline.config.FieldType.OptionalSection;
import dev.weir.pipeline.config.FieldType.Section;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The table of keys that the README of a component holds, made from its schema:
 *
 * <pre>{@code
 * | key | type | default | what |
 * | --- | --- | --- | --- |
 * | `endpoint` | string | `localhost:8889` | Where it listens. |
 * | `tls::cert_file` | string | `""` | The certificate. |
 * }</pre>
 *
 * <p>Keys of sections are written with {@code ::}, those in a list of sections below {@code
 * key[]::}, those in a map of sections below {@code key::<name>::}. A test of each component says
 * {@code assertThat(SchemaTable.of(SCHEMA).differences(readme)).isEmpty()}.
 */
public final class SchemaTable {
  private static final String HEADER =
      "| key | type | default | what |\n| --- | --- | --- | --- |\n";

  /**
   * One key.
   *
   * @param key its path
   * @param type its type
   * @param defaultValue its default as it would be written in YAML; {@code required}; empty for a
   *     section that is always there; {@code absent} for one that is off
   * @param doc what it is
   */
  public record Row(String key, String type, String defaultValue, String doc) {}

  private final List<Row> rows;

  private SchemaTable(List<Row> rows) {
    this.rows = List.copyOf(rows);
  }

  /** Returns the table of a schema. */
  public static SchemaTable of(Schema<?> schema) {
    List<Row> rows = new ArrayList<>();
    add(schema, "", rows);
    return new SchemaTable(rows);
  }

  private static void add(Schema<?> schema, String prefix, List<Row> rows) {
    for (Field<?> field : schema.fields()) {
      String key = prefix + field.key();
      rows.add(row(field, key));
      Schema<?> nested = FieldType.nested(field.type());
      if (nested != null) {
        String below =
            switch (field.type()) {
              case Many<?> many -> key + "[]::";
              case Named<?> named -> key + "::<name>::";
              default -> key + "::";
            };
        add(nested, below, rows);
      }
    }
  }

  private static <T extends @Nullable Object> Row row(Field<T> field, String key) {
    String defaultValue =
        field.isRequired()
            ? "required"
            : switch (field.type()) {
              case Section<?> section -> "";
              case OptionalSection<?> section -> section.onByDefault() ? "" : "absent";
              case FieldType.Span span ->
                  shortened(text(field.type().show(field.defaultValue(), false)));
              default -> text(field.type().show(field.defaultValue(), false));
            };
    String doc = field.doc();
    if (field.deprecation() != null) {
      doc += " Deprecated: " + field.deprecation() + ".";
    }
    return new Row(key, field.type().word(), defaultValue, doc);
  }

  /** Go prints 5m0s where people write 5m. */
  private static String shortened(String duration) {
    return duration.replaceFirst("(?<=[hm])0s$", "").replaceFirst("(?<=h)0m$", "");
  }

  private static String text(ConfigNode node) {
    return switch (node) {
      case NullNode nothing -> "null";
      case ScalarNode scalar -> scalar.text().isEmpty() ? "\"\"" : scalar.text();
      case ListNode list ->
          "[" + String.join(", ", list.elements().stream().map(SchemaTable::text).toList()) + "]";
      case MapNode map ->
          "{"
              + String.join(
                  ", ",
                  map.entries().entrySet().stream()
                      .map(each -> each.getKey() + ": " + text(each.getValue().value()))
                      .toList())
              + "}";
    };
  }

  /** Returns the rows, a section before its keys, in the order of declaration. */
  public List<Row> rows() {
    return rows;
  }

  /** Returns the table in Markdown. */
  public String markdown() {
    StringBuilder text = new StringBuilder(HEADER);
    for (Row row : rows) {
      String defaultValue =
          row.defaultValue().isEmpty() || row.defaultValue().equals("required")
              ? row.defaultValue()
              : code(row.defaultValue());
      text.append("| ").append(code(row.key())).append(" | ").append(cell(row.type()));
      text.append(" | ").append(defaultValue).append(" | ").append(cell(row.doc())).append(" |\n");
    }
    return text.toString();
  }

  /**
   * Compares the tables of keys in a README, which are those whose first column is called {@code
   * key}, with the schema. Keys and defaults must be the same; types and words are the README's
   * own; the row of a section itself may be left out. A key in a README may stand for many: {@code
   * metrics::<name>::enabled} for that key below each name. Where their defaults are not the same,
   * the default column says where they are written, beginning with "see".
   *
   * @return one line for each difference, none if there is none
   */
  public List<String> differences(String readme) {
    Map<String, String> written = new LinkedHashMap<>();
    List<String> differences = new ArrayList<>();
    read(readme, written, differences);
    if (written.isEmpty() && !rows.isEmpty()) {
      differences.add("no table with the columns | key | type | default | what |");
    }
    Set<String> used = new HashSet<>();
    for (Row row : rows) {
      String key = keyFor(row, written);
      if (key == null) {
        if (!row.type().contains("section")) {
          differences.add("missing: " + row.key() + " (default " + row.defaultValue() + ")");
        }
        continue;
      }
      used.add(key);
      String defaultValue = written.getOrDefault(key, "");
      boolean elsewhere = !key.equals(row.key()) && defaultValue.startsWith("see ");
      if (!elsewhere && !same(defaultValue, row)) {
        differences.add(
            row.key()
                + ": the README says default "
                + defaultValue
                + ", the schema "
                + row.defaultValue());
      }
    }
    written.keySet().removeAll(used);
    written.keySet().forEach(key -> differences.add("not in the schema: " + key));
    return differences;
  }

  /** Returns the key in the README that is this row's, or stands for it; null if none does. */
  private static @Nullable String keyFor(Row row, Map<String, String> written) {
    if (written.containsKey(row.key())) {
      return row.key();
    }
    String[] parts = row.key().split("::", -1);
    for (String key : written.keySet()) {
      String[] patterns = key.split("::", -1);
      boolean matches = key.contains("<") && patterns.length == parts.length;
      for (int i = 0; matches && i < parts.length; i++) {
        matches = patterns[i].equals(parts[i]) || patterns[i].matches("<.*>");
      }
      if (matches) {
        return key;
      }
    }
    return null;
  }

  private static void read(String readme, Map<String, String> written, List<String> differences) {
    int defaultColumn = -1;
    for (String line : readme.lines().toList()) {
      if (!line.startsWith("|")) {
        defaultColumn = -1;
        continue;
      }
      List<String> cells = cells(line);
      if (cells.getFirst().equalsIgnoreCase("key")) {
        List<String> names = cells.stream().map(cell -> cell.toLowerCase(Locale.ROOT)).toList();
        defaultColumn = names.indexOf("default");
      } else if (defaultColumn >= 0 && !cells.getFirst().matches(":?-+:?")) {
        String key = plain(cells.getFirst());
        String value = defaultColumn < cells.size() ? plain(cells.get(defaultColumn)) : "";
        if (written.put(key, value) != null) {
          differences.add("written twice: " + key);
        }
      }
    }
  }

  private static List<String> cells(String line) {
    List<String> cells = new ArrayList<>();
    for (String cell : line.strip().substring(1).split("(?<!\\\\)\\|", -1)) {
      cells.add(cell.strip().replace("\\|", "|"));
    }
    return cells;
  }

  private static String plain(String cell) {
    return cell.replace("`", "").strip();
  }

  private static boolean same(String written, Row row) {
    String expected = row.defaultValue();
    if (normal(written).equals(normal(expected))) {
      return true;
    }
    if (row.type().contains("section")) {
      return List.of("", "absent", "off", "none", "null", "-").contains(normal(written))
          || (expected.isEmpty() && List.of("on", "{}", "[]").contains(normal(written)));
    }
    if (row.type().equals("duration")) {
      try {
        return GoDuration.parse(written).equals(GoDuration.parse(expected));
      } catch (IllegalArgumentException e) {
        return false;
      }
    }
    return row.type().equals("int") && written.replace(",", "").equals(expected);
  }

  private static String normal(String value) {
    return value
        .replaceFirst("^\\((.*)\\)$", "$1")
        .replace("\"", "")
        .replace("'", "")
        .replaceAll("\\s+", " ")
        .strip();
  }

  private static String code(String text) {
    return "`" + cell(text) + "`";
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replaceAll("\\R", " ");
  }
}
