package dev.weir.pdata.otlp;

/**
 * What a message weighs: its length, or the heap that its objects take divided by {@value #RATIO},
 * if that is more. Ordinary telemetry weighs its length; a message of tiny parts, which becomes a
 * hundred times its length, weighs what it costs. The length is paid for by whoever received it;
 * the rest is asked for in steps before it is built. For one thread and one message.
 */
final class Weight {
  /** How many bytes of heap a byte of a message pays for. */
  static final int RATIO = 3;

  private static final long STEP = 4 << 10;

  private final Allowance allowance;
  private long heap;
  private long paid;

  Weight(int length, Allowance allowance) {
    this.allowance = allowance;
    this.paid = (long) length * RATIO;
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
    long step = Math.max(STEP, (heap - paid + RATIO - 1) / RATIO);
    if (!allowance.take(step)) {
      throw new OtlpLimitException();
    }
    paid += step * RATIO;
  }
}
