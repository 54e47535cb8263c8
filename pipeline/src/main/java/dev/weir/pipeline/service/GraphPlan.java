package dev.weir.pipeline.service;

import dev.weir.pdata.Signal;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.PipelineId;
import dev.weir.pipeline.config.AgentConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What to build: the typed config without the text that it came from.
 *
 * @param components every configured component, by kind and ID; what no pipeline names is not built
 * @param extensions which extensions to run, in the order of start
 * @param pipelines the pipelines, in the order of the file
 */
public record GraphPlan(
    Map<ComponentKind, Map<ComponentId, Configured<?>>> components,
    List<ComponentId> extensions,
    List<Pipeline> pipelines) {

  /**
   * A component's factory and config.
   *
   * @param <C> the config record
   */
  public record Configured<C>(Factory<C> factory, C config) {}

  /**
   * One pipeline.
   *
   * @param id its ID, which tells what flows
   * @param receivers IDs of receivers, and of connectors that it begins with
   * @param processors IDs of processors, in order
   * @param exporters IDs of exporters, and of connectors that it ends with
   */
  public record Pipeline(
      PipelineId id,
      List<ComponentId> receivers,
      List<ComponentId> processors,
      List<ComponentId> exporters) {
    /** Copies the lists. */
    public Pipeline {
      receivers = List.copyOf(receivers);
      processors = List.copyOf(processors);
      exporters = List.copyOf(exporters);
    }

    /** Returns what flows. */
    Signal<?> signal() {
      return id.signal();
    }
  }

  /** Copies lists and maps; the order of components does not matter. */
  public GraphPlan {
    Map<ComponentKind, Map<ComponentId, Configured<?>>> copy = new LinkedHashMap<>();
    components.forEach((kind, byId) -> copy.put(kind, Map.copyOf(byId)));
    components = Map.copyOf(copy);
    extensions = List.copyOf(extensions);
    pipelines = List.copyOf(pipelines);
  }

  /** Returns what a config file asks for. */
  public static GraphPlan of(AgentConfig<?> config) {
    Map<ComponentKind, Map<ComponentId, Configured<?>>> components = new LinkedHashMap<>();
    config
        .components()
        .forEach(
            (kind, byId) -> {
              Map<ComponentId, Configured<?>> made = new LinkedHashMap<>();
              byId.forEach((id, configured) -> made.put(id, configured(configured)));
              components.put(kind, made);
            });
    List<Pipeline> pipelines =
        config.pipelines().values().stream()
            .map(
                p ->
                    new Pipeline(
                        p.id(), ids(p.receivers()), ids(p.processors()), ids(p.exporters())))
            .toList();
    return new GraphPlan(components, ids(config.extensions()), pipelines);
  }

  private static <C> Configured<C> configured(AgentConfig.Configured<C> configured) {
    return new Configured<>(configured.factory(), configured.config());
  }

  private static List<ComponentId> ids(List<AgentConfig.Reference> references) {
    return references.stream().map(AgentConfig.Reference::id).toList();
  }

  /** Returns the component of this kind and ID, or null. */
  @Nullable Configured<?> component(ComponentKind kind, ComponentId id) {
    Map<ComponentId, Configured<?>> byId = components.get(kind);
    return byId == null ? null : byId.get(id);
  }
}
