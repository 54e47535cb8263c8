package dev.weir.receiver.ebpftcp;

import dev.weir.bpf.RecordSink;
import java.lang.foreign.MemorySegment;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/**
 * What the receiver does with each record for metrics, with its default config: for benchmarks. One
 * thread.
 */
public final class RowFold implements RecordSink {
  private final RowTable table;

  /** Makes an empty table. */
  public RowFold() {
    this(Identity.Resolver.NOBODY);
  }

  private RowFold(Identity.Resolver identities) {
    table =
        new RowTable(
            EbpfTcpConfig.SCHEMA.defaults(),
            identities,
            RandomGenerator.getDefault(),
            EpochTime.nanos(InstantSource.system()),
            System.nanoTime());
  }

  @Override
  public void accept(MemorySegment memory, long offset) {
    table.fold(memory, offset, true);
  }

  /** Returns how many distinct sets of attributes came. */
  public int rows() {
    return table.rows();
  }

  /** Returns how many connections were opened, over all rows. */
  public long opened() {
    return table.total(Column.OPENED);
  }
}
