package dev.weir.transport.testing;

import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Components;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Receiver;
import dev.weir.pipeline.ReceiverFactory;
import dev.weir.pipeline.config.ConfigLoader;
import dev.weir.pipeline.config.ConfigSource;
import dev.weir.pipeline.config.LoadResult;
import dev.weir.pipeline.config.Schema;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Decodes YAML as the body of a section. */
public final class SectionText {
  private SectionText() {}

  /** Returns what a body becomes; fails if it is refused. */
  public static <C> C decode(Class<C> type, Schema<C> schema, String body) {
    return switch (load(schema, body)) {
      case LoadResult.Failed<String> failed -> throw new AssertionError(failed.render());
      case LoadResult.Loaded<String> loaded ->
          type.cast(
              Objects.requireNonNull(loaded.config().components().get(ComponentKind.EXPORTER))
                  .values()
                  .iterator()
                  .next()
                  .config());
    };
  }

  /** Returns what is wrong with a body; fails if nothing is. */
  public static String errors(Schema<?> schema, String body) {
    return switch (load(schema, body)) {
      case LoadResult.Failed<String> failed -> failed.render();
      case LoadResult.Loaded<String> loaded -> throw new AssertionError("it loaded");
    };
  }

  private static <C> LoadResult<String> load(Schema<C> schema, String body) {
    ReceiverFactory<String> receiver =
        new ReceiverFactory<>(
            Factory.Type.of("nothing", Factory.Stability.STABLE, Schema.empty("")),
            Set.of(Signal.LOGS),
            (context, config) -> new Receiver() {});
    ExporterFactory<C> exporter =
        ExporterFactory.of(Factory.Type.of("it", Factory.Stability.STABLE, schema))
            .withLogs((context, config) -> new Nothing());
    String yaml =
        "exporters: {it: "
            + body
            + "}\nreceivers: {nothing: {}}\n"
            + "service: {pipelines: {logs: {receivers: [nothing], exporters: [it]}}}\n";
    return new ConfigLoader<>(
            new Components(List.of(receiver, exporter)), Schema.empty(""), name -> null)
        .load(List.of(new ConfigSource.Text("test.yaml", yaml)));
  }

  private static final class Nothing implements Exporter<LogRecord> {
    @Override
    public Outcome consume(Telemetry<LogRecord> batch) {
      return Outcome.accepted();
    }
  }
}
