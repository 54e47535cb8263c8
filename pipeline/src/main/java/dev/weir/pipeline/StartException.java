package dev.weir.pipeline;

/**
 * A component cannot start. The message is shown to the user as it is: what was asked, what
 * happened, what to try. No stack trace is shown.
 */
public final class StartException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Makes an exception with a message for the user. */
  public StartException(String message) {
    super(message);
  }

  /** Makes an exception with a message for the user and the cause for the debug log. */
  public StartException(String message, Throwable cause) {
    super(message, cause);
  }
}
