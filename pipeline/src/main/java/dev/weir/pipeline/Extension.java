package dev.weir.pipeline;

/**
 * Serves the agent or its components without touching data: health checks, storage, authentication.
 */
public interface Extension extends Component {}
