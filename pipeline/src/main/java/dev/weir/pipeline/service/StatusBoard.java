package dev.weir.pipeline.service;

import dev.weir.pipeline.ComponentStatus;
import dev.weir.pipeline.Host.Status;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The health of each component, and which change may follow which: the state machine of the
 * Collector (collector.md 1.7). A change that may not follow is ignored. Thread safe.
 */
final class StatusBoard {
  private final InstantSource clock;
  private final Map<Node, ComponentStatus> statuses = new LinkedHashMap<>();

  StatusBoard(InstantSource clock) {
    this.clock = clock;
  }

  /** Enters a change; returns whether it was allowed. */
  synchronized boolean report(Node node, Status status, String message) {
    ComponentStatus before = statuses.get(node);
    if (!follows(before == null ? null : before.status(), status)) {
      return false;
    }
    statuses.put(
        node,
        new ComponentStatus(
            node.kind(), node.id(), node.place(), status, message, clock.instant()));
    return true;
  }

  /** Enters {@link Status#OK} unless the component has said something else since it began. */
  synchronized void started(Node node) {
    ComponentStatus before = statuses.get(node);
    if (before != null && before.status() == Status.STARTING) {
      report(node, Status.OK, "");
    }
  }

  synchronized List<ComponentStatus> all() {
    return List.copyOf(statuses.values());
  }

  private static boolean follows(@Nullable Status before, Status after) {
    if (before == null) {
      return after == Status.STARTING;
    }
    return switch (before) {
      case STARTING ->
          switch (after) {
            case OK, RECOVERABLE_ERROR, PERMANENT_ERROR, FATAL_ERROR, STOPPING -> true;
            case STARTING, STOPPED -> false;
          };
      case OK, RECOVERABLE_ERROR ->
          switch (after) {
            case OK, RECOVERABLE_ERROR, PERMANENT_ERROR, FATAL_ERROR, STOPPING -> true;
            case STARTING, STOPPED -> false;
          };
      case PERMANENT_ERROR -> after == Status.STOPPING;
      case STOPPING ->
          switch (after) {
            case RECOVERABLE_ERROR, PERMANENT_ERROR, FATAL_ERROR, STOPPED -> true;
            case STARTING, OK, STOPPING -> false;
          };
      case FATAL_ERROR, STOPPED -> false;
    };
  }
}
