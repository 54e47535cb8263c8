package dev.weir.pipeline.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Item;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Metric;
import dev.weir.pdata.NumberPoints;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Scope;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Span;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Text;
import dev.weir.pdata.Value;
import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.Component;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ConnectorFactory;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.Extension;
import dev.weir.pipeline.ExtensionFactory;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.ProcessorFactory;
import dev.weir.pipeline.ReceiverFactory;
import dev.weir.pipeline.StartException;
import io.opentelemetry.api.metrics.MeterProvider;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.helpers.NOPLogger;

/**
 * The promises that every component keeps, whatever it does: it can be stopped without having been
 * started; it starts, takes data and stops within its grace; the same config serves a second
 * instance; afterwards no thread, socket, file or BPF object is left.
 *
 * <pre>{@code
 * @TestFactory
 * Stream<DynamicTest> everyComponentKeepsTheLifecycle() {
 *   return BuiltIn.components().factories().stream()
 *       .map(f -> dynamicTest(f.type().name(), () -> LifecycleContract.of(f, configFor(f)).check()));
 * }
 * }</pre>
 *
 * <p>A check counts what the whole process holds, so tests of one JVM must not run side by side.
 *
 * @param <C> the config record
 */
public final class LifecycleContract<C> {
  private static final Duration GRACE = Duration.ofSeconds(5);

  /** One instance, with what it can be fed. */
  private record Instance(Component component, List<Runnable> feeds) {}

  private final Factory<C> factory;
  private final C config;
  private final Duration patience;
  private final Queue<String> fatals = new ConcurrentLinkedQueue<>();

  private LifecycleContract(Factory<C> factory, C config, Duration patience) {
    this.factory = factory;
    this.config = config;
    this.patience = patience;
  }

  /** Returns the contract of one component with a config that it can start with (port 0, ...). */
  public static <C> LifecycleContract<C> of(Factory<C> factory, C config) {
    return new LifecycleContract<>(factory, config, Duration.ofSeconds(10));
  }

  /** Returns a contract that waits so long for what is closed in the background. */
  public LifecycleContract<C> waiting(Duration limit) {
    return new LifecycleContract<>(factory, config, limit);
  }

  /** Checks all promises. */
  public void check() throws StartException {
    canBeStoppedWithoutStart();
    runsTwiceWithTheSameConfigAndLeavesNothing();
  }

  /** Stopping what was never started does nothing and does not throw. */
  public void canBeStoppedWithoutStart() {
    for (Instance instance : instances()) {
      instance.component().stop(GRACE);
    }
  }

  /** Start, consume, stop; and again. */
  public void runsTwiceWithTheSameConfigAndLeavesNothing() throws StartException {
    run(); // what the JVM opens once and keeps is open from now on
    OpenThings before = OpenThings.now();
    run();
    run();
    await()
        .pollInSameThread() // a thread of awaitility's own would be counted
        .atMost(patience)
        .untilAsserted(
            () ->
                assertThat(OpenThings.now().moreThan(before))
                    .as("what two runs of %s left open", factory.type().name())
                    .isEmpty());
  }

  private void run() throws StartException {
    for (Instance instance : instances()) {
      instance.component().start(new Nobody());
      instance.feeds().forEach(Runnable::run);
      long begin = System.nanoTime();
      instance.component().stop(GRACE);
      assertThat(Duration.ofNanos(System.nanoTime() - begin))
          .as("time that %s took to stop", factory.type().name())
          .isLessThan(GRACE.plusSeconds(1));
    }
    assertThat(fatals).as("fatal errors of %s", factory.type().name()).isEmpty();
  }

  private List<Instance> instances() {
    List<Instance> made = new ArrayList<>();
    switch (factory) {
      case ReceiverFactory<C> receiver -> {
        Map<Signal<?>, Consumer<?>> outputs = new HashMap<>();
        receiver.signals().forEach(signal -> outputs.put(signal, new Sink<>()));
        made.add(new Instance(receiver.maker().make(context(outputs), config), List.of()));
      }
      case ProcessorFactory<C> processor ->
          processor.signals().forEach(signal -> made.add(processor(processor, signal)));
      case ExporterFactory<C> exporter ->
          exporter.signals().forEach(signal -> made.add(exporter(exporter, signal)));
      case ConnectorFactory<C> connector ->
          connector.pairs().forEach(pair -> made.add(connector(connector, pair.from(), pair.to())));
      case ExtensionFactory<C> extension ->
          made.add(new Instance(extension.maker().make(context(Map.of()), config), List.of()));
    }
    return made;
  }

  private <T extends Item> Instance exporter(ExporterFactory<C> of, Signal<T> signal) {
    var maker = of.maker(signal);
    if (maker == null) {
      throw new IllegalStateException(of.type().name() + " promises " + signal);
    }
    var exporter = maker.make(context(Map.of()), config);
    return new Instance(exporter, List.of(() -> feed(exporter, signal)));
  }

  private <T extends Item> Instance processor(ProcessorFactory<C> of, Signal<T> signal) {
    var maker = of.maker(signal);
    if (maker == null) {
      throw new IllegalStateException(of.type().name() + " promises " + signal);
    }
    Consumer<T> next = new Sink<>();
    var processor = maker.make(context(Map.of(signal, next)), config, next);
    return new Instance(processor, List.of(() -> feed(processor, signal)));
  }

  private <T extends Item> Instance connector(
      ConnectorFactory<C> of, Signal<T> from, Signal<?> to) {
    var maker = of.maker(from, to);
    if (maker == null) {
      throw new IllegalStateException(of.type().name() + " promises " + from + " to " + to);
    }
    var connector = maker.make(context(Map.of(to, new Sink<>())), config);
    return new Instance(connector, List.of(() -> feed(connector, from)));
  }

  /** Whatever the outcome is, it is one, and no exception. */
  private static <T extends Item> void feed(Consumer<T> consumer, Signal<T> signal) {
    assertThat(consumer.consume(batch(signal))).isNotNull();
  }

  /** Returns a small batch of any signal. */
  public static <T extends Item> Telemetry<T> batch(Signal<T> signal) {
    Attributes attributes = Attributes.of("source.address", "192.0.2.1");
    NumberPoints points = new NumberPoints(1);
    points.add(attributes, 1, 2, 3);
    List<Item> all =
        List.of(
            Metric.gauge("level", "A level.", "1", points),
            new LogRecord().times(1, 2).severity(9, "INFO").body(Text.of("hello")),
            new Span(
                new Span.Core(
                    Value.Bytes.of(new byte[16]),
                    Value.Bytes.of(new byte[8]),
                    null,
                    "",
                    0,
                    1,
                    1,
                    2,
                    0,
                    ""),
                "work",
                attributes,
                0,
                List.of(),
                0,
                List.of(),
                0));
    List<T> items =
        all.stream()
            .filter(item -> signal.itemType().isInstance(item))
            .map(item -> signal.itemType().cast(item))
            .toList();
    return Telemetry.of(
        signal, Resource.of(Attributes.of("service.name", "test")), Scope.of("test", "1"), items);
  }

  private ComponentContext context(Map<Signal<?>, Consumer<?>> outputs) {
    return new ComponentContext(
        factory.kind(),
        new ComponentId(factory.type().name(), ""),
        new BuildInfo("weir", "0"),
        Resource.EMPTY,
        NOPLogger.NOP_LOGGER,
        MeterProvider.noop().get("test"),
        InstantSource.system(),
        outputs);
  }

  private static final class Sink<T extends Item> implements Consumer<T> {
    @Override
    public Outcome consume(Telemetry<T> batch) {
      return Outcome.accepted();
    }
  }

  private final class Nobody implements Host {
    @Override
    public @Nullable Extension extension(ComponentId id) {
      return null;
    }

    @Override
    public void report(ComponentId id, Status status, String message) {}

    @Override
    public void fatal(ComponentId id, String message) {
      fatals.add(id + ": " + message);
    }
  }
}
