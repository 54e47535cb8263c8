package dev.weir.bpf;

import java.lang.foreign.MemorySegment;

/** Takes the sums of records for which the ring had no room, on the thread that reads. */
public interface OverflowSink {

  /**
   * Takes one entry of the overflow hash; read it with {@link OverflowEntry}. The memory is valid
   * during the call only.
   */
  void accept(MemorySegment key, MemorySegment sum);

  /**
   * Takes what did not even fit the hash: totals without any attribute, since the last call.
   *
   * @param sum an {@code overflow_sum}, read with {@link OverflowEntry}
   */
  void acceptTotal(MemorySegment sum);
}
