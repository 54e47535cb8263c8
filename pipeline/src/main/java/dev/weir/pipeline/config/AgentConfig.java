package dev.weir.pipeline.config;

import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.PipelineId;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A whole configuration, typed and validated: every reference is to something that is configured,
 * every component can do the signals of the pipelines that name it, every connector is used on both
 * sides. Immutable; maps keep the order of the configuration.
 *
 * @param components everything that is configured, used or not, by kind and ID
 * @param telemetry the agent's own telemetry
 * @param extensions {@code service::extensions}, in order
 * @param pipelines {@code service::pipelines}
 * @param effectiveTelemetry {@code service::telemetry} with all defaults, for showing
 * @param <T> the config record of {@code service::telemetry}
 */
public record AgentConfig<T>(
    Map<ComponentKind, Map<ComponentId, Configured<?>>> components,
    T telemetry,
    List<Reference> extensions,
    Map<PipelineId, Pipeline> pipelines,
    ConfigNode effectiveTelemetry) {

  /**
   * One component as configured.
   *
   * @param kind its kind
   * @param id its ID, as written (an alias stays)
   * @param location where its ID stands
   * @param factory what makes it; its {@code type().name()} is the canonical type
   * @param config its decoded config
   * @param effective its config with all defaults, for showing
   * @param <C> its config record
   */
  public record Configured<C>(
      ComponentKind kind,
      ComponentId id,
      Location location,
      Factory<C> factory,
      C config,
      ConfigNode effective) {

    /** Leaves the config out: it may hold secrets. */
    @Override
    public String toString() {
      return kind.word() + " " + id + " (" + location + ")";
    }
  }

  /** The ID of a component where something refers to it. */
  public record Reference(ComponentId id, Location location) {}

  /**
   * One pipeline. A connector's ID stands among the receivers or exporters.
   *
   * @param id its ID
   * @param location where its ID stands
   * @param receivers where data comes from, at least one
   * @param processors what it goes through, in order, each at most once
   * @param exporters where it goes, at least one
   */
  public record Pipeline(
      PipelineId id,
      Location location,
      List<Reference> receivers,
      List<Reference> processors,
      List<Reference> exporters) {
    /** Copies the lists. */
    public Pipeline {
      receivers = List.copyOf(receivers);
      processors = List.copyOf(processors);
      exporters = List.copyOf(exporters);
    }
  }

  /** Copies the collections; every kind has a map, empty or not. */
  public AgentConfig {
    Map<ComponentKind, Map<ComponentId, Configured<?>>> byKind = new EnumMap<>(ComponentKind.class);
    for (ComponentKind kind : ComponentKind.values()) {
      byKind.put(
          kind,
          Collections.unmodifiableMap(
              new LinkedHashMap<>(components.getOrDefault(kind, Map.of()))));
    }
    components = Collections.unmodifiableMap(byKind);
    extensions = List.copyOf(extensions);
    pipelines = Collections.unmodifiableMap(new LinkedHashMap<>(pipelines));
  }

  /** Returns the configured component, or null if there is none of this kind and ID. */
  public @Nullable Configured<?> component(ComponentKind kind, ComponentId id) {
    return components(kind).get(id);
  }

  /** Returns everything of one kind that is configured, used or not. */
  public Map<ComponentId, Configured<?>> components(ComponentKind kind) {
    Map<ComponentId, Configured<?>> ofKind = components.get(kind);
    return ofKind == null ? Map.of() : ofKind;
  }

  /** Leaves the configs out: they may hold secrets. */
  @Override
  public String toString() {
    return "AgentConfig[components=" + components + ", pipelines=" + pipelines.keySet() + "]";
  }
}
