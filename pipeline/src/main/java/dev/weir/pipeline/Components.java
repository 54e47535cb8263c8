package dev.weir.pipeline;

import java.util.List;

/**
 * The explicit list of everything that a config file can name. The agent's own list is {@code
 * dev.weir.agent.BuiltIn}; adding a component is one line there.
 */
public record Components(List<Factory<?>> factories) {
  /** Copies the list. */
  public Components {
    factories = List.copyOf(factories);
  }
}
