package dev.weir.pipeline.service;

/** The pipelines cannot be built as configured. The message is for the user, as it is. */
public final class GraphException extends Exception {
  private static final long serialVersionUID = 1L;

  GraphException(String message) {
    super(message);
  }

  GraphException(String message, Throwable cause) {
    super(message, cause);
  }
}
