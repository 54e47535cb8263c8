package dev.weir.pipeline.service;

import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.Component;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.telemetry.OwnTelemetry;
import java.time.InstantSource;
import java.util.List;

/**
 * Every component that the pipelines need, made and connected, none of it started. {@code weir
 * validate} ends here.
 *
 * @param pipelines what makes up the pipelines in the order of start: exporters, then processors
 *     and connectors from downstream up, receivers last
 * @param extensions the extensions in the order of start
 */
record Graph(List<Part> pipelines, List<Part> extensions) {

  /** A component under its name. */
  record Part(Node node, Component component) {}

  /** Copies the lists. */
  Graph {
    pipelines = List.copyOf(pipelines);
    extensions = List.copyOf(extensions);
  }

  /**
   * Makes and connects everything; opens nothing.
   *
   * @throws GraphException if a component cannot take the signal of its pipeline, if connectors
   *     form a cycle or lead nowhere, or if a component cannot be made
   */
  static Graph build(BuildInfo build, GraphPlan plan, OwnTelemetry telemetry, InstantSource clock)
      throws GraphException {
    return new GraphBuilder(build, plan, telemetry, clock).build();
  }

  /** Returns a number that puts parts into the order of start; ties keep their order. */
  static int rank(ComponentKind kind) {
    return switch (kind) {
      case EXTENSION -> 0;
      case EXPORTER -> 1;
      case PROCESSOR, CONNECTOR -> 2;
      case RECEIVER -> 3;
    };
  }
}
