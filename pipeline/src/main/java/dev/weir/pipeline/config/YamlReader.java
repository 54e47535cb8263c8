package dev.weir.pipeline.config;

import dev.weir.pipeline.config.ConfigNode.Entry;
import dev.weir.pipeline.config.ConfigNode.ListNode;
import dev.weir.pipeline.config.ConfigNode.MapNode;
import dev.weir.pipeline.config.ConfigNode.NullNode;
import dev.weir.pipeline.config.ConfigNode.ScalarNode;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeId;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * Turns YAML text into nodes that know where they stand. Reads the first document only, as the
 * Collector does. Anchors and merge keys keep the place of what they name. Bounded in size, depth
 * and in how far aliases blow it up.
 *
 * <p>snakeyaml only composes its nodes here; what a scalar means, what merge keys do and which keys
 * are duplicates is decided by the rules of the Collector's library.
 */
final class YamlReader {
  /** The longest text that is read, in characters. */
  static final int MAX_LENGTH = 4 << 20;

  /** The most nodes that a document may have once its aliases are written out. */
  static final int MAX_NODES = 200_000;

  private static final int MAX_DEPTH = 100;
  private static final int MAX_ALIASES = 2_000;

  /** Stands for a scalar that was written plainly, so that its text decides what it is. */
  private static final Tag PLAIN = new Tag("tag:weir.dev,2026:plain");

  /** Something wrong with the text. */
  record Problem(Location location, String path, String message) {}

  /**
   * What came of a text.
   *
   * @param root the document; null if it could not be read at all
   * @param problems what is wrong, empty if it is good
   */
  record Document(@Nullable ConfigNode root, List<Problem> problems) {}

  private record Weighed(ConfigNode node, long weight) {}

  private final String file;
  private final @Nullable Location fixed;
  private final List<Problem> problems = new ArrayList<>();
  private final IdentityHashMap<Node, Weighed> converted = new IdentityHashMap<>();
  private final IdentityHashMap<Node, Boolean> open = new IdentityHashMap<>();
  private boolean tooLarge;

  private YamlReader(String file, @Nullable Location fixed) {
    this.file = file;
    this.fixed = fixed;
  }

  /** Reads the text of a file: nodes stand at their lines. */
  static Document read(String file, String text) {
    return new YamlReader(file, null).read(text);
  }

  /** Reads text that came from elsewhere: all nodes stand at {@code location}. */
  static Document readAt(Location location, String text) {
    return new YamlReader(location.file(), location).read(text);
  }

  private Document read(String text) {
    if (text.length() > MAX_LENGTH) {
      problems.add(
          new Problem(
              start(),
              "",
              "larger than the " + MAX_LENGTH + " characters that are read of a file"));
      return new Document(null, problems);
    }
    try {
      LoaderOptions options = new LoaderOptions();
      options.setNestingDepthLimit(MAX_DEPTH);
      options.setMaxAliasesForCollections(MAX_ALIASES);
      options.setCodePointLimit(MAX_LENGTH);
      Composer composer =
          new Composer(
              new ParserImpl(new StreamReader(text), options), new TextResolver(), options);
      ConfigNode root =
          composer.checkNode()
              ? convert(composer.getNode(), "").node()
              : new NullNode(start(), false);
      return new Document(problems.isEmpty() ? root : null, problems);
    } catch (MarkedYAMLException e) {
      problems.add(new Problem(problemAt(e), "", "not valid YAML: " + words(e)));
    } catch (YAMLException e) {
      problems.add(new Problem(start(), "", "not valid YAML: " + oneLine(e.getMessage())));
    }
    return new Document(null, problems);
  }

  private Weighed convert(Node node, String path) {
    Weighed known = converted.get(node);
    if (known != null) {
      return known;
    }
    if (open.put(node, true) != null) {
      return bad(node, path, "an anchor that contains itself");
    }
    Weighed result =
        switch (node) {
          case MappingNode map -> map(map, path);
          case SequenceNode list -> list(list, path);
          case org.yaml.snakeyaml.nodes.ScalarNode scalar -> new Weighed(scalar(scalar, path), 1);
          default -> bad(node, path, "neither a map, a list nor a scalar");
        };
    open.remove(node);
    if (result.weight() > MAX_NODES) {
      result =
          tooLarge
              ? new Weighed(new NullNode(at(node), false), 1)
              : bad(
                  node,
                  path,
                  "more than " + MAX_NODES + " values once its aliases are written out");
      tooLarge = true;
    }
    converted.put(node, result);
    return result;
  }

  private Weighed map(MappingNode node, String path) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    List<Node> merges = new ArrayList<>();
    long weight = 1;
    for (NodeTuple tuple : node.getValue()) {
      if (!(tuple.getKeyNode() instanceof org.yaml.snakeyaml.nodes.ScalarNode keyNode)) {
        bad(tuple.getKeyNode(), path, "expected a key, got a map or list");
        continue;
      }
      String key = keyNode.getValue();
      if (key.equals("<<") && keyNode.isPlain()) {
        merges.add(tuple.getValueNode());
        continue;
      }
      Weighed value = convert(tuple.getValueNode(), path.isEmpty() ? key : path + "::" + key);
      weight += value.weight();
      Entry entry = new Entry(at(keyNode), value.node());
      Entry first = entries.putIfAbsent(key, entry);
      if (first != null) {
        bad(
            keyNode,
            path,
            "mapping key \"" + key + "\" already defined at line " + first.keyLocation().line());
      }
    }
    for (Node merge : merges) {
      weight += merge(merge, path, entries);
    }
    return new Weighed(new MapNode(entries, at(node), null), weight);
  }

  /** Adds what {@code <<} names, where there is no such key yet. */
  private long merge(Node node, String path, Map<String, Entry> entries) {
    List<Node> sources =
        node instanceof SequenceNode list ? List.copyOf(list.getValue()) : List.of(node);
    long weight = 0;
    for (Node source : sources) {
      Weighed value = convert(source, path);
      if (value.node() instanceof MapNode map) {
        map.entries().forEach(entries::putIfAbsent);
        weight += value.weight();
      } else {
        bad(source, path, "map merge (<<) requires map or sequence of maps as the value");
      }
    }
    return weight;
  }

  private Weighed list(SequenceNode node, String path) {
    List<ConfigNode> elements = new ArrayList<>();
    long weight = 1;
    for (Node element : node.getValue()) {
      Weighed value = convert(element, path + "[" + elements.size() + "]");
      elements.add(value.node());
      weight += value.weight();
    }
    return new Weighed(new ListNode(elements, at(node), null), weight);
  }

  private ConfigNode scalar(org.yaml.snakeyaml.nodes.ScalarNode node, String path) {
    String text = node.getValue();
    Tag tag = node.getTag();
    boolean typed =
        tag.equals(PLAIN)
            || tag.equals(Tag.INT)
            || tag.equals(Tag.FLOAT)
            || tag.equals(Tag.BOOL)
            || tag.equals(Tag.NULL);
    if (!typed) {
      return new ScalarNode(text, text, at(node), false);
    }
    if (YamlScalar.isNull(text) && (tag.equals(PLAIN) || tag.equals(Tag.NULL))) {
      return new NullNode(at(node), false);
    }
    Object value = YamlScalar.value(text);
    boolean fits =
        tag.equals(PLAIN)
            || (tag.equals(Tag.BOOL) && value instanceof Boolean)
            || (tag.equals(Tag.INT) && value instanceof Number && !(value instanceof Double))
            || (tag.equals(Tag.FLOAT) && value instanceof Number);
    if (!fits) {
      bad(node, path, "cannot be a value of the type that its tag names");
    }
    if (tag.equals(Tag.FLOAT) && value instanceof Number number) {
      value = number.doubleValue();
    }
    return new ScalarNode(text, value, at(node), false);
  }

  private Weighed bad(Node node, String path, String message) {
    problems.add(new Problem(at(node), path, message));
    return new Weighed(new NullNode(at(node), false), 1);
  }

  private Location start() {
    return fixed != null ? fixed : new Location(file, 1, 1);
  }

  private Location at(Node node) {
    return at(node.getStartMark());
  }

  private Location at(@Nullable Mark mark) {
    if (fixed != null) {
      return fixed;
    }
    return mark == null ? start() : new Location(file, mark.getLine() + 1, mark.getColumn() + 1);
  }

  private Location problemAt(MarkedYAMLException e) {
    return at(e.getProblemMark() != null ? e.getProblemMark() : e.getContextMark());
  }

  private static String words(MarkedYAMLException e) {
    String problem = e.getProblem() == null ? "" : oneLine(e.getProblem());
    if (e.getContext() == null || e.getContext().isEmpty()) {
      return problem;
    }
    Mark began = e.getContextMark();
    String since = began == null ? "" : " that began at line " + (began.getLine() + 1);
    return problem + " (" + oneLine(e.getContext()) + since + ")";
  }

  private static String oneLine(@Nullable String text) {
    return text == null ? "unreadable" : text.strip().replaceAll("\\s*\\R\\s*", ", ");
  }

  /** Leaves the meaning of plain scalars to {@link YamlScalar}. */
  private static final class TextResolver extends Resolver {
    @Override
    protected void addImplicitResolvers() {}

    @Override
    public Tag resolve(NodeId kind, String value, boolean implicit) {
      return switch (kind) {
        case scalar -> implicit ? PLAIN : Tag.STR;
        case sequence -> Tag.SEQ;
        default -> Tag.MAP;
      };
    }
  }
}
