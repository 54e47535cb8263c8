package dev.weir.bpf;

import java.lang.foreign.MemorySegment;

/** Takes connection records one by one, on the thread that reads. */
@FunctionalInterface
public interface RecordSink {

  /**
   * Takes the record that starts at {@code offset}; read it with {@link ConnectionRecord}. The
   * memory is valid during the call only.
   */
  void accept(MemorySegment memory, long offset);
}
