package dev.weir.extension.testing;

import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Components;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.Extension;
import dev.weir.pipeline.ExtensionFactory;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Receiver;
import dev.weir.pipeline.ReceiverFactory;
import dev.weir.pipeline.config.ConfigLoader;
import dev.weir.pipeline.config.ConfigSource;
import dev.weir.pipeline.config.LoadResult;
import dev.weir.pipeline.config.Schema;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Loads configs of one extension. */
public final class Yaml {
  private Yaml() {}

  private static LoadResult<String> load(ExtensionFactory<?> factory, String extensions) {
    ReceiverFactory<String> receiver =
        new ReceiverFactory<>(
            Factory.Type.of("nothing", Factory.Stability.STABLE, Schema.empty("")),
            Set.of(Signal.LOGS),
            (_, _) -> new Receiver() {});
    ExporterFactory<String> exporter =
        ExporterFactory.<String>of(
                Factory.Type.of("nowhere", Factory.Stability.STABLE, Schema.empty("")))
            .withLogs(
                (_, _) ->
                    new Exporter<LogRecord>() {
                      @Override
                      public Outcome consume(Telemetry<LogRecord> batch) {
                        return Outcome.accepted();
                      }
                    });
    String yaml =
        extensions
            + "\nreceivers: {nothing: {}}\nexporters: {nowhere: {}}\n"
            + "service: {extensions: ["
            + factory.type().name()
            + "], pipelines: {logs: {receivers: [nothing], exporters: [nowhere]}}}\n";
    return new ConfigLoader<>(
            new Components(List.of(receiver, factory, exporter)), Schema.empty(""), _ -> null)
        .load(List.of(new ConfigSource.Text("test.yaml", yaml)));
  }

  /** Returns the config of the only extension. */
  public static Object config(ExtensionFactory<?> factory, String extensions) {
    return switch (load(factory, extensions)) {
      case LoadResult.Failed<String> failed -> throw new AssertionError(failed.render());
      case LoadResult.Loaded<String> loaded ->
          loaded.config().components(ComponentKind.EXTENSION).values().iterator().next().config();
    };
  }

  /** Returns what is wrong with a config. */
  public static String errors(ExtensionFactory<?> factory, String extensions) {
    return switch (load(factory, extensions)) {
      case LoadResult.Failed<String> failed -> failed.render();
      case LoadResult.Loaded<String> _ -> throw new AssertionError("it loaded");
    };
  }

  /** Returns the first block of YAML in a README. */
  public static String example(String readme) {
    int begin = readme.indexOf("```yaml\n") + "```yaml\n".length();
    return readme.substring(begin, readme.indexOf("```", begin));
  }

  /** Returns a host without extensions, for which nothing may be fatal. */
  public static Host nobody() {
    return new Host() {
      @Override
      public @Nullable Extension extension(ComponentId id) {
        return null;
      }

      @Override
      public void report(ComponentId id, Status status, String message) {}

      @Override
      public void fatal(ComponentId id, String message) {
        throw new AssertionError(message);
      }
    };
  }
}
