package dev.weir.pipeline;

import dev.weir.pdata.Item;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Signal;
import io.opentelemetry.api.metrics.Meter;
import java.time.InstantSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * What a component is given when it is made.
 *
 * @param kind its kind
 * @param id its ID
 * @param build which agent this is
 * @param resource the agent's own resource: service.name, service.instance.id, host.name...
 * @param logger logs under the component's name
 * @param meter for the component's own metrics; names start with {@code otelcol_} or {@code weir_}
 * @param clock the time of day; tests put in their own
 * @param outputs for receivers and connectors: the consumer of each signal that some pipeline takes
 *     from it; for processors: the next consumer; empty for exporters and extensions
 */
public record ComponentContext(
    ComponentKind kind,
    ComponentId id,
    BuildInfo build,
    Resource resource,
    Logger logger,
    Meter meter,
    InstantSource clock,
    Map<Signal<?>, Consumer<?>> outputs) {

  /** Copies the map of outputs. */
  public ComponentContext {
    outputs = Map.copyOf(outputs);
  }

  /** Returns where to send items of {@code signal}, or null if no pipeline takes them. */
  @SuppressWarnings(
      "unchecked") // the engine puts a Consumer<T> under a Signal<T>, and nothing else
  public <T extends Item> @Nullable Consumer<T> output(Signal<T> signal) {
    return (Consumer<T>) outputs.get(signal);
  }

  /**
   * Returns where a receiver sends items of {@code signal} that came over {@code transport}, which
   * is a label of its own metrics; or null if no pipeline takes them.
   */
  public <T extends Item> @Nullable Consumer<T> output(Signal<T> signal, String transport) {
    Consumer<T> output = output(signal);
    return output instanceof ReceiverOutput<T> counted ? counted.over(transport) : output;
  }
}
