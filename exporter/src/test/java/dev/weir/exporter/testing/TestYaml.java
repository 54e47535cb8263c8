package dev.weir.exporter.testing;

import dev.weir.pdata.Signal;
import dev.weir.pipeline.Components;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.Receiver;
import dev.weir.pipeline.ReceiverFactory;
import dev.weir.pipeline.config.AgentConfig;
import dev.weir.pipeline.config.ConfigLoader;
import dev.weir.pipeline.config.ConfigSource;
import dev.weir.pipeline.config.LoadResult;
import dev.weir.pipeline.config.Schema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Loads configs that consist of one exporter, and reads the READMEs of exporters. */
public final class TestYaml {
  private TestYaml() {}

  /** Returns the README of the exporter in this folder of the main sources. */
  public static String readme(String folder) throws IOException {
    return Files.readString(
        Path.of("src/main/java/dev/weir/exporter").resolve(folder).resolve("README.md"));
  }

  /** Returns the first block of YAML in a README. */
  public static String example(String readme) {
    int begin = readme.indexOf("```yaml\n") + "```yaml\n".length();
    return readme.substring(begin, readme.indexOf("```", begin));
  }

  /**
   * Loads {@code exporters: ...} with a pipeline of logs that ends in {@code factory}'s exporter.
   */
  public static LoadResult<String> load(ExporterFactory<?> factory, String exporters) {
    ReceiverFactory<String> receiver =
        new ReceiverFactory<>(
            Factory.Type.of("nothing", Factory.Stability.STABLE, Schema.empty("")),
            Set.of(Signal.LOGS),
            (context, config) -> new Receiver() {});
    String yaml =
        exporters
            + "receivers: {nothing: {}}\n"
            + "service: {pipelines: {logs: {receivers: [nothing], exporters: ["
            + factory.type().name()
            + "]}}}\n";
    return new ConfigLoader<>(
            new Components(List.of(receiver, factory)), Schema.empty(""), name -> null)
        .load(List.of(new ConfigSource.Text("test.yaml", yaml)));
  }

  /** Returns the config of the only exporter; fails if loading did. */
  public static Object config(ExporterFactory<?> factory, String exporters) {
    return switch (load(factory, exporters)) {
      case LoadResult.Failed<String> failed -> throw new AssertionError(failed.render());
      case LoadResult.Loaded<String>(AgentConfig<String> config, var warnings) ->
          Objects.requireNonNull(config.components().get(factory.kind()))
              .values()
              .iterator()
              .next()
              .config();
    };
  }

  /** Returns what is wrong with a config; fails if nothing is. */
  public static String errors(ExporterFactory<?> factory, String exporters) {
    return switch (load(factory, exporters)) {
      case LoadResult.Failed<String> failed -> failed.render();
      case LoadResult.Loaded<String> loaded -> throw new AssertionError("it loaded");
    };
  }
}
