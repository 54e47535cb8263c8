package dev.weir.pipeline.config;

import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.PipelineId;
import dev.weir.pipeline.config.AgentConfig.Configured;
import dev.weir.pipeline.config.AgentConfig.Pipeline;
import dev.weir.pipeline.config.AgentConfig.Reference;
import dev.weir.pipeline.config.ConfigNode.Entry;
import dev.weir.pipeline.config.ConfigNode.ListNode;
import dev.weir.pipeline.config.ConfigNode.MapNode;
import dev.weir.pipeline.config.ConfigNode.NullNode;
import dev.weir.pipeline.config.ConfigNode.ScalarNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Writes the effective configuration: every key of every component with its value, defaults
 * included, laid out as the Collector's {@code print-config} does (keys sorted; YAML with four
 * spaces, JSON with two).
 */
public final class ConfigPrinter {
  /** The notation. */
  public enum Format {
    /** YAML. */
    YAML,
    /** JSON (RFC 8259); infinite numbers are strings there. */
    JSON
  }

  /** What is written of the values of secret keys. */
  public enum Secrets {
    /** {@code [REDACTED]}. */
    REDACTED,
    /** The value. */
    SHOWN
  }

  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./+][A-Za-z0-9_./%@+ -]*");
  private static final Pattern FLAG_ELSEWHERE =
      Pattern.compile("y|n|yes|no|on|off", Pattern.CASE_INSENSITIVE);
  private static final Pattern COLON_INSIDE = Pattern.compile("(?<=[^\\s:]):(?=[^\\s:])");

  private final boolean showsSecrets;
  private final StringBuilder text = new StringBuilder();

  private ConfigPrinter(Secrets secrets) {
    this.showsSecrets = secrets == Secrets.SHOWN;
  }

  /** Returns the effective configuration as YAML, without secrets. */
  public static String print(AgentConfig<?> config) {
    return print(config, Format.YAML, Secrets.REDACTED);
  }

  /** Returns the effective configuration. */
  public static String print(AgentConfig<?> config, Format format, Secrets secrets) {
    ConfigPrinter printer = new ConfigPrinter(secrets);
    switch (format) {
      case YAML -> printer.entries(tree(config), 0);
      case JSON -> {
        printer.json(tree(config), 0);
        printer.text.append('\n');
      }
    }
    return printer.text.toString();
  }

  private static MapNode tree(AgentConfig<?> config) {
    Map<String, Entry> root = new LinkedHashMap<>();
    for (ComponentKind kind : ComponentKind.values()) {
      Map<String, Entry> section = new LinkedHashMap<>();
      for (Map.Entry<ComponentId, Configured<?>> each : config.components(kind).entrySet()) {
        section.put(each.getKey().toString(), entry(each.getValue().effective()));
      }
      root.put(kind.section(), entry(map(section)));
    }
    Map<String, Entry> pipelines = new LinkedHashMap<>();
    for (Map.Entry<PipelineId, Pipeline> each : config.pipelines().entrySet()) {
      Pipeline pipeline = each.getValue();
      pipelines.put(
          each.getKey().toString(),
          entry(
              map(
                  Map.of(
                      "receivers", entry(ids(pipeline.receivers())),
                      "processors", entry(ids(pipeline.processors())),
                      "exporters", entry(ids(pipeline.exporters()))))));
    }
    Map<String, Entry> service =
        Map.of(
            "telemetry", entry(config.effectiveTelemetry()),
            "extensions", entry(ids(config.extensions())),
            "pipelines", entry(map(pipelines)));
    root.put("service", entry(map(service)));
    return map(root);
  }

  private static ListNode ids(List<Reference> references) {
    return new ListNode(
        references.stream()
            .<ConfigNode>map(
                each -> {
                  String id = each.id().toString();
                  return new ScalarNode(id, id, Location.NONE, false);
                })
            .toList(),
        Location.NONE,
        null);
  }

  private static MapNode map(Map<String, Entry> entries) {
    return new MapNode(entries, Location.NONE, null);
  }

  private static Entry entry(ConfigNode value) {
    return new Entry(Location.NONE, value);
  }

  private void entries(MapNode map, int indent) {
    for (Map.Entry<String, Entry> each : new TreeMap<>(map.entries()).entrySet()) {
      text.append(" ".repeat(indent)).append(quoted(each.getKey())).append(':');
      value(each.getValue().value(), indent);
    }
  }

  /** Writes what follows a colon or dash: a scalar on the same line, a block on the next ones. */
  private void value(ConfigNode node, int indent) {
    switch (node) {
      case NullNode nothing -> text.append(" null\n");
      case ScalarNode scalar -> text.append(' ').append(scalar(scalar)).append('\n');
      case MapNode map -> {
        if (map.entries().isEmpty()) {
          text.append(" {}\n");
        } else {
          text.append('\n');
          entries(map, indent + 4);
        }
      }
      case ListNode list -> {
        if (list.elements().isEmpty()) {
          text.append(" []\n");
        } else {
          text.append('\n');
          for (ConfigNode element : list.elements()) {
            element(element, indent + 4);
          }
        }
      }
    }
  }

  private void element(ConfigNode node, int indent) {
    text.append(" ".repeat(indent)).append('-');
    if (node instanceof MapNode map && !map.entries().isEmpty()) {
      // The first key stands beside the dash: the block is written two further in, and cut.
      int block = text.length();
      entries(map, indent + 2);
      text.replace(block, block + indent + 2, " ");
    } else {
      value(node, indent);
    }
  }

  private String scalar(ScalarNode scalar) {
    if (scalar.secret() && !showsSecrets) {
      return "'" + ScalarNode.REDACTED + "'";
    }
    return scalar.value() instanceof String ? quoted(scalar.text()) : scalar.text();
  }

  private void json(ConfigNode node, int indent) {
    switch (node) {
      case NullNode nothing -> text.append("null");
      case ScalarNode scalar -> jsonScalar(scalar);
      case MapNode map -> {
        String before = "{";
        for (Map.Entry<String, Entry> each : new TreeMap<>(map.entries()).entrySet()) {
          text.append(before).append('\n').append(" ".repeat(indent + 2));
          jsonString(each.getKey());
          text.append(": ");
          json(each.getValue().value(), indent + 2);
          before = ",";
        }
        text.append(map.entries().isEmpty() ? "{}" : "\n" + " ".repeat(indent) + "}");
      }
      case ListNode list -> {
        String before = "[";
        for (ConfigNode element : list.elements()) {
          text.append(before).append('\n').append(" ".repeat(indent + 2));
          json(element, indent + 2);
          before = ",";
        }
        text.append(list.elements().isEmpty() ? "[]" : "\n" + " ".repeat(indent) + "]");
      }
    }
  }

  private void jsonScalar(ScalarNode scalar) {
    if (scalar.secret() && !showsSecrets) {
      jsonString(ScalarNode.REDACTED);
    } else if (scalar.value() instanceof String
        || (scalar.value() instanceof Double real && !Double.isFinite(real))) {
      jsonString(scalar.text());
    } else {
      text.append(scalar.text());
    }
  }

  private void jsonString(String string) {
    text.append('"');
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      if (c == '"' || c == '\\') {
        text.append('\\').append(c);
      } else if (c < 0x20) {
        text.append(String.format("\\u%04x", (int) c));
      } else {
        text.append(c);
      }
    }
    text.append('"');
  }

  /** Quotes a string unless it says the same without quotes. */
  private static String quoted(String text) {
    boolean plain =
        !YamlScalar.isNull(text)
            && YamlScalar.value(text) instanceof String
            && !FLAG_ELSEWHERE.matcher(text).matches()
            && !text.endsWith(" ")
            && PLAIN.matcher(COLON_INSIDE.matcher(text).replaceAll("_")).matches();
    if (plain) {
      return text;
    }
    StringBuilder quoted = new StringBuilder("\"");
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                case '\n' -> quoted.append("\\n");
                case '\t' -> quoted.append("\\t");
                case '\r' -> quoted.append("\\r");
                default -> {
                  if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xfeff || c >= 0xfffe) {
                    quoted.append(String.format(c > 0xffff ? "\\U%08x" : "\\u%04x", c));
                  } else {
                    quoted.appendCodePoint(c);
                  }
                }
              }
            });
    return quoted.append('"').toString();
  }
}
