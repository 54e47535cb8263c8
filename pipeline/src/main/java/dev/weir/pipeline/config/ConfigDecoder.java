package dev.weir.pipeline.config;

import dev.weir.pdata.Signal;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.PipelineId;
import dev.weir.pipeline.config.AgentConfig.Configured;
import dev.weir.pipeline.config.AgentConfig.Pipeline;
import dev.weir.pipeline.config.AgentConfig.Reference;
import dev.weir.pipeline.config.ConfigNode.Entry;
import dev.weir.pipeline.config.ConfigNode.ListNode;
import dev.weir.pipeline.config.ConfigNode.MapNode;
import dev.weir.pipeline.config.ConfigNode.NullNode;
import dev.weir.pipeline.config.ConfigNode.ScalarNode;
import dev.weir.pipeline.config.FieldType.Decoded;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * From expanded nodes to a typed configuration: the sections, the IDs, each component's config by
 * its schema, the pipelines. What holds between them is checked by {@link ConfigValidation}.
 */
final class ConfigDecoder<T> {
  private static final List<String> PIPELINE_KEYS = List.of("receivers", "processors", "exporters");
  private static final List<String> SERVICE_KEYS = List.of("telemetry", "extensions", "pipelines");

  private final Map<ComponentKind, Map<String, Factory<?>>> factories;
  private final Schema<T> telemetry;
  private final Findings findings;

  ConfigDecoder(
      Map<ComponentKind, Map<String, Factory<?>>> factories,
      Schema<T> telemetry,
      Findings findings) {
    this.factories = factories;
    this.telemetry = telemetry;
    this.findings = findings;
  }

  /** Returns the configuration, or null after having reported everything that is wrong. */
  @Nullable AgentConfig<T> decode(MapNode root) {
    Place top = new Place(findings, "", false);
    Map<ComponentKind, Map<ComponentId, Configured<?>>> components =
        new EnumMap<>(ComponentKind.class);
    Map<ComponentKind, Map<ComponentId, Location>> declared = new EnumMap<>(ComponentKind.class);
    List<String> sections = new ArrayList<>();
    for (ComponentKind kind : ComponentKind.values()) {
      sections.add(kind.section());
      Map<ComponentId, Location> ids = new LinkedHashMap<>();
      Map<ComponentId, Configured<?>> configured = new LinkedHashMap<>();
      each(
          root.entries().get(kind.section()),
          top.at(kind.section()),
          (key, entry) -> component(kind, key, entry, ids, configured));
      declared.put(kind, ids);
      components.put(kind, configured);
    }
    if (declared.values().stream().allMatch(Map::isEmpty) && !findings.hasErrors()) {
      Location at = root.location();
      boolean error =
          findings.invalid(
              root.entries().isEmpty() ? new Location(at.file(), 1, 1) : at,
              "",
              "empty configuration file: no receiver, exporter or other component is configured");
      if (error) {
        return null;
      }
    }
    sections.add("service");
    unknownKeys(root, sections, top);

    Entry service = root.entries().get("service");
    Location serviceAt =
        service == null ? Location.of(root.location().file()) : service.keyLocation();
    Place place = top.at("service");
    MapNode body = map(service, place);
    // Who misspelt "pipelines" need not also be told that there are none.
    boolean complete = !unknownKeys(body, SERVICE_KEYS, place);
    Entry telemetryEntry = body.entries().get("telemetry");
    Decoded<T> own =
        telemetry.decode(
            telemetryEntry == null ? new NullNode(serviceAt, false) : telemetryEntry.value(),
            place.at("telemetry"));
    List<Reference> extensions =
        once(references(body, "extensions", place), place.at("extensions"));
    Map<PipelineId, Pipeline> pipelines = new LinkedHashMap<>();
    Set<String> unreadable = new LinkedHashSet<>();
    Entry pipelinesEntry = body.entries().get("pipelines");
    each(
        pipelinesEntry,
        place.at("pipelines"),
        (key, entry) -> pipeline(key, entry, pipelines, unreadable));

    new ConfigValidation(declared, components, findings)
        .validate(
            extensions,
            pipelines.values(),
            complete && unreadable.isEmpty(),
            pipelinesEntry == null ? serviceAt : pipelinesEntry.keyLocation());
    return own == null || findings.hasErrors()
        ? null
        : new AgentConfig<>(components, own.value(), extensions, pipelines, own.effective());
  }

  private void component(
      ComponentKind kind,
      String key,
      Entry entry,
      Map<ComponentId, Location> ids,
      Map<ComponentId, Configured<?>> configured) {
    Place place = new Place(findings, kind.section(), false);
    ComponentId id;
    try {
      id = ComponentId.parse(key);
    } catch (IllegalArgumentException e) {
      place.error(entry.keyLocation(), String.valueOf(e.getMessage()));
      return;
    }
    Location first = ids.putIfAbsent(id, entry.keyLocation());
    if (first != null) {
      place.error(
          entry.keyLocation(),
          "duplicate name \""
              + key
              + "\" after unmarshaling "
              + id
              + ": already defined at "
              + first);
      return;
    }
    Factory<?> factory = factories.getOrDefault(kind, Map.of()).get(id.type());
    if (factory == null) {
      place.error(entry.keyLocation(), unknownType(kind, id));
      return;
    }
    String canonical = factory.type().name();
    if (!canonical.equals(id.type())) {
      findings.warn(
          entry.keyLocation(),
          kind.section() + "::" + id,
          "\"" + id.type() + "\" alias is deprecated; use \"" + canonical + "\" instead");
    }
    Configured<?> component = configure(factory, kind, id, entry);
    if (component != null) {
      configured.put(id, component);
    }
  }

  private <C> @Nullable Configured<C> configure(
      Factory<C> factory, ComponentKind kind, ComponentId id, Entry entry) {
    Place place = new Place(findings, kind.section() + "::" + id, false);
    // Errors of an empty body point at the ID, which there is something to see of.
    ConfigNode body =
        entry.value() instanceof NullNode
            ? new NullNode(entry.keyLocation(), false)
            : entry.value();
    Decoded<C> decoded = factory.type().schema().decode(body, place);
    return decoded == null
        ? null
        : new Configured<>(
            kind, id, entry.keyLocation(), factory, decoded.value(), decoded.effective());
  }

  private String unknownType(ComponentKind kind, ComponentId id) {
    Set<String> valid = factories.getOrDefault(kind, Map.of()).keySet();
    String what = "unknown type: \"" + id.type() + "\" for id: \"" + id + "\"";
    if (kind == ComponentKind.EXPORTER && id.type().equals("logging")) {
      return what + ": the logging exporter has been deprecated, use the debug exporter instead";
    }
    for (ComponentKind other : ComponentKind.values()) {
      if (other != kind && factories.getOrDefault(other, Map.of()).containsKey(id.type())) {
        return what + " (\"" + id.type() + "\" belongs under \"" + other.section() + "\")";
      }
    }
    return what + Nearest.hint(id.type(), valid, "valid values");
  }

  private void pipeline(
      String key, Entry entry, Map<PipelineId, Pipeline> pipelines, Set<String> unreadable) {
    Place place = new Place(findings, "service::pipelines", false);
    PipelineId id;
    try {
      id = PipelineId.parse(key);
    } catch (IllegalArgumentException e) {
      unreadable.add(key);
      String type = key.contains("/") ? key.substring(0, key.indexOf('/')) : key;
      List<String> signals = Signal.ALL.stream().map(Signal::signalName).toList();
      boolean signal = String.valueOf(e.getMessage()).contains("unknown pipeline signal");
      place.error(
          entry.keyLocation(),
          e.getMessage() + (signal ? Nearest.hint(type.strip(), signals, "signals") : ""));
      return;
    }
    Pipeline first = pipelines.get(id);
    if (first != null) {
      place.error(
          entry.keyLocation(),
          "duplicate name \""
              + key
              + "\" after unmarshaling "
              + id
              + ": already defined at "
              + first.location());
      return;
    }
    Place at = place.at(id.toString());
    if (!(entry.value() instanceof MapNode) && !(entry.value() instanceof NullNode)) {
      unreadable.add(key);
    }
    int errors = findings.errorCount();
    MapNode body = map(entry, at);
    unknownKeys(body, PIPELINE_KEYS, at);
    Pipeline pipeline =
        new Pipeline(
            id,
            entry.keyLocation(),
            once(references(body, "receivers", at), at.at("receivers")),
            references(body, "processors", at),
            once(references(body, "exporters", at), at.at("exporters")));
    if (findings.errorCount() > errors) {
      unreadable.add(key); // what is missing in it may be what could not be read
    } else {
      pipelines.put(id, pipeline);
    }
  }

  private List<Reference> references(MapNode body, String key, Place place) {
    Entry entry = body.entries().get(key);
    List<Reference> references = new ArrayList<>();
    if (entry == null || entry.value() instanceof NullNode) {
      return references;
    }
    Place at = place.at(key);
    if (!(entry.value() instanceof ListNode list)) {
      at.expected(entry.value(), "a list of IDs");
      return references;
    }
    for (int i = 0; i < list.elements().size(); i++) {
      ConfigNode element = list.elements().get(i);
      if (!(element instanceof ScalarNode scalar)) {
        at.at(i).expected(element, "an ID");
        continue;
      }
      try {
        references.add(new Reference(ComponentId.parse(scalar.text()), scalar.location()));
      } catch (IllegalArgumentException e) {
        at.at(i).error(scalar.location(), String.valueOf(e.getMessage()));
      }
    }
    return references;
  }

  /**
   * Drops repeated IDs, with a warning: the Collector too makes and feeds such a component once.
   */
  private static List<Reference> once(List<Reference> references, Place place) {
    Map<ComponentId, Reference> byId = new LinkedHashMap<>();
    for (Reference reference : references) {
      if (byId.putIfAbsent(reference.id(), reference) != null) {
        place
            .findings()
            .warn(
                reference.location(),
                place.path(),
                "\"" + reference.id() + "\" is listed more than once: it counts once");
      }
    }
    return List.copyOf(byId.values());
  }

  private void each(@Nullable Entry section, Place place, BiConsumer<String, Entry> action) {
    map(section, place).entries().forEach(action);
  }

  /** Returns the map under a key; an empty one if it is absent, null or, reported, no map. */
  private static MapNode map(@Nullable Entry entry, Place place) {
    if (entry != null && entry.value() instanceof MapNode map) {
      return map;
    }
    if (entry != null && !(entry.value() instanceof NullNode)) {
      place.expected(entry.value(), "a map");
    }
    return new MapNode(Map.of(), entry == null ? Location.NONE : entry.keyLocation(), null);
  }

  private boolean unknownKeys(MapNode map, List<String> valid, Place place) {
    int errors = findings.errorCount();
    map.entries()
        .forEach(
            (key, entry) -> {
              if (!valid.contains(key)) {
                findings.unknownKey(
                    entry.keyLocation(),
                    place.path(),
                    "unknown key \"" + key + "\"" + Nearest.hint(key, valid, "valid keys"));
              }
            });
    return findings.errorCount() > errors;
  }
}
