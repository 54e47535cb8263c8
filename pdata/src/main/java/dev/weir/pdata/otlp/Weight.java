package dev.weir.pdata.otlp;

/**
 * What a message weighs: its length, or a share of the heap that its objects take, if that is more:
 * half of it for JSON, which is long and becomes objects at once; a third for protobuf, which is
 * short and mostly never does. Ordinary telemetry weighs its length; a message of tiny parts, which
 * becomes a hundred times its length, weighs what it costs. The length is paid for by whoever
 * received it; the rest is asked for in steps before it is built. For one thread and one message.
 */
final class Weight {
  /** How many bytes of heap a byte of protobuf pays for. */
  static final int PROTOBUF = 3;

  /** How many bytes of heap a byte of JSON pays for. */
  static final int JSON = 2;

  private static final long STEP = 4 << 10;

  private final Allowance allowance;
  private final int ratio;
  private long heap;
  private long paid;

  /**
   * Makes the weight of a message.
   *
   * @param ratio how many bytes of heap one of its bytes pays for
   */
  Weight(int length, int ratio, Allowance allowance) {
    this.allowance = allowance;
    this.ratio = ratio;
    this.paid = (long) length * ratio;
  }

  /**
   * Adds objects that take {@code bytes}.
   *
   * @throws OtlpLimitException if that is more than allowed
   */
  void add(long bytes) throws OtlpLimitException {
    heap += bytes;
    if (heap > paid) {
      pay();
    }
  }

  private void pay() throws OtlpLimitException {
    long step = Math.max(STEP, (heap - paid + ratio - 1) / ratio);
    if (!allowance.take(step)) {
      throw new OtlpLimitException();
    }
    paid += step * ratio;
  }
}
