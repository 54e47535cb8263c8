package dev.weir.pipeline.service;

import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import org.slf4j.Logger;

/**
 * Names one instance of a component in the graph.
 *
 * @param place what tells instances of one ID apart: pipeline, signal or pair of signals
 */
record Node(ComponentKind kind, ComponentId id, String place, Logger logger) {

  /** Returns words for a message: {@code exporter "otlp_grpc" (metrics)}. */
  @Override
  public String toString() {
    String words = kind.word() + " \"" + id + "\"";
    return place.isEmpty() ? words : words + " (" + place + ")";
  }
}
