package dev.weir.processor.testing;

import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Scope;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Text;
import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Components;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.Extension;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Processor;
import dev.weir.pipeline.ProcessorFactory;
import dev.weir.pipeline.Receiver;
import dev.weir.pipeline.ReceiverFactory;
import dev.weir.pipeline.config.ConfigLoader;
import dev.weir.pipeline.config.ConfigSource;
import dev.weir.pipeline.config.LoadResult;
import dev.weir.pipeline.config.Schema;
import dev.weir.pipeline.testing.LogLines;
import dev.weir.pipeline.testing.Measurements;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A processor of log records between a test and what the test says comes next. */
public final class Stage implements Host, Consumer<LogRecord> {
  public final LogLines log = new LogLines();
  public final Measurements measurements = new Measurements();

  /** The bodies of each batch that came next. */
  public final List<List<String>> arrived = new CopyOnWriteArrayList<>();

  /** The batches that came next. */
  public final List<Telemetry<LogRecord>> batches = new CopyOnWriteArrayList<>();

  /** What the component reported. */
  public final List<String> reports = new CopyOnWriteArrayList<>();

  public volatile Outcome answer = Outcome.accepted();

  /** Is thrown instead of an answer. */
  public volatile @Nullable Error failure;

  /** Makes and starts a processor. */
  public <C> Processor<LogRecord> started(ProcessorFactory<C> factory, C config) throws Exception {
    var maker = Objects.requireNonNull(factory.maker(Signal.LOGS));
    ComponentContext context =
        new ComponentContext(
            ComponentKind.PROCESSOR,
            ComponentId.parse(factory.type().name()),
            new BuildInfo("weir", "0"),
            Resource.EMPTY,
            log,
            measurements.meter(),
            InstantSource.system(),
            Map.of());
    Processor<LogRecord> processor = maker.make(context, config, this);
    processor.start(this);
    return processor;
  }

  @Override
  public Outcome consume(Telemetry<LogRecord> batch) {
    Error thrown = failure;
    if (thrown != null) {
      throw thrown;
    }
    batches.add(batch);
    arrived.add(bodies(batch));
    return answer;
  }

  /** Returns a batch of log records. */
  public static Telemetry<LogRecord> logs(String... bodies) {
    List<LogRecord> records = new ArrayList<>();
    for (String body : bodies) {
      records.add(new LogRecord().body(Text.of(body)));
    }
    return Telemetry.of(Signal.LOGS, Resource.EMPTY, Scope.of("test", "1"), records);
  }

  private static List<String> bodies(Telemetry<LogRecord> batch) {
    List<String> bodies = new ArrayList<>();
    batch
        .resources()
        .forEach(
            r ->
                r.scopes()
                    .forEach(s -> s.items().forEach(i -> bodies.add(String.valueOf(i.body())))));
    return bodies;
  }

  /** Loads {@code processors: {type: body}} with a pipeline through it. */
  public static LoadResult<String> load(ProcessorFactory<?> factory, String processors) {
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
        processors
            + "\nreceivers: {nothing: {}}\nexporters: {nowhere: {}}\n"
            + "service: {pipelines: {logs: {receivers: [nothing], processors: ["
            + factory.type().name()
            + "], exporters: [nowhere]}}}\n";
    return new ConfigLoader<>(
            new Components(List.of(receiver, factory, exporter)), Schema.empty(""), _ -> null)
        .load(List.of(new ConfigSource.Text("test.yaml", yaml)));
  }

  /** Returns the config of the only processor. */
  public static Object config(ProcessorFactory<?> factory, String processors) {
    return switch (load(factory, processors)) {
      case LoadResult.Failed<String> failed -> throw new AssertionError(failed.render());
      case LoadResult.Loaded<String> loaded ->
          loaded.config().components(ComponentKind.PROCESSOR).values().iterator().next().config();
    };
  }

  /** Returns what is wrong with a config. */
  public static String errors(ProcessorFactory<?> factory, String processors) {
    return switch (load(factory, processors)) {
      case LoadResult.Failed<String> failed -> failed.render();
      case LoadResult.Loaded<String> _ -> throw new AssertionError("it loaded");
    };
  }

  /** Returns the first block of YAML in a README. */
  public static String example(String readme) {
    int begin = readme.indexOf("```yaml\n") + "```yaml\n".length();
    return readme.substring(begin, readme.indexOf("```", begin));
  }

  @Override
  public @Nullable Extension extension(ComponentId id) {
    return null;
  }

  @Override
  public void report(ComponentId id, Status status, String message) {
    reports.add(id + " " + status + " " + message);
  }

  @Override
  public void fatal(ComponentId id, String message) {
    throw new AssertionError(message);
  }
}
