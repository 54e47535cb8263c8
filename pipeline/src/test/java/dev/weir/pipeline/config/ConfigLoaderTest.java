package dev.weir.pipeline.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Components;
import dev.weir.pipeline.PipelineId;
import dev.weir.pipeline.config.AgentConfig.Reference;
import dev.weir.pipeline.config.LoadResult.Failed;
import dev.weir.pipeline.config.LoadResult.Loaded;
import dev.weir.pipeline.config.SampleComponents.Batch;
import dev.weir.pipeline.config.SampleComponents.Debug;
import dev.weir.pipeline.config.SampleComponents.Metric;
import dev.weir.pipeline.config.SampleComponents.Otlp;
import dev.weir.pipeline.config.SampleComponents.Queue;
import dev.weir.pipeline.config.SampleComponents.Sender;
import dev.weir.pipeline.config.SampleComponents.Server;
import dev.weir.pipeline.config.SampleComponents.Telemetry;
import dev.weir.pipeline.config.SampleComponents.Verbosity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigLoaderTest {
  private static final String BASE =
      """
      receivers:
        otlp:
          protocols:
            grpc: {endpoint: "127.0.0.1:25317"}
      processors: {batch: {timeout: 1s, metadata_keys: [a, b]}}
      exporters: {debug: {verbosity: detailed}}
      service:
        pipelines:
          metrics: {receivers: [otlp], processors: [batch], exporters: [debug]}
      """;

  private static LoadResult<Telemetry> load(ConfigSource... sources) {
    return SampleComponents.loader(Map.of("CONFIG", "exporters: {debug/env: }"))
        .load(List.of(sources));
  }

  private static ConfigSource base() {
    return new ConfigSource.Text("base.yaml", BASE);
  }

  private static ConfigSource later(String yaml) {
    return new ConfigSource.Text("later.yaml", yaml);
  }

  private static ConfigSource set(String assignment) {
    return new ConfigSource.Assignment(assignment);
  }

  private static AgentConfig<Telemetry> loaded(ConfigSource... sources) {
    return switch (load(sources)) {
      case Loaded<Telemetry> loaded -> loaded.config();
      case Failed<Telemetry> failed -> throw new AssertionError(failed.render());
    };
  }

  private static List<String> errors(ConfigSource... sources) {
    return switch (load(sources)) {
      case Loaded<Telemetry> loaded -> List.of();
      case Failed<Telemetry> failed -> failed.errors().stream().map(Object::toString).toList();
    };
  }

  private static <C> C config(
      AgentConfig<Telemetry> config, ComponentKind kind, String id, Class<C> type) {
    var component = config.component(kind, ComponentId.parse(id));
    if (component == null) {
      throw new AssertionError("no " + kind + " " + id);
    }
    return type.cast(component.config());
  }

  private static Debug debug(ConfigSource... sources) {
    return config(loaded(sources), ComponentKind.EXPORTER, "debug", Debug.class);
  }

  private static Sender sender(String body) {
    return config(
        loaded(base(), later("exporters: {otlp_grpc: " + body + "}")),
        ComponentKind.EXPORTER,
        "otlp_grpc",
        Sender.class);
  }

  private static List<String> senderErrors(String body) {
    return errors(base(), later("exporters: {otlp_grpc: " + body + "}"));
  }

  @Test
  void componentsAndPipelinesAreTyped() {
    AgentConfig<Telemetry> config = loaded(base());

    assertThat(config(config, ComponentKind.RECEIVER, "otlp", Otlp.class).protocols().grpc())
        .isEqualTo(new Server("127.0.0.1:25317", 4));
    assertThat(config(config, ComponentKind.PROCESSOR, "batch", Batch.class))
        .isEqualTo(new Batch(Duration.ofSeconds(1), 8192, List.of("a", "b")));
    assertThat(config.telemetry()).isEqualTo(new Telemetry("info"));
    var pipeline = config.pipelines().get(PipelineId.parse("metrics"));
    assertThat(pipeline).isNotNull();
    if (pipeline != null) {
      assertThat(pipeline.location()).isEqualTo(new Location("base.yaml", 9, 5));
      assertThat(pipeline.processors())
          .containsExactly(
              new Reference(ComponentId.parse("batch"), new Location("base.yaml", 9, 47)));
    }
  }

  @Test
  void mapsMergeAndListsAndScalarsAreReplaced() {
    AgentConfig<Telemetry> config =
        loaded(
            base(),
            later(
                """
                processors: {batch: {metadata_keys: [c]}}
                exporters: {debug: {verbosity: normal}, debug/2: {}}
                service:
                  pipelines:
                    metrics: {exporters: [debug/2]}
                    logs: {receivers: [otlp], exporters: [debug]}
                """));

    assertThat(config(config, ComponentKind.PROCESSOR, "batch", Batch.class))
        .isEqualTo(new Batch(Duration.ofSeconds(1), 8192, List.of("c")));
    assertThat(config(config, ComponentKind.EXPORTER, "debug", Debug.class).verbosity())
        .isEqualTo(Verbosity.NORMAL);
    assertThat(config.pipelines().values().stream().map(p -> p.id() + " " + p.exporters()).toList())
        .hasSize(2)
        .first()
        .asString()
        .contains("metrics", "debug/2");
  }

  @Test
  void aNullBodyInALaterFileResetsAComponent() {
    assertThat(debug(base(), later("exporters: {debug: }")).verbosity()).isEqualTo(Verbosity.BASIC);
  }

  @Test
  void aNullSectionInALaterFileRemovesIt() {
    assertThat(errors(base(), later("exporters:")))
        .containsExactly(
            "base.yaml:9:67: service::pipelines::metrics: references exporter \"debug\" which is not configured (there are no exporters)");
  }

  @Test
  void setComesLastWhateverTheOrder() {
    ConfigSource verbosity = set("exporters.debug.verbosity= normal ");

    assertThat(debug(verbosity, base()).verbosity()).isEqualTo(Verbosity.NORMAL);
    assertThat(debug(base(), set("exporters.debug={sampling_initial: 7}")).initial()).isEqualTo(7);
    assertThat(
            config(
                    loaded(base(), set("processors.batch.metadata_keys=[x, y]")),
                    ComponentKind.PROCESSOR,
                    "batch",
                    Batch.class)
                .keys())
        .containsExactly("x", "y");
  }

  @Test
  void errorsInSetNameTheFlag() {
    assertThat(errors(base(), set("exporters.debug.verbosity")))
        .containsExactly(
            "invalid argument \"exporters.debug.verbosity\" for \"--set\" flag: missing equal sign");
    assertThat(errors(base(), set("exporters.debug.nosuch=1")))
        .containsExactly(
            "--set exporters.debug.nosuch: exporters::debug: unknown key \"nosuch\" (valid keys: prefix, sampling_initial, use_internal_logger, verbosity)");
    assertThat(errors(base(), set("exporters.debug.sampling_initial=[1")))
        .singleElement()
        .asString()
        .startsWith("--set exporters.debug.sampling_initial: not valid YAML");
  }

  @Test
  void urisAreFilesTextsAndVariables(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("c.yaml"), BASE);

    assertThat(debug(new ConfigSource.Uri(file.toString())).verbosity())
        .isEqualTo(Verbosity.DETAILED);
    assertThat(
            debug(
                    new ConfigSource.Uri("file:" + file),
                    new ConfigSource.Uri("yaml:exporters::debug::verbosity: normal"))
                .verbosity())
        .isEqualTo(Verbosity.NORMAL);
    assertThat(
            loaded(base(), new ConfigSource.Uri("env:CONFIG")).components(ComponentKind.EXPORTER))
        .hasSize(2);
  }

  @Test
  void whatCannotBeReadIsSaidInTheCollectorsWords() {
    assertThat(errors()).containsExactly("at least one config flag must be provided");
    assertThat(errors(new ConfigSource.Uri("missing.yaml")))
        .containsExactly(
            "unable to read the file file:missing.yaml: open missing.yaml: no such file or directory");
    assertThat(errors(new ConfigSource.Uri("ftp:x")))
        .containsExactly(
            "unsupported scheme on URI \"ftp:x\" (supported: env, file, http, https, yaml)");
    assertThat(errors(new ConfigSource.Uri("s_3:has invalid char")))
        .containsExactly("invalid uri: \"s_3:has invalid char\"");
  }

  @Test
  void keysWithColonsAreNestedAtTheTopOnly() {
    AgentConfig<Telemetry> config =
        loaded(
            base(),
            later(
                "exporters::otlp_grpc: {endpoint: x, headers: {'a::b': c}}\nexporters::debug/2:"));

    assertThat(config.components(ComponentKind.EXPORTER)).hasSize(3);
    assertThat(config(config, ComponentKind.EXPORTER, "otlp_grpc", Sender.class).headers())
        .containsExactly(Map.entry("a::b", "c"));
  }

  @Test
  void nothingMeansTheDefaultAndAnEmptyListIsEmpty() {
    assertThat(debug(base(), later("exporters: {debug: {sampling_initial: , verbosity: null}}")))
        .isEqualTo(new Debug(Verbosity.BASIC, 2, true, ""));
    assertThat(sender("{endpoint: x, metrics: {a: , b: {bounds: []}, c: {bounds: }}}").metrics())
        .containsExactly(
            Map.entry("a", new Metric(true, List.of(0.5, 1.0))),
            Map.entry("b", new Metric(true, List.of())),
            Map.entry("c", new Metric(true, List.of(0.5, 1.0))));
  }

  @Test
  void anOptionalSectionIsOnWhenItsKeyIsThere() {
    String receiver = "receivers: {otlp/2: {protocols: %s}}";
    Stream.of("{grpc: }", "{grpc: {}}", "{grpc: {enabled: true}}")
        .forEach(
            protocols -> {
              AgentConfig<Telemetry> config = loaded(base(), later(receiver.formatted(protocols)));
              var otlp = config(config, ComponentKind.RECEIVER, "otlp/2", Otlp.class).protocols();
              assertThat(otlp.grpc()).isEqualTo(new Server("localhost:4317", 4));
              assertThat(otlp.http()).isNull();
            });
    assertThat(errors(base(), later(receiver.formatted("{grpc: {enabled: false}}"))))
        .containsExactly(
            "later.yaml:1:21: receivers::otlp/2: must specify at least one protocol when using the OTLP receiver");
    assertThat(errors(base(), later(receiver.formatted("{grpc: {enabled: 'no'}}"))))
        .containsExactly(
            "later.yaml:1:50: receivers::otlp/2::protocols::grpc::enabled: expected true or false, got \"no\"");
  }

  @Test
  void aSectionOnByDefaultCanBeTurnedOff() {
    assertThat(sender("{endpoint: x}").queue()).isEqualTo(new Queue(1000, false));
    assertThat(sender("{endpoint: x, sending_queue: {queue_size: 5}}").queue())
        .isEqualTo(new Queue(5, false));
    assertThat(sender("{endpoint: x, sending_queue: {enabled: false}}").queue()).isNull();
  }

  @Test
  void aRequiredKeyMustHaveAValue() {
    assertThat(senderErrors(""))
        .containsExactly(
            "later.yaml:1:13: exporters::otlp_grpc: requires a value for \"endpoint\": Where to send.");
    assertThat(senderErrors("{endpoint: }"))
        .containsExactly(
            "later.yaml:1:25: exporters::otlp_grpc::endpoint: requires a value: Where to send.");
  }

  @Test
  void numbersAreNotTextAndTextIsNoNumber() {
    assertThat(sender("{endpoint: 8080}").endpoint()).isEqualTo("8080");
    assertThat(sender("{endpoint: x, ratio: 2}").ratio()).isEqualTo(2.0);
    assertThat(sender("{endpoint: x, sending_queue: {queue_size: 1e3}}").queue())
        .isEqualTo(new Queue(1000, false));
    assertThat(senderErrors("{endpoint: x, sending_queue: {queue_size: '5'}}"))
        .singleElement()
        .asString()
        .endsWith("expected a whole number, got \"5\"");
    assertThat(senderErrors("{endpoint: x, sending_queue: {queue_size: 99999999999999999999}}"))
        .singleElement()
        .asString()
        .endsWith("expected a whole number of at most 64 bits, got 99999999999999999999");
  }

  @Test
  void aDurationWithoutUnitCountsNanosecondsAndWarns() {
    List<ConfigWarning> warnings =
        new ArrayList<>(load(base(), set("processors.batch.timeout=5")).warnings());
    assertThat(warnings)
        .singleElement()
        .hasToString(
            "--set processors.batch.timeout: processors::batch::timeout: a duration without a unit counts nanoseconds: write one, such as 5s or 250ms");
    assertThat(load(base(), set("processors.batch.timeout=0")).warnings()).isEmpty();
  }

  @Test
  void aliasesAndDeprecatedKeysWarn() {
    LoadResult<Telemetry> result =
        load(base(), later("exporters: {otlp: {endpoint: x, ratio: 2}}"));

    assertThat(result).isInstanceOf(Loaded.class);
    assertThat(result.warnings().stream().map(Object::toString))
        .containsExactly(
            "later.yaml:1:13: exporters::otlp: \"otlp\" alias is deprecated; use \"otlp_grpc\" instead",
            "later.yaml:1:33: exporters::otlp::ratio: the key is deprecated: use \"factor\" instead");
  }

  @Test
  void connectorsOnBothSidesAreGood() {
    AgentConfig<Telemetry> config =
        loaded(
            base(),
            later(
                """
                connectors: {forward: }
                service:
                  extensions: []
                  pipelines:
                    metrics/a: {receivers: [otlp], exporters: [forward]}
                    metrics/b: {receivers: [forward], exporters: [debug]}
                """));

    assertThat(config.pipelines()).hasSize(3);
  }

  @Test
  void whatIsListedTwiceCountsOnce() {
    LoadResult<Telemetry> result =
        load(base(), set("service.pipelines.metrics.exporters=[debug, debug]"));

    assertThat(result.warnings())
        .singleElement()
        .asString()
        .endsWith(
            "service::pipelines::metrics::exporters: \"debug\" is listed more than once: it counts once");
    if (result instanceof Loaded<Telemetry> loaded) {
      assertThat(loaded.config().pipelines().values())
          .singleElement()
          .satisfies(pipeline -> assertThat(pipeline.exporters()).hasSize(1));
    }
  }

  @Test
  void anExcerptOfALongLineIsCutAroundTheCaret() {
    String pad = "x".repeat(500);
    ConfigSource source =
        later(
            "exporters: {debug: {prefix: \"\ud83d\ude00"
                + pad
                + "\", sampling_initial: many, use_internal_logger: "
                + pad
                + "}}");
    if (load(base(), source) instanceof Failed<Telemetry> failed) {
      List<String> lines = failed.errors().getFirst().excerpt().lines().toList();
      assertThat(lines).hasSize(2).allMatch(line -> line.length() <= 164);
      assertThat(lines.getFirst().substring(lines.getLast().indexOf('^'))).startsWith("many,");
    }
  }

  @Test
  void idsThatAreEqualAfterTrimmingAreDuplicates() {
    assertThat(errors(base(), later("exporters: {'debug ': }")))
        .containsExactly(
            "later.yaml:1:13: exporters: duplicate name \"debug \" after unmarshaling debug: already defined at base.yaml:6:13");
  }

  @Test
  void errorsAreBounded() {
    StringBuilder yaml = new StringBuilder("exporters: {debug: {");
    for (int i = 0; i < 1000; i++) {
      yaml.append("k").append(i).append(": 1, ");
    }
    List<String> errors = errors(base(), later(yaml.append("}}").toString()));

    assertThat(errors).hasSize(101).last().isEqualTo("and 900 more errors");
  }

  @Test
  void secretsAreShownNowhere() {
    AgentConfig<Telemetry> config =
        loaded(
            base(),
            later("exporters: {otlp_grpc: {endpoint: x, token: hunter2, headers: {a: hunter2}}}"));

    assertThat(config.toString()).doesNotContain("hunter2");
    assertThat(config.components(ComponentKind.EXPORTER).toString()).doesNotContain("hunter2");
    assertThat(ConfigPrinter.print(config)).doesNotContain("hunter2").contains("'[REDACTED]'");
  }

  @Test
  void anUnclosedSecretIsNotQuoted() {
    if (load(later("exporters:\n  otlp_grpc:\n    token: \"hunter2\n"))
        instanceof Failed<Telemetry> failed) {
      assertThat(failed.render()).contains("not valid YAML").doesNotContain("hunter2");
    }
    if (load(later("exporters:\n  otlp_grpc:\n    token: hunter2: x\n"))
        instanceof Failed<Telemetry> failed) {
      assertThat(failed.render()).contains("later.yaml:3:").doesNotContain("hunter2");
    }
  }

  @Test
  void theEffectiveConfigurationHasEveryKeyAndLoadsToTheSame() throws IOException {
    AgentConfig<Telemetry> config =
        loaded(
            base(),
            later(
                """
                exporters:
                  otlp_grpc: {endpoint: "yes", metrics: {tcp.rtt: {enabled: false}}, sending_queue: {enabled: false}}
                  prometheus: {endpoint: "[::1]:8889"}
                  debug: {prefix: "a: b #c\\n\\u0007\\"\\\\é"}
                """));
    String printed = ConfigPrinter.print(config);

    assertThat(printed)
        .isEqualTo(
            Files.readString(
                Path.of("src/test/resources/dev/weir/pipeline/config/effective.yaml")));
    AgentConfig<Telemetry> again = loaded(new ConfigSource.Text("again.yaml", printed));
    for (ComponentKind kind : ComponentKind.values()) {
      config
          .components(kind)
          .forEach(
              (id, component) ->
                  assertThat(again.components(kind).get(id))
                      .isNotNull()
                      .returns(
                          component.config().toString().replace("token=,", "token=[REDACTED],"),
                          c -> String.valueOf(c == null ? null : c.config())));
    }
    assertThat(again.pipelines().keySet()).isEqualTo(config.pipelines().keySet());
  }

  @Test
  void jsonSaysTheSameAsYaml() throws IOException {
    AgentConfig<Telemetry> config =
        loaded(
            base(),
            later(
                """
                exporters:
                  otlp_grpc: {endpoint: x, metrics: {tcp.rtt: {bounds: [1e-9, 2]}}, token: hidden}
                  debug: {prefix: "a: b #c\\n\\u0007\\"\\\\é"}
                """));
    String printed =
        ConfigPrinter.print(config, ConfigPrinter.Format.JSON, ConfigPrinter.Secrets.REDACTED);

    assertThat(printed)
        .isEqualTo(
            Files.readString(Path.of("src/test/resources/dev/weir/pipeline/config/effective.json")))
        .doesNotContain("hidden");
    // JSON is YAML: what is printed means the same when it is loaded.
    assertThat(debug(new ConfigSource.Text("again.json", printed)))
        .isEqualTo(config(config, ComponentKind.EXPORTER, "debug", Debug.class));
  }

  @Test
  void secretsAreShownToWhoAsksForThem() {
    AgentConfig<Telemetry> config =
        loaded(base(), later("exporters: {otlp_grpc: {endpoint: x, headers: {k: v1}, token: v2}}"));

    for (ConfigPrinter.Format format : ConfigPrinter.Format.values()) {
      assertThat(ConfigPrinter.print(config, format, ConfigPrinter.Secrets.SHOWN))
          .contains("v1", "v2")
          .doesNotContain("REDACTED");
      assertThat(ConfigPrinter.print(config, format, ConfigPrinter.Secrets.REDACTED))
          .contains("[REDACTED]")
          .doesNotContain("v1", "v2");
    }
  }

  @Test
  void withoutValidationWhatMakesNoSenseIsAWarning() {
    List<ConfigSource> nonsense =
        List.of(
            base(),
            later("exporters: {debug: {sampling_initial: -1}}"),
            set("service.pipelines.metrics.processors=[nosuch]"));
    ConfigLoader<Telemetry> loader = SampleComponents.loader(Map.of());

    assertThat(loader.load(nonsense)).isInstanceOf(Failed.class);
    LoadResult<Telemetry> shown = loader.loadUnvalidated(nonsense);
    assertThat(shown).isInstanceOf(Loaded.class);
    assertThat(shown.warnings()).hasSize(2);
    assertThat(loader.loadUnvalidated(List.of(base(), later("exporters: {debug: {no: 1}}"))))
        .as("a key that nothing is known of cannot be shown")
        .isInstanceOf(Failed.class);
  }

  @Test
  void twoComponentsOfOneNameAreABug() {
    Components components =
        new Components(
            Stream.concat(
                    SampleComponents.all().factories().stream(),
                    SampleComponents.all().factories().stream())
                .toList());
    assertThatThrownBy(() -> new ConfigLoader<>(components, Telemetry.SCHEMA, name -> null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("two receivers are called \"otlp\"");
  }
}
