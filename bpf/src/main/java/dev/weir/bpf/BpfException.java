package dev.weir.bpf;

/**
 * The kernel side cannot work. The message is for the user: what was asked, what the kernel
 * answered, what to do about it.
 */
public final class BpfException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Makes an exception with a message for the user. */
  public BpfException(String message) {
    super(message);
  }

  /** Makes an exception with a message for the user and the cause for the debug log. */
  public BpfException(String message, Throwable cause) {
    super(message, cause);
  }
}
