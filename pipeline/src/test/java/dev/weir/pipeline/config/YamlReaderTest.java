package dev.weir.pipeline.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pipeline.config.ConfigNode.ListNode;
import dev.weir.pipeline.config.ConfigNode.MapNode;
import dev.weir.pipeline.config.ConfigNode.NullNode;
import dev.weir.pipeline.config.ConfigNode.ScalarNode;
import dev.weir.pipeline.config.YamlReader.Document;
import dev.weir.pipeline.config.YamlReader.Problem;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class YamlReaderTest {
  private static ConfigNode read(String... lines) {
    Document document = YamlReader.read("a.yaml", String.join("\n", lines));
    assertThat(document.problems()).isEmpty();
    ConfigNode root = document.root();
    assertThat(root).isNotNull();
    return root == null ? new NullNode(Location.NONE, false) : root;
  }

  private static ConfigNode at(ConfigNode node, Object... path) {
    ConfigNode at = node;
    for (Object step : path) {
      ConfigNode next = null;
      if (at instanceof ListNode list && step instanceof Integer index) {
        next = list.elements().get(index);
      } else if (at instanceof MapNode map) {
        ConfigNode.Entry entry = map.entries().get(step);
        next = entry == null ? null : entry.value();
      }
      if (next == null) {
        throw new AssertionError("no " + step + " of " + Arrays.toString(path));
      }
      at = next;
    }
    return at;
  }

  private static @Nullable Object value(String scalar) {
    return at(read("k: " + scalar), "k") instanceof ScalarNode node ? node.value() : null;
  }

  private static List<String> problems(String... lines) {
    return YamlReader.read("a.yaml", String.join("\n", lines)).problems().stream()
        .map(p -> ConfigError.line(p.location(), p.path(), p.message()))
        .toList();
  }

  @Test
  void scalarsMeanWhatTheCollectorsLibraryTakesThemFor() {
    assertThat(value("yes")).isEqualTo("yes");
    assertThat(value("off")).isEqualTo("off");
    assertThat(value("True")).isEqualTo(true);
    assertThat(value("0123")).isEqualTo(83L);
    assertThat(value("0o17")).isEqualTo(15L);
    assertThat(value("0xdeadbeef")).isEqualTo(3735928559L);
    assertThat(value("-0b101")).isEqualTo(-5L);
    assertThat(value("1_000")).isEqualTo(1000L);
    assertThat(value("089")).isEqualTo(89.0);
    assertThat(value("+5")).isEqualTo(5L);
    assertThat(value("1e3")).isEqualTo(1000.0);
    assertThat(value(".5")).isEqualTo(0.5);
    assertThat(value("-.inf")).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(value("18446744073709551615")).isEqualTo(new BigInteger("18446744073709551615"));
    assertThat(value("1:20")).isEqualTo("1:20");
    assertThat(value("2001-01-01")).isEqualTo("2001-01-01");
    assertThat(value("'0123'")).isEqualTo("0123");
    assertThat(value("!!str 0123")).isEqualTo("0123");
    assertThat(value("!!float 1")).isEqualTo(1.0);
    assertThat(value("!custom 1")).isEqualTo("1");
    assertThat(value("~")).isNull();
    assertThat(value("null")).isNull();
    assertThat(value("")).isNull();
    assertThat(value("'null'")).isEqualTo("null");
  }

  @Test
  void everyNodeKnowsWhereItStands() {
    ConfigNode root = read("# first", "a:", "  b: [1, {c: x}]");

    assertThat(at(root, "a", "b").location()).isEqualTo(new Location("a.yaml", 3, 6));
    assertThat(at(root, "a", "b", 1, "c").location()).isEqualTo(new Location("a.yaml", 3, 14));
  }

  @Test
  void anAnchorKeepsItsPlaceWhereItIsUsed() {
    ConfigNode root = read("base: &base", "  x: 1", "  y: 2", "use:", "  <<: *base", "  y: 3");

    assertThat(at(root, "use", "x").location()).isEqualTo(new Location("a.yaml", 2, 6));
    assertThat(at(root, "use", "y").location()).isEqualTo(new Location("a.yaml", 6, 6));
  }

  @Test
  void theFirstOfSeveralMergedMapsWins() {
    ConfigNode root =
        read("a: &a {x: 1}", "b: &b {x: 2, y: 2}", "c: {<<: [*a, *b], z: 3}", "d: {z: 1, <<: *b}");

    assertThat(at(root, "c", "x")).hasToString("1");
    assertThat(at(root, "c", "y")).hasToString("2");
    assertThat(at(root, "d", "y")).hasToString("2");
  }

  @Test
  void onlyTheFirstDocumentCounts() {
    assertThat(at(read("a: 1", "---", "a: 2", "b: ["), "a")).hasToString("1");
  }

  @Test
  void duplicateKeysNameBothLines() {
    assertThat(problems("a:", "  b: 1", "  c: 1", "  b: 2", "a:"))
        .containsExactly(
            "a.yaml:4:3: a: mapping key \"b\" already defined at line 2",
            "a.yaml:5:1: mapping key \"a\" already defined at line 1");
  }

  @Test
  void whatIsNotYamlSaysWhere() {
    assertThat(problems("a:", "\tb: 1"))
        .singleElement()
        .asString()
        .startsWith("a.yaml:2:1: not valid YAML: ");
    assertThat(problems("a: [1, 2"))
        .singleElement()
        .asString()
        .contains("not valid YAML", "began at line 1");
    assertThat(problems("a: *nowhere")).singleElement().asString().contains("undefined alias");
    assertThat(problems("a: \u0007")).singleElement().asString().contains("not valid YAML");
    assertThat(problems("? [a]", ": b"))
        .containsExactly("a.yaml:1:3: expected a key, got a map or list");
    assertThat(problems("a: !!int x")).singleElement().asString().contains("its tag");
    assertThat(problems("a: {<<: 1}")).singleElement().asString().contains("map merge");
    assertThat(problems("a: !!java.net.URL {}"))
        .singleElement()
        .asString()
        .contains("not valid YAML");
  }

  @Test
  void anAnchorThatContainsItselfIsRefused() {
    assertThat(problems("a: &a [*a]")).singleElement().asString().contains("contains itself");
  }

  @Test
  void aliasesThatBlowUpAreRefused() {
    StringBuilder text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
      String last = "*a" + (i - 1);
      text.append(
          "a%d: &a%d [%s]\n".formatted(i, i, String.join(", ", Collections.nCopies(10, last))));
    }
    Document document = YamlReader.read("a.yaml", text.toString());
    assertThat(document.problems().stream().map(Problem::message).collect(Collectors.joining()))
        .contains("more than 200000 values");
  }

  @Test
  void depthIsBounded() {
    assertThat(problems("[".repeat(100_000))).singleElement().asString().contains("not valid YAML");
    assertThat(problems("{a: ".repeat(100_000)))
        .singleElement()
        .asString()
        .contains("not valid YAML");
  }

  @Test
  void sizeIsBounded() {
    assertThat(problems("a: " + "x".repeat(YamlReader.MAX_LENGTH)))
        .singleElement()
        .asString()
        .contains("larger than");
  }

  @Test
  void nothingIsNull() {
    assertThat(read("")).isInstanceOf(NullNode.class);
    assertThat(read("# only a comment")).isInstanceOf(NullNode.class);
    assertThat(at(read("{a: , b: {}}"), "a")).isInstanceOf(NullNode.class);
    assertThat(at(read("{a: , b: {}}"), "b"))
        .isEqualTo(new MapNode(Map.of(), new Location("a.yaml", 1, 10), null));
  }
}
