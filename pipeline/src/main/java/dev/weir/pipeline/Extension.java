package dev.weir.pipeline;

/**
 * Serves the agent or its components without touching data: health checks, storage, authentication.
 */
public interface Extension extends Component {

  /** All pipelines have started: data flows. Called once, after the last start. */
  default void ready() {}

  /** The agent begins to stop: soon no data is taken. Called once, before the first stop. */
  default void notReady() {}
}
