package dev.weir.pipeline.service;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Item;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Metric;
import dev.weir.pdata.NumberPoints;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Scope;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Components;
import dev.weir.pipeline.Connector;
import dev.weir.pipeline.ConnectorFactory;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.Extension;
import dev.weir.pipeline.ExtensionFactory;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.Factory.Stability;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.PipelineId;
import dev.weir.pipeline.Processor;
import dev.weir.pipeline.ProcessorFactory;
import dev.weir.pipeline.Receiver;
import dev.weir.pipeline.ReceiverFactory;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.config.Schema;
import dev.weir.pipeline.service.GraphPlan.Configured;
import dev.weir.pipeline.service.GraphPlan.Pipeline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Components that write down what is done to them, and a plan made of them: what the tests of the
 * engine play with. Components are named {@code kind:id} in the diary, with the place of instances.
 */
final class Rehearsal {
  static final BuildInfo BUILD = new BuildInfo("weir", "1.2.3");

  /** What happened, in order: {@code start exporter x (metrics)}. */
  final List<String> diary = java.util.Collections.synchronizedList(new ArrayList<>());

  /** What each exporter got, by {@code id/signal}. */
  final Map<String, List<Telemetry<?>>> received = new HashMap<>();

  /** The outputs of receivers, by ID. */
  final Map<String, ComponentContext> contexts = new HashMap<>();

  /** The hosts of components, by diary name. */
  final Map<String, Host> hosts = new HashMap<>();

  /** What exporters answer, by ID; accepted if nothing else is said. */
  final Map<String, Function<Telemetry<?>, Outcome>> answers = new HashMap<>();

  /** Components that cannot start, by diary name, with the reason. */
  final Map<String, String> startFailures = new HashMap<>();

  /** Exporters that cannot be made, by ID, with the reason. */
  final Map<String, String> makeFailures = new HashMap<>();

  /** What else starting does, by diary name. */
  final Map<String, Runnable> starts = new HashMap<>();

  /** What else stopping does, by diary name. */
  final Map<String, Runnable> stops = new HashMap<>();

  /** IDs of components that change batches. */
  final List<String> mutating = new ArrayList<>();

  /** The grace that each component was given, in the order of stop. */
  final Map<String, Duration> graces = new LinkedHashMap<>();

  private final Map<ComponentKind, Map<ComponentId, Configured<?>>> components =
      new EnumMap<>(ComponentKind.class);
  private final List<ComponentId> extensions = new ArrayList<>();
  private final List<Pipeline> pipelines = new ArrayList<>();

  Rehearsal receiver(String id, Signal<?>... signals) {
    return put(
        ComponentKind.RECEIVER,
        id,
        new ReceiverFactory<>(
            type(id),
            new LinkedHashSet<>(Arrays.asList(signals.length == 0 ? all() : signals)),
            (context, _) -> {
              contexts.put(id, context);
              return new TestReceiver("receiver " + id);
            }));
  }

  Rehearsal exporter(String id) {
    return put(
        ComponentKind.EXPORTER,
        id,
        ExporterFactory.<String>of(type(id))
            .withMetrics((_, _) -> new TestExporter<>(id, "exporter " + id + " (metrics)"))
            .withLogs((_, _) -> new TestExporter<>(id, "exporter " + id + " (logs)")));
  }

  Rehearsal processor(String id) {
    return put(
        ComponentKind.PROCESSOR,
        id,
        ProcessorFactory.<String>of(type(id))
            .withMetrics((_, _, next) -> new TestProcessor<>(id, "processor " + id, next))
            .withLogs((_, _, next) -> new TestProcessor<>(id, "processor " + id, next)));
  }

  Rehearsal connector(String id) {
    return put(
        ComponentKind.CONNECTOR,
        id,
        ConnectorFactory.<String>of(type(id))
            .with(
                Signal.METRICS,
                Signal.METRICS,
                (context, _) ->
                    new TestConnector<>(
                        id,
                        "connector " + id,
                        Objects.requireNonNull(context.output(Signal.METRICS))))
            .with(
                Signal.LOGS,
                Signal.LOGS,
                (context, _) ->
                    new TestConnector<>(
                        id,
                        "connector " + id,
                        Objects.requireNonNull(context.output(Signal.LOGS)))));
  }

  Rehearsal extension(String id) {
    extensions.add(ComponentId.parse(id));
    return put(
        ComponentKind.EXTENSION,
        id,
        new ExtensionFactory<>(type(id), (_, _) -> new TestExtension("extension " + id)));
  }

  /** Adds a pipeline: {@code pipeline("metrics/a", "r1 r2", "p1", "e1 e2")}. */
  Rehearsal pipeline(String id, String receivers, String processors, String exporters) {
    pipelines.add(
        new Pipeline(PipelineId.parse(id), ids(receivers), ids(processors), ids(exporters)));
    return this;
  }

  Components components() {
    return new Components(
        components.values().stream()
            .flatMap(byId -> byId.values().stream())
            .<Factory<?>>map(Configured::factory)
            .toList());
  }

  GraphPlan plan() {
    return new GraphPlan(components, extensions, pipelines);
  }

  /** Sends one metric with one point through a receiver and returns what became of it. */
  Outcome sendMetric(String receiver) {
    return Objects.requireNonNull(output(receiver, Signal.METRICS)).consume(metrics(1));
  }

  <T extends Item> @Nullable Consumer<T> output(String receiver, Signal<T> signal) {
    return Objects.requireNonNull(contexts.get(receiver)).output(signal);
  }

  List<Telemetry<?>> got(String exporterAndSignal) {
    return received.getOrDefault(exporterAndSignal, List.of());
  }

  static Telemetry<Metric> metrics(int points) {
    NumberPoints numbers = new NumberPoints(points);
    for (int i = 0; i < points; i++) {
      numbers.add(Attributes.EMPTY, 0, 1, i);
    }
    return Telemetry.of(
        Signal.METRICS,
        Resource.EMPTY,
        Scope.EMPTY,
        List.of(Metric.gauge("level", "", "1", numbers)));
  }

  static Telemetry<LogRecord> logs(int records) {
    List<LogRecord> items = new ArrayList<>();
    for (int i = 0; i < records; i++) {
      items.add(new LogRecord());
    }
    return Telemetry.of(Signal.LOGS, Resource.EMPTY, Scope.EMPTY, items);
  }

  private static Signal<?>[] all() {
    return new Signal<?>[] {Signal.METRICS, Signal.LOGS};
  }

  private static List<ComponentId> ids(String words) {
    return Arrays.stream(words.split(" "))
        .filter(w -> !w.isEmpty())
        .map(ComponentId::parse)
        .toList();
  }

  private static Factory.Type<String> type(String id) {
    return Factory.Type.of(ComponentId.parse(id).type(), Stability.STABLE, Schema.empty(""));
  }

  private Rehearsal put(ComponentKind kind, String id, Factory<String> factory) {
    components
        .computeIfAbsent(kind, _ -> new LinkedHashMap<>())
        .put(ComponentId.parse(id), new Configured<>(factory, ""));
    return this;
  }

  private void started(String name, Host host) throws StartException {
    String failure = startFailures.get(name);
    if (failure != null) {
      diary.add("fail " + name);
      throw new StartException(failure);
    }
    hosts.put(name, host);
    diary.add("start " + name);
    starts.getOrDefault(name, () -> {}).run();
  }

  private void stopped(String name, Duration grace) {
    diary.add("stop " + name);
    graces.put(name, grace);
    stops.getOrDefault(name, () -> {}).run();
  }

  private final class TestReceiver implements Receiver {
    private final String name;

    TestReceiver(String name) {
      this.name = name;
    }

    @Override
    public void start(Host host) throws StartException {
      started(name, host);
    }

    @Override
    public void stop(Duration grace) {
      stopped(name, grace);
    }
  }

  private final class TestExporter<T extends Item> implements Exporter<T> {
    private final String id;
    private final String name;

    TestExporter(String id, String name) {
      String failure = makeFailures.get(id);
      if (failure != null) {
        throw new IllegalArgumentException(failure);
      }
      this.id = id;
      this.name = name;
    }

    @Override
    public void start(Host host) throws StartException {
      started(name, host);
    }

    @Override
    public Outcome consume(Telemetry<T> batch) {
      received.computeIfAbsent(id + "/" + batch.signal(), _ -> new ArrayList<>()).add(batch);
      return answers.getOrDefault(id, _ -> Outcome.accepted()).apply(batch);
    }

    @Override
    public boolean mutates() {
      return mutating.contains(id);
    }

    @Override
    public void stop(Duration grace) {
      stopped(name, grace);
    }
  }

  private final class TestProcessor<T extends Item> implements Processor<T> {
    private final String id;
    private final String name;
    private final Consumer<T> next;

    TestProcessor(String id, String name, Consumer<T> next) {
      this.id = id;
      this.name = name;
      this.next = next;
    }

    @Override
    public void start(Host host) throws StartException {
      started(name, host);
    }

    @Override
    public Outcome consume(Telemetry<T> batch) {
      return next.consume(batch);
    }

    @Override
    public boolean mutates() {
      return mutating.contains(id);
    }

    @Override
    public void stop(Duration grace) {
      stopped(name, grace);
    }
  }

  private final class TestConnector<T extends Item> implements Connector<T> {
    private final String id;
    private final String name;
    private final Consumer<T> next;

    TestConnector(String id, String name, Consumer<T> next) {
      this.id = id;
      this.name = name;
      this.next = next;
    }

    @Override
    public void start(Host host) throws StartException {
      started(name, host);
    }

    @Override
    public Outcome consume(Telemetry<T> batch) {
      return next.consume(batch);
    }

    @Override
    public boolean mutates() {
      return mutating.contains(id);
    }

    @Override
    public void stop(Duration grace) {
      stopped(name, grace);
    }
  }

  private final class TestExtension implements Extension {
    private final String name;

    TestExtension(String name) {
      this.name = name;
    }

    @Override
    public void start(Host host) throws StartException {
      started(name, host);
    }

    @Override
    public void ready() {
      diary.add("ready " + name);
    }

    @Override
    public void notReady() {
      diary.add("not ready " + name);
    }

    @Override
    public void stop(Duration grace) {
      stopped(name, grace);
    }
  }
}
