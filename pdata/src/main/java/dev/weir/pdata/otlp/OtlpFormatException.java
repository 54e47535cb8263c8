package dev.weir.pdata.otlp;

/**
 * Input that is not OTLP. The message is what the client is told: the Collector's own words where
 * it has some.
 */
public sealed class OtlpFormatException extends Exception permits OtlpLimitException {
  private static final long serialVersionUID = 1L;

  /** Makes an exception without a stack trace: bad input is no bug, and comes in masses. */
  public OtlpFormatException(String message) {
    super(message, null, false, false);
  }
}
