package dev.weir.bpf;

/** How a connection ended: {@code enum outcome} of {@code record.h}, in its order. */
public enum Outcome {
  /** A clean end, or not ended. */
  NONE(""),
  REFUSED("refused"),
  TIMED_OUT("timed_out"),
  HOST_UNREACHABLE("host_unreachable"),
  NET_UNREACHABLE("net_unreachable"),
  RESET("reset"),
  ABORTED("aborted"),
  ADDRESS_UNAVAILABLE("address_unavailable"),
  OTHER("other");

  private final String errorType;

  Outcome(String errorType) {
    this.errorType = errorType;
  }

  /** Returns the value of {@code error.type}, or an empty string for {@link #NONE}. */
  public String errorType() {
    return errorType;
  }
}
