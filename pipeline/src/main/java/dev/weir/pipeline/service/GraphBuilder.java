package dev.weir.pipeline.service;

import dev.weir.pdata.Item;
import dev.weir.pdata.Signal;
import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.Component;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Connector;
import dev.weir.pipeline.ConnectorFactory;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.ExtensionFactory;
import dev.weir.pipeline.Processor;
import dev.weir.pipeline.ProcessorFactory;
import dev.weir.pipeline.ReceiverFactory;
import dev.weir.pipeline.service.Connections.Link;
import dev.weir.pipeline.service.Graph.Part;
import dev.weir.pipeline.service.GraphPlan.Configured;
import dev.weir.pipeline.service.GraphPlan.Pipeline;
import dev.weir.pipeline.telemetry.OwnTelemetry;
import io.opentelemetry.api.common.Attributes;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;

/**
 * Builds a graph from its ends: asked for the entry of a pipeline, it makes the exporters, then the
 * processors from the last to the first; what two pipelines share is made once. So each component
 * is made after everything downstream of it, which is the order of start. For one use.
 */
final class GraphBuilder {
  /** What the engine's own meter is called. */
  static final String SCOPE = "dev.weir.pipeline.service";

  private record SignalAndId(Signal<?> signal, ComponentId id) {}

  /** Makes a component; the exceptions of makers are for the user. */
  private interface Make<C extends Component> extends Supplier<C> {}

  private final BuildInfo build;
  private final GraphPlan plan;
  private final OwnTelemetry telemetry;
  private final InstantSource clock;
  private final EdgeMetrics metrics;
  private final List<Part> parts = new ArrayList<>();
  private final Map<SignalAndId, Consumer<?>> exporters = new HashMap<>();
  private final Map<Link, Consumer<?>> connectors = new HashMap<>();
  private final Map<Pipeline, Consumer<?>> entries = new HashMap<>();

  GraphBuilder(BuildInfo build, GraphPlan plan, OwnTelemetry telemetry, InstantSource clock) {
    this.build = build;
    this.plan = plan;
    this.telemetry = telemetry;
    this.clock = clock;
    this.metrics = new EdgeMetrics(telemetry.meter(SCOPE));
  }

  Graph build() throws GraphException {
    Connections connections = new Connections(plan);
    for (Pipeline pipeline : plan.pipelines()) {
      entry(pipeline.signal(), pipeline, connections);
    }
    Map<ComponentId, Set<Signal<?>>> receivers = new LinkedHashMap<>();
    for (Pipeline pipeline : plan.pipelines()) {
      for (ComponentId id : pipeline.receivers()) {
        if (!connections.isConnector(id)) {
          receivers.computeIfAbsent(id, _ -> new LinkedHashSet<>()).add(pipeline.signal());
        }
      }
    }
    for (Map.Entry<ComponentId, Set<Signal<?>>> receiver : receivers.entrySet()) {
      receiver(
          configured(ComponentKind.RECEIVER, receiver.getKey()),
          receiver.getKey(),
          receiver.getValue());
    }
    List<Part> pipelines = new ArrayList<>(parts);
    pipelines.sort(Comparator.comparingInt(part -> Graph.rank(part.node().kind())));
    parts.clear();
    for (ComponentId id : plan.extensions()) {
      extension(configured(ComponentKind.EXTENSION, id), id);
    }
    return new Graph(pipelines, parts);
  }

  /** Returns the first consumer of a pipeline, which is of {@code signal}. */
  @SuppressWarnings("unchecked") // under a pipeline of Signal<T> lies a Consumer<T>
  private <T extends Item> Consumer<T> entry(
      Signal<T> signal, Pipeline pipeline, Connections connections) throws GraphException {
    Consumer<T> known = (Consumer<T>) entries.get(pipeline);
    if (known != null) {
      return known;
    }
    List<Consumer<T>> ends = new ArrayList<>();
    for (ComponentId id : pipeline.exporters()) {
      if (connections.isConnector(id)) {
        for (Link link : connections.from(id, signal)) {
          ends.add(
              connector(
                  configured(ComponentKind.CONNECTOR, id), link, signal, link.to(), connections));
        }
      } else {
        ends.add(exporter(configured(ComponentKind.EXPORTER, id), id, signal));
      }
    }
    Consumer<T> next = FanOut.of(ends);
    boolean mutates = next.mutates();
    for (ComponentId id : pipeline.processors().reversed()) {
      next = processor(configured(ComponentKind.PROCESSOR, id), id, pipeline, signal, next);
      mutates |= next.mutates();
    }
    Consumer<T> entry = mutates && !next.mutates() ? new Mutating<>(next) : next;
    entries.put(pipeline, entry);
    return entry;
  }

  private <C, T extends Item> Consumer<T> exporter(
      Configured<C> configured, ComponentId id, Signal<T> signal) throws GraphException {
    SignalAndId key = new SignalAndId(signal, id);
    @SuppressWarnings("unchecked") // under a Signal<T> lies a Consumer<T>
    Consumer<T> known = (Consumer<T>) exporters.get(key);
    if (known != null) {
      return known;
    }
    String failed = "failed to create \"" + id + "\" exporter for data type \"" + signal + "\": ";
    if (!(configured.factory() instanceof ExporterFactory<C> factory)) {
      throw wrongFactory(ComponentKind.EXPORTER, id);
    }
    ExporterFactory.Maker<C, T> maker = factory.maker(signal);
    if (maker == null) {
      throw unsupported(failed);
    }
    Node node =
        node(
            ComponentKind.EXPORTER,
            id,
            signal.signalName(),
            Map.of("otelcol.signal", signal.signalName()));
    ComponentContext context = context(node, Map.of());
    Exporter<T> exporter = make(node, failed, () -> maker.make(context, configured.config()));
    Consumer<T> guard = new Guard<>(exporter, node, node.logger(), metrics);
    Consumer<T> edge =
        exporter.countsItems() ? guard : new ExporterEdge<>(guard, signal, id, metrics);
    exporters.put(key, edge);
    return edge;
  }

  private <C, T extends Item, U extends Item> Consumer<T> connector(
      Configured<C> configured, Link link, Signal<T> from, Signal<U> to, Connections connections)
      throws GraphException {
    @SuppressWarnings("unchecked") // under a link from Signal<T> lies a Consumer<T>
    Consumer<T> known = (Consumer<T>) connectors.get(link);
    if (known != null) {
      return known;
    }
    String failed = "failed to create " + link + ": ";
    if (!(configured.factory() instanceof ConnectorFactory<C> factory)) {
      throw wrongFactory(ComponentKind.CONNECTOR, link.id());
    }
    ConnectorFactory.Maker<C, T> maker = factory.maker(from, to);
    if (maker == null) {
      throw unsupported(failed);
    }
    List<Consumer<U>> after = new ArrayList<>();
    for (Pipeline pipeline : connections.after(link)) {
      after.add(entry(to, pipeline, connections));
    }
    Consumer<U> output = FanOut.of(after);
    Node node =
        node(
            ComponentKind.CONNECTOR,
            link.id(),
            from + " to " + to,
            Map.of("otelcol.signal", from.signalName(), "otelcol.signal.output", to.signalName()));
    ComponentContext context = context(node, Map.of(to, output));
    Connector<T> connector = make(node, failed, () -> maker.make(context, configured.config()));
    Consumer<T> edge = new Guard<>(connector, node, node.logger(), metrics);
    if (from.equals(to) && output.mutates() && !edge.mutates()) {
      // It may hand on what it was given, so it is as little to be trusted as what follows.
      edge = new Mutating<>(edge);
    }
    connectors.put(link, edge);
    return edge;
  }

  private <C, T extends Item> Consumer<T> processor(
      Configured<C> configured,
      ComponentId id,
      Pipeline pipeline,
      Signal<T> signal,
      Consumer<T> next)
      throws GraphException {
    String failed =
        "failed to create \"" + id + "\" processor, in pipeline \"" + pipeline.id() + "\": ";
    if (!(configured.factory() instanceof ProcessorFactory<C> factory)) {
      throw wrongFactory(ComponentKind.PROCESSOR, id);
    }
    ProcessorFactory.Maker<C, T> maker = factory.maker(signal);
    if (maker == null) {
      throw unsupported(failed);
    }
    Node node =
        node(
            ComponentKind.PROCESSOR,
            id,
            pipeline.id().toString(),
            Map.of(
                "otelcol.pipeline.id",
                pipeline.id().toString(),
                "otelcol.signal",
                signal.signalName()));
    Attributes labels =
        Attributes.of(
            EdgeMetrics.PROCESSOR, id.toString(), EdgeMetrics.OTEL_SIGNAL, signal.signalName());
    // One without counts has no time either: it does not hand on what it is given.
    Consumer<T> counted =
        factory.countsItems() ? new CountingEdge<>(next, metrics.outgoing(), labels) : next;
    ProcessorTime time =
        telemetry.detailed() && factory.countsItems()
            ? new ProcessorTime(metrics.internalDuration(), labels, System::nanoTime)
            : null;
    Consumer<T> out = time == null ? counted : time.without(counted);
    ComponentContext context = context(node, Map.of(signal, out));
    Processor<T> processor =
        make(node, failed, () -> maker.make(context, configured.config(), out));
    Consumer<T> guard = new Guard<>(processor, node, node.logger(), metrics);
    Consumer<T> timed = time == null ? guard : time.around(guard);
    return factory.countsItems() ? new CountingEdge<>(timed, metrics.incoming(), labels) : timed;
  }

  private <C> void receiver(Configured<C> configured, ComponentId id, Set<Signal<?>> signals)
      throws GraphException {
    if (!(configured.factory() instanceof ReceiverFactory<C> factory)) {
      throw wrongFactory(ComponentKind.RECEIVER, id);
    }
    Map<Signal<?>, Consumer<?>> outputs = new LinkedHashMap<>();
    for (Signal<?> signal : signals) {
      if (!factory.signals().contains(signal)) {
        throw unsupported(
            "failed to create \"" + id + "\" receiver for data type \"" + signal + "\": ");
      }
      outputs.put(signal, output(signal, id));
    }
    Node node = node(ComponentKind.RECEIVER, id, "", Map.of());
    ComponentContext context = context(node, outputs);
    make(
        node,
        "failed to create \"" + id + "\" receiver: ",
        () -> factory.maker().make(context, configured.config()));
  }

  private <T extends Item> Consumer<T> output(Signal<T> signal, ComponentId receiver) {
    List<Consumer<T>> pipelines = new ArrayList<>();
    for (Pipeline pipeline : plan.pipelines()) {
      if (pipeline.signal().equals(signal) && pipeline.receivers().contains(receiver)) {
        @SuppressWarnings("unchecked") // under a pipeline of Signal<T> lies a Consumer<T>
        Consumer<T> entry = (Consumer<T>) entries.get(pipeline);
        if (entry != null) {
          pipelines.add(entry);
        }
      }
    }
    return new ReceiverEdge<>(FanOut.of(pipelines), signal, receiver, metrics);
  }

  private <C> void extension(Configured<C> configured, ComponentId id) throws GraphException {
    if (!(configured.factory() instanceof ExtensionFactory<C> factory)) {
      throw wrongFactory(ComponentKind.EXTENSION, id);
    }
    Node node = node(ComponentKind.EXTENSION, id, "", Map.of());
    ComponentContext context = context(node, Map.of());
    make(
        node,
        "failed to create \"" + id + "\" extension: ",
        () -> factory.maker().make(context, configured.config()));
  }

  private <C extends Component> C make(Node node, String failed, Make<C> maker)
      throws GraphException {
    C component;
    try {
      component = maker.get();
    } catch (RuntimeException | LinkageError e) {
      throw new GraphException(failed + (e.getMessage() == null ? e : e.getMessage()), e);
    }
    parts.add(new Part(node, component));
    return component;
  }

  private Node node(
      ComponentKind kind, ComponentId id, String place, Map<String, String> moreFields) {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("otelcol.component.id", id.toString());
    fields.put("otelcol.component.kind", kind.word());
    moreFields.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(field -> fields.put(field.getKey(), field.getValue()));
    Logger logger = telemetry.logger(kind.word() + "/" + id.type(), fields);
    return new Node(kind, id, place, logger);
  }

  private ComponentContext context(Node node, Map<Signal<?>, Consumer<?>> outputs) {
    return new ComponentContext(
        node.kind(),
        node.id(),
        build,
        telemetry.resource(),
        node.logger(),
        telemetry.meter("dev.weir." + node.kind().word() + "." + node.id().type()),
        clock,
        outputs);
  }

  private Configured<?> configured(ComponentKind kind, ComponentId id) throws GraphException {
    Configured<?> configured = plan.component(kind, id);
    if (configured == null) {
      throw new GraphException(
          "references " + kind.word() + " \"" + id + "\" which is not configured");
    }
    return configured;
  }

  private static GraphException unsupported(String failed) {
    return new GraphException(failed + "telemetry type is not supported");
  }

  private static GraphException wrongFactory(ComponentKind kind, ComponentId id) {
    return new GraphException("\"" + id + "\" is not a factory of " + kind.section());
  }
}
