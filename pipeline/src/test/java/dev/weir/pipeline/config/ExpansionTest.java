package dev.weir.pipeline.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.config.LoadResult.Failed;
import dev.weir.pipeline.config.LoadResult.Loaded;
import dev.weir.pipeline.config.SampleComponents.Batch;
import dev.weir.pipeline.config.SampleComponents.Debug;
import dev.weir.pipeline.config.SampleComponents.Telemetry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules of collector.md 1.6, through the loader, as a component's config sees them. */
class ExpansionTest {
  private static final String REST =
      """
      receivers: {filelog: }
      service: {pipelines: {logs: {receivers: [filelog], exporters: [debug]}}}
      """;

  private static LoadResult<Telemetry> load(String exporter, Map<String, String> environment) {
    return SampleComponents.loader(environment)
        .load(
            List.of(
                new ConfigSource.Text("c.yaml", "exporters: {debug: " + exporter + "}\n" + REST)));
  }

  private static Debug debug(String exporter, Map<String, String> environment) {
    return switch (load(exporter, environment)) {
      case Failed<Telemetry> failed -> throw new AssertionError(failed.render());
      case Loaded<Telemetry> loaded -> {
        var component =
            loaded.config().component(ComponentKind.EXPORTER, ComponentId.parse("debug"));
        if (component == null || !(component.config() instanceof Debug debug)) {
          throw new AssertionError("no debug exporter");
        }
        yield debug;
      }
    };
  }

  private static String text(String value, Map<String, String> environment) {
    return debug("{prefix: \"" + value + "\"}", environment).prefix();
  }

  private static String error(String exporter, Map<String, String> environment) {
    return switch (load(exporter, environment)) {
      case Failed<Telemetry> failed -> {
        assertThat(failed.errors()).hasSize(1);
        yield failed.errors().getFirst().toString();
      }
      case Loaded<Telemetry> loaded -> throw new AssertionError("loaded");
    };
  }

  private static List<String> warnings(String exporter, Map<String, String> environment) {
    return load(exporter, environment).warnings().stream()
        .map(warning -> warning.level() + " " + warning)
        .toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          $ENV_VALUE                 | $ENV_VALUE
          $$ENV_VALUE                | $ENV_VALUE
          $$$ENV_VALUE               | $$ENV_VALUE
          $$$$ENV_VALUE              | $$ENV_VALUE
          some$${ENV_VALUE}text      | some${ENV_VALUE}text
          $${ENV_VALUE}              | ${ENV_VALUE}
          $$${ENV_VALUE}             | $value
          $$$$${ENV_VALUE}           | $$value
          some${ENV_VALUE}           | somevalue
          ${ENV_VALUE}text           | valuetext
          ${ENV_VALUE}${ENV_VALUE}   | valuevalue
          ${env:${NAME}}             | value
          $${env:${ENV_VALUE}}       | ${env:value}
          $${1}$${env:2}             | ${1}${env:2}
          $${ENV_VALUE}-${ENV_VALUE} | ${ENV_VALUE}-${ENV_VALUE}
          ${env:UNSET:-default}      | default
          ${env:UNSET:-${ENV_VALUE}} | value
          ${env:EMPTY:-default}      | ''
          ${env:UNSET:-}             | ''
          a${env:UNSET}b             | ab
          ${env:INDIRECT}            | value
          ${env:DOLLARS}             | a$b
          ${yaml:text}               | text
          ${ENV_VALUE                | ${ENV_VALUE
          }${ENV_VALUE}              | }value
          """)
  void stringsAreExpandedAndUnescaped(String written, String expected) {
    Map<String, String> environment =
        Map.of(
            "ENV_VALUE", "value",
            "NAME", "ENV_VALUE",
            "EMPTY", "",
            "INDIRECT", "${env:ENV_VALUE}",
            "DOLLARS", "a$$b");

    assertThat(text(written, environment)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          0123            | 83
          0xdeadbeef      | 3735928559
          0b101           | 5
          0o17            | 15
          1e3             | 1000
          23 # a comment  | 23
          """)
  void aWholeValueIsTypedForANumberAndVerbatimForAString(String value, long number) {
    assertThat(debug("{sampling_initial: \"${env:V}\"}", Map.of("V", value)).initial())
        .isEqualTo(number);
    assertThat(text("${env:V}", Map.of("V", value))).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "0123"
          !!str 0123
          t
          ["a",
          '{"field": {"key": "value"}}'
          {a: b}
          [a, b]
          true # comment
          """)
  void aStringFieldGetsTheTextAsItIsAndANumberNothingOfIt(String value) {
    assertThat(text("${env:V}", Map.of("V", value))).isEqualTo(value);
    assertThat(error("{sampling_initial: \"${env:V}\"}", Map.of("V", value)))
        .startsWith("c.yaml:1:39: exporters::debug::sampling_initial: expected a whole number")
        .matches(".*(which is not shown|got a map|got a list)");
  }

  @Test
  void aFlagTakesTrueAndFalseOnly() {
    String flag = "{use_internal_logger: \"${env:V}\"}";

    assertThat(debug(flag, Map.of("V", "false")).internalLogger()).isFalse();
    assertThat(debug(flag, Map.of("V", "true # ${env:bad.name}")).internalLogger()).isTrue();
    assertThat(error(flag, Map.of("V", "t"))).contains("expected true or false");
    assertThat(error(flag, Map.of("V", "23"))).contains("expected true or false");
  }

  @Test
  void aPartOfALongerTextIsNeverTyped() {
    assertThat(error("{sampling_initial: \"1${env:V}\"}", Map.of("V", "2")))
        .contains("expected a whole number");
  }

  @Test
  void sectionsAndListsCanComeFromAVariable() {
    assertThat(
            debug("'${env:V}'", Map.of("V", "{sampling_initial: 7, prefix: '${env:P}'}", "P", "x")))
        .returns(7L, Debug::initial)
        .returns("x", Debug::prefix);
    assertThat(batch("{metadata_keys: '${env:V}'}", "[a, 0123]").keys())
        .containsExactly("a", "0123");
    assertThat(batch("{metadata_keys: '${env:V}'}", "a,b").keys()).containsExactly("a", "b");
    assertThat(batch("{timeout: '${env:V}'}", "5s").timeout()).isEqualTo(Duration.ofSeconds(5));
  }

  private static Batch batch(String processor, String value) {
    return switch (SampleComponents.loader(Map.of("V", value))
        .load(
            List.of(
                new ConfigSource.Text(
                    "c.yaml",
                    "exporters: {debug: }\nprocessors: {batch: " + processor + "}\n" + REST)))) {
      case Failed<Telemetry> failed -> throw new AssertionError(failed.render());
      case Loaded<Telemetry> loaded -> {
        var component =
            loaded.config().component(ComponentKind.PROCESSOR, ComponentId.parse("batch"));
        if (component == null || !(component.config() instanceof Batch batch)) {
          throw new AssertionError("no batch processor");
        }
        yield batch;
      }
    };
  }

  @Test
  void anUnsetVariableIsZeroAndWarns() {
    assertThat(debug("{sampling_initial: '${env:V}'}", Map.of()).initial()).isZero();
    assertThat(debug("{use_internal_logger: '${env:V}'}", Map.of()).internalLogger()).isFalse();
    assertThat(debug("{verbosity: '${env:V}'}", Map.of()).verbosity())
        .isEqualTo(SampleComponents.Verbosity.BASIC);
    assertThat(debug("{sampling_initial: }", Map.of()).initial()).isEqualTo(2);
    assertThat(warnings("{prefix: 'a${env:V}${env:V}'}", Map.of()))
        .containsExactly(
            "WARN c.yaml:1:29: exporters::debug::prefix: Configuration references unset environment variable \"V\"");
  }

  @Test
  void anEmptyVariableInforms() {
    assertThat(warnings("{prefix: '${V}'}", Map.of("V", "")))
        .containsExactly(
            "INFO c.yaml:1:29: exporters::debug::prefix: Configuration references empty environment variable \"V\"");
  }

  @Test
  void aFileGivesTextOrSections(@TempDir Path directory) throws IOException {
    Path text = Files.writeString(directory.resolve("v.txt"), "detailed\n");
    Path section =
        Files.writeString(directory.resolve("d.yaml"), "\nsampling_initial: 3\nprefix: [x]\n");

    assertThat(text("${file:" + text + "}", Map.of())).isEqualTo("detailed");
    assertThat(error("'${file:${env:DIR}/d.yaml}'", Map.of("DIR", directory.toString())))
        .isEqualTo(section + ":3:9: exporters::debug::prefix: expected a string, got a list");
    assertThat(error("{prefix: '${file:" + directory + "/none}'}", Map.of()))
        .endsWith("no such file or directory");
    assertThat(error("{prefix: '${file:" + directory + "}'}", Map.of())).contains("unable to read");
  }

  @Test
  void whatCannotBeExpandedSaysWhyInTheCollectorsWords() {
    assertThat(error("{prefix: '${env:hello.world}'}", Map.of()))
        .contains(
            "environment variable \"hello.world\" has invalid name: must match regex ^[a-zA-Z_][a-zA-Z0-9_]*$");
    assertThat(error("{prefix: '${nosuch:x}'}", Map.of()))
        .contains("scheme \"nosuch\" is not supported for uri \"nosuch:x\"");
    assertThat(error("{prefix: '${s_3:x}'}", Map.of())).contains("invalid uri: \"s_3:x\"");
    assertThat(error("{prefix: '${env:$X}'}", Map.of()))
        .contains("the uri \"env:$X\" contains unsupported characters ('$')");
  }

  @Test
  void expressionsThatHoldThemselvesEnd() {
    String tooMany = "too many recursive expansions";

    assertThat(error("{prefix: '${env:A}'}", Map.of("A", "${env:A}"))).contains(tooMany);
    assertThat(error("{prefix: '${env:A}'}", Map.of("A", "${env:A}${env:A}"))).contains(tooMany);
    assertThat(error("{prefix: '${env:A}'}", Map.of("A", "x${env:A}"))).contains(tooMany);
    List<String> errors = new ArrayList<>();
    for (String value :
        List.of("[${env:A}]", "[\"${env:A}\", \"${env:A}\"]", "{a: \"${env:A}\"}")) {
      if (load("{prefix: '${env:A}'}", Map.of("A", value)) instanceof Failed<Telemetry> failed) {
        errors.add(failed.render());
      }
    }
    assertThat(errors).hasSize(3).allMatch(error -> error.contains(tooMany));
  }

  @Test
  void manyVariablesDoNotMultiplyWithoutEnd() {
    Map<String, String> laughs = new HashMap<>();
    laughs.put("A0", "[x, x, x, x, x, x, x, x, x, x]");
    for (int i = 1; i < 12; i++) {
      String last = "\"${env:A" + (i - 1) + "}\"";
      laughs.put("A" + i, "[" + (last + ", ").repeat(9) + last + "]");
    }

    assertThat(load("{prefix: '${env:A11}'}", laughs)).isInstanceOf(Failed.class);
  }
}
