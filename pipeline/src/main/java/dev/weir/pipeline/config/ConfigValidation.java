package dev.weir.pipeline.config;

import dev.weir.pdata.Signal;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.ConnectorFactory;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.ProcessorFactory;
import dev.weir.pipeline.ReceiverFactory;
import dev.weir.pipeline.config.AgentConfig.Configured;
import dev.weir.pipeline.config.AgentConfig.Pipeline;
import dev.weir.pipeline.config.AgentConfig.Reference;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What must hold between the parts of a configuration (collector.md 1.5), in the Collector's words.
 * Also what the Collector only finds when it builds its graph: components that cannot do a
 * pipeline's signal, and connectors that are used on one side only.
 */
final class ConfigValidation {
  private final Map<ComponentKind, Map<ComponentId, Location>> declared;
  private final Map<ComponentKind, Map<ComponentId, Configured<?>>> components;
  private final Findings findings;

  /**
   * Makes a validation.
   *
   * @param declared every ID, also those whose config could not be decoded: they are not missing
   * @param components what could be decoded
   * @param findings takes the errors
   */
  ConfigValidation(
      Map<ComponentKind, Map<ComponentId, Location>> declared,
      Map<ComponentKind, Map<ComponentId, Configured<?>>> components,
      Findings findings) {
    this.declared = declared;
    this.components = components;
    this.findings = findings;
  }

  /**
   * Checks everything.
   *
   * @param complete whether all pipelines could be read; if not, nothing is said about what is
   *     missing
   * @param pipelinesAt where the pipelines are, or should be
   */
  void validate(
      List<Reference> extensions,
      Collection<Pipeline> pipelines,
      boolean complete,
      Location pipelinesAt) {
    ambiguousConnectors();
    for (Reference extension : extensions) {
      if (ids(ComponentKind.EXTENSION).get(extension.id()) == null) {
        undefined("service::extensions", extension, ComponentKind.EXTENSION);
      }
    }
    if (pipelines.isEmpty() && complete) {
      findings.invalid(
          pipelinesAt, "service::pipelines", "service must have at least one pipeline");
    }
    for (Pipeline pipeline : pipelines) {
      pipeline(pipeline);
    }
    if (complete) {
      connectors(pipelines);
    }
  }

  private void ambiguousConnectors() {
    ids(ComponentKind.CONNECTOR)
        .forEach(
            (id, location) -> {
              for (ComponentKind kind : List.of(ComponentKind.EXPORTER, ComponentKind.RECEIVER)) {
                if (ids(kind).containsKey(id)) {
                  findings.invalid(
                      location,
                      "connectors::" + id,
                      "ambiguous ID: Found both \"%1$s\" %2$s and \"%1$s\" connector. Change one of the components' IDs to eliminate ambiguity (e.g. rename \"%1$s\" connector to \"%1$s/connector\")"
                          .formatted(id, kind.word()));
                }
              }
            });
  }

  private void pipeline(Pipeline pipeline) {
    String path = "service::pipelines::" + pipeline.id();
    if (pipeline.receivers().isEmpty()) {
      findings.invalid(pipeline.location(), path, "must have at least one receiver");
    }
    if (pipeline.exporters().isEmpty()) {
      findings.invalid(pipeline.location(), path, "must have at least one exporter");
    }
    for (Reference reference : pipeline.receivers()) {
      reference(pipeline, path, reference, ComponentKind.RECEIVER);
    }
    Set<ComponentId> processors = new HashSet<>();
    for (Reference reference : pipeline.processors()) {
      if (!processors.add(reference.id())) {
        findings.invalid(
            reference.location(),
            path,
            "references processor \"" + reference.id() + "\" multiple times");
      } else {
        reference(pipeline, path, reference, ComponentKind.PROCESSOR);
      }
    }
    for (Reference reference : pipeline.exporters()) {
      reference(pipeline, path, reference, ComponentKind.EXPORTER);
    }
  }

  private void reference(Pipeline pipeline, String path, Reference reference, ComponentKind kind) {
    ComponentId id = reference.id();
    boolean isConnector =
        kind != ComponentKind.PROCESSOR && ids(ComponentKind.CONNECTOR).containsKey(id);
    if (!ids(kind).containsKey(id)) {
      if (!isConnector) {
        undefined(path, reference, kind);
      }
      return;
    }
    Configured<?> component = components.getOrDefault(kind, Map.of()).get(id);
    if (component == null) {
      return; // its own error is reported already
    }
    Set<Signal<?>> signals = signals(component.factory());
    if (!signals.contains(pipeline.id().signal())) {
      findings.invalid(
          reference.location(),
          path,
          "failed to create \"%s\" %s for data type \"%s\": telemetry type is not supported (it does %s)"
              .formatted(
                  id,
                  kind.word(),
                  pipeline.id().signal(),
                  signals.isEmpty() ? "none" : sorted(signals)));
    }
  }

  private static Set<Signal<?>> signals(Factory<?> factory) {
    return switch (factory) {
      case ReceiverFactory<?> receiver -> receiver.signals();
      case ProcessorFactory<?> processor -> processor.signals();
      case ExporterFactory<?> exporter -> exporter.signals();
      default -> Set.of();
    };
  }

  private static String sorted(Set<Signal<?>> signals) {
    return signals.stream().map(Signal::signalName).sorted().collect(Collectors.joining(", "));
  }

  private void undefined(String path, Reference reference, ComponentKind kind) {
    String id = reference.id().toString();
    Map<String, ComponentKind> known = new LinkedHashMap<>();
    if (kind == ComponentKind.RECEIVER || kind == ComponentKind.EXPORTER) {
      ids(ComponentKind.CONNECTOR).keySet().forEach(each -> known.put(each.toString(), kind));
    }
    ids(kind).keySet().forEach(each -> known.put(each.toString(), kind));
    String hint = Nearest.hint(id, known.keySet(), kind.section());
    for (ComponentKind other : ComponentKind.values()) {
      if (other != kind && ids(other).containsKey(reference.id())) {
        hint = " (it is configured under \"" + other.section() + "\")";
      }
    }
    findings.invalid(
        reference.location(),
        path,
        "references " + kind.word() + " \"" + id + "\" which is not configured" + hint);
  }

  /** A connector must have, for each pipeline that it ends or begins, one on its other side. */
  private void connectors(Collection<Pipeline> pipelines) {
    for (Map.Entry<ComponentId, Location> each : ids(ComponentKind.CONNECTOR).entrySet()) {
      ComponentId id = each.getKey();
      if (!(factory(id) instanceof ConnectorFactory<?> factory)) {
        continue;
      }
      List<Pipeline> into =
          pipelines.stream().filter(p -> find(p.exporters(), id) != null).toList();
      List<Pipeline> outOf =
          pipelines.stream().filter(p -> find(p.receivers(), id) != null).toList();
      for (Pipeline pipeline : into) {
        if (outOf.stream().noneMatch(other -> connects(factory, pipeline, other))) {
          oneSided(id, "exporter", "receiver", pipeline, find(pipeline.exporters(), id));
        }
      }
      for (Pipeline pipeline : outOf) {
        if (into.stream().noneMatch(other -> connects(factory, other, pipeline))) {
          oneSided(id, "receiver", "exporter", pipeline, find(pipeline.receivers(), id));
        }
      }
    }
  }

  private void oneSided(
      ComponentId id, String used, String other, Pipeline pipeline, @Nullable Location at) {
    findings.invalid(
        at == null ? pipeline.location() : at,
        "service::pipelines::" + pipeline.id(),
        "connector \"%s\" used as %s in [%s] pipeline but not used in any supported %s pipeline"
            .formatted(id, used, pipeline.id(), other));
  }

  private static boolean connects(ConnectorFactory<?> factory, Pipeline from, Pipeline to) {
    return factory
        .pairs()
        .contains(new ConnectorFactory.Pair(from.id().signal(), to.id().signal()));
  }

  private static @Nullable Location find(List<Reference> references, ComponentId id) {
    for (Reference reference : references) {
      if (reference.id().equals(id)) {
        return reference.location();
      }
    }
    return null;
  }

  private @Nullable Factory<?> factory(ComponentId connector) {
    Configured<?> component =
        components.getOrDefault(ComponentKind.CONNECTOR, Map.of()).get(connector);
    return component == null ? null : component.factory();
  }

  private Map<ComponentId, Location> ids(ComponentKind kind) {
    return declared.getOrDefault(kind, Map.of());
  }
}
