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
 * Writes the effective configuration as YAML: every key of every component with its value, defaults
 * included, laid out as the Collector's {@code print-config} does (keys sorted, four spaces).
 * Values of secret keys are written as {@code [REDACTED]}.
 */
public final class ConfigPrinter {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./+][A-Za-z0-9_./%@+ -]*");
  private static final Pattern FLAG_ELSEWHERE =
      Pattern.compile("y|n|yes|no|on|off", Pattern.CASE_INSENSITIVE);
  private static final Pattern COLON_INSIDE = Pattern.compile("(?<=[^\\s:]):(?=[^\\s:])");

  private ConfigPrinter() {}

  /** Returns the effective configuration. */
  public static String print(AgentConfig<?> config) {
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
    StringBuilder text = new StringBuilder();
    entries(map(root), 0, text);
    return text.toString();
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

  private static void entries(MapNode map, int indent, StringBuilder text) {
    for (Map.Entry<String, Entry> each : new TreeMap<>(map.entries()).entrySet()) {
      text.append(" ".repeat(indent)).append(quoted(each.getKey())).append(':');
      value(each.getValue().value(), indent, text);
    }
  }

  /** Writes what follows a colon or dash: a scalar on the same line, a block on the next ones. */
  private static void value(ConfigNode node, int indent, StringBuilder text) {
    switch (node) {
      case NullNode nothing -> text.append(" null\n");
      case ScalarNode scalar -> text.append(' ').append(scalar(scalar)).append('\n');
      case MapNode map -> {
        if (map.entries().isEmpty()) {
          text.append(" {}\n");
        } else {
          text.append('\n');
          entries(map, indent + 4, text);
        }
      }
      case ListNode list -> {
        if (list.elements().isEmpty()) {
          text.append(" []\n");
        } else {
          text.append('\n');
          for (ConfigNode element : list.elements()) {
            element(element, indent + 4, text);
          }
        }
      }
    }
  }

  private static void element(ConfigNode node, int indent, StringBuilder text) {
    text.append(" ".repeat(indent)).append('-');
    if (node instanceof MapNode map && !map.entries().isEmpty()) {
      // The first key stands beside the dash: the block is written two further in, and cut.
      StringBuilder block = new StringBuilder();
      entries(map, indent + 2, block);
      text.append(' ').append(block, indent + 2, block.length());
    } else {
      value(node, indent, text);
    }
  }

  private static String scalar(ScalarNode scalar) {
    if (scalar.secret()) {
      return "'" + ScalarNode.REDACTED + "'";
    }
    return scalar.value() instanceof String ? quoted(scalar.text()) : scalar.text();
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
