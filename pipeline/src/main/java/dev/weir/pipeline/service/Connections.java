package dev.weir.pipeline.service;

import dev.weir.pdata.Signal;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.ConnectorFactory;
import dev.weir.pipeline.service.GraphPlan.Configured;
import dev.weir.pipeline.service.GraphPlan.Pipeline;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which connector joins which pipelines, and whether that makes sense. Words of the errors:
 * collector.md 1.5.
 */
final class Connections {
  /** One connector instance to be. */
  record Link(ComponentId id, Signal<?> from, Signal<?> to) {
    @Override
    public String toString() {
      return "connector \"" + id + "\" (" + from + " to " + to + ")";
    }
  }

  private final GraphPlan plan;
  private final Map<ComponentId, List<Link>> links = new LinkedHashMap<>();

  /**
   * Finds all connections.
   *
   * @throws GraphException if a connector leads nowhere, or if some form a cycle
   */
  Connections(GraphPlan plan) throws GraphException {
    this.plan = plan;
    Set<ComponentId> ids = new LinkedHashSet<>();
    for (Pipeline pipeline : plan.pipelines()) {
      pipeline.exporters().stream().filter(this::isConnector).forEach(ids::add);
      pipeline.receivers().stream().filter(this::isConnector).forEach(ids::add);
    }
    for (ComponentId id : ids) {
      links.put(id, connect(id));
    }
    findCycle();
  }

  boolean isConnector(ComponentId id) {
    return plan.component(ComponentKind.CONNECTOR, id) != null;
  }

  /** Returns the instances that take what a pipeline of {@code from} hands to {@code id}. */
  List<Link> from(ComponentId id, Signal<?> from) {
    return links.getOrDefault(id, List.of()).stream().filter(l -> l.from().equals(from)).toList();
  }

  /** Returns the pipelines that take what {@code link} makes. */
  List<Pipeline> after(Link link) {
    return plan.pipelines().stream()
        .filter(p -> p.signal().equals(link.to()) && p.receivers().contains(link.id()))
        .toList();
  }

  private List<Link> connect(ComponentId id) throws GraphException {
    List<Pipeline> before =
        plan.pipelines().stream().filter(p -> p.exporters().contains(id)).toList();
    List<Pipeline> after =
        plan.pipelines().stream().filter(p -> p.receivers().contains(id)).toList();
    Configured<?> configured = plan.component(ComponentKind.CONNECTOR, id);
    Set<ConnectorFactory.Pair> pairs =
        configured != null && configured.factory() instanceof ConnectorFactory<?> factory
            ? factory.pairs()
            : Set.of();
    Set<Link> found = new LinkedHashSet<>();
    for (Pipeline from : before) {
      for (Pipeline to : after) {
        if (pairs.contains(new ConnectorFactory.Pair(from.signal(), to.signal()))) {
          found.add(new Link(id, from.signal(), to.signal()));
        }
      }
    }
    for (Pipeline from : before) {
      if (found.stream().noneMatch(link -> link.from().equals(from.signal()))) {
        throw new GraphException(
            "connector \""
                + id
                + "\" used as exporter in "
                + names(before, from.signal())
                + " pipeline but not used in any supported receiver pipeline");
      }
    }
    for (Pipeline to : after) {
      if (found.stream().noneMatch(link -> link.to().equals(to.signal()))) {
        throw new GraphException(
            "connector \""
                + id
                + "\" used as receiver in "
                + names(after, to.signal())
                + " pipeline but not used in any supported exporter pipeline");
      }
    }
    return List.copyOf(found);
  }

  private static String names(List<Pipeline> pipelines, Signal<?> signal) {
    return pipelines.stream()
        .filter(p -> p.signal().equals(signal))
        .map(p -> p.id().toString())
        .collect(Collectors.joining(" ", "[", "]"));
  }

  private void findCycle() throws GraphException {
    Set<Link> done = new HashSet<>();
    for (List<Link> of : links.values()) {
      for (Link link : of) {
        visit(link, new LinkedHashMap<>(), done);
      }
    }
  }

  /**
   * Walks depth first; {@code path} holds the links above, each with the words for it and for what
   * lies between it and the next.
   */
  private void visit(Link link, Map<Link, List<String>> path, Set<Link> done)
      throws GraphException {
    if (path.containsKey(link)) {
      List<String> words = new ArrayList<>();
      boolean inside = false;
      for (Map.Entry<Link, List<String>> entry : path.entrySet()) {
        inside |= entry.getKey().equals(link);
        if (inside) {
          words.addAll(entry.getValue());
        }
      }
      words.add(link.toString());
      throw new GraphException("cycle detected: " + String.join(" -> ", words));
    }
    if (done.contains(link)) {
      return;
    }
    for (Pipeline pipeline : after(link)) {
      List<String> words = new ArrayList<>(List.of(link.toString()));
      for (ComponentId processor : pipeline.processors()) {
        words.add("processor \"" + processor + "\" in pipeline \"" + pipeline.id() + "\"");
      }
      path.put(link, words);
      for (ComponentId exporter : pipeline.exporters()) {
        for (Link next : from(exporter, pipeline.signal())) {
          visit(next, path, done);
        }
      }
    }
    path.remove(link);
    done.add(link);
  }
}
