package dev.weir.pipeline;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a running component may ask of the agent around it. Thread safe. */
public interface Host {

  /**
   * Returns the running extension with this ID, or null if it is not in {@code
   * service::extensions}.
   */
  @Nullable Extension extension(ComponentId id);

  /**
   * Reports a change of a component's health, as the Collector's component status does.
   *
   * @param id whose health
   * @param status the new status
   * @param message why, for a person; empty when {@link Status#OK}
   */
  void report(ComponentId id, Status status, String message);

  /** Returns the health of every component of the agent, in the order of start. */
  default List<ComponentStatus> statuses() {
    return List.of();
  }

  /** Ends the agent in an orderly way because a component cannot go on; the exit code is not 0. */
  void fatal(ComponentId id, String message);

  /** The Collector's component statuses. */
  enum Status {
    STARTING,
    OK,
    RECOVERABLE_ERROR,
    PERMANENT_ERROR,
    FATAL_ERROR,
    STOPPING,
    STOPPED
  }
}
