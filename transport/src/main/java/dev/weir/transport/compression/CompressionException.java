package dev.weir.transport.compression;

/** Bytes cannot be unpacked: they are not what they were said to be, or too many come out. */
public final class CompressionException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What is wrong. */
  public enum Reason {
    /** The bytes are not in the format that was announced, or are cut short. */
    MALFORMED,
    /** More comes out than is allowed. */
    TOO_LARGE
  }

  private final Reason reason;

  CompressionException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  static CompressionException malformed(String message) {
    return new CompressionException(Reason.MALFORMED, message);
  }

  static CompressionException tooLarge(String message) {
    return new CompressionException(Reason.TOO_LARGE, message);
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }

  /** Returns what is wrong. */
  public Reason reason() {
    return reason;
  }
}
