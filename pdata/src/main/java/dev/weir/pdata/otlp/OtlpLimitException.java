package dev.weir.pdata.otlp;

/** The input may be OTLP, but its objects would take more memory than was allowed. */
public final class OtlpLimitException extends OtlpFormatException {
  private static final long serialVersionUID = 1L;

  OtlpLimitException() {
    super("the objects of this request would take too much memory");
  }
}
