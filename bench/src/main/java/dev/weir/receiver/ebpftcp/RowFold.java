package dev.weir.receiver.ebpftcp;

import dev.weir.bpf.RecordSink;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/**
 * What the receiver does with each record for metrics, with its default config: for benchmarks. One
 * thread.
 */
public final class RowFold implements RecordSink {
  private final RowTable table;

  /** Makes an empty table as the receiver has it. */
  public static RowFold asShipped() {
    return new RowFold(new CgroupIdentity(Path.of("/proc"), System::nanoTime));
  }

  /** Makes one that looks no container up. */
  public static RowFold withoutContainers() {
    return new RowFold(Identity.Resolver.NOBODY);
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
