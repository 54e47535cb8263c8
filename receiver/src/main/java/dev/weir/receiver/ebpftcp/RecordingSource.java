package dev.weir.receiver.ebpftcp;

import dev.weir.bpf.ConnectionRecord;
import dev.weir.bpf.ConnectionSource;
import dev.weir.bpf.OverflowEntry;
import dev.weir.bpf.OverflowSink;
import dev.weir.bpf.ProbeStatistics;
import dev.weir.bpf.RecordSink;
import java.lang.foreign.MemorySegment;
import java.time.Duration;

/** A source that keeps what another one says, as it passes. */
final class RecordingSource implements ConnectionSource {
  private final ConnectionSource source;
  private final RecordingWriter writer;

  RecordingSource(ConnectionSource source, RecordingWriter writer) {
    this.source = source;
    this.writer = writer;
  }

  private RecordSink both(RecordSink sink, int type) {
    return (memory, at) -> {
      writer.add(type, memory, at, ConnectionRecord.SIZE, true);
      sink.accept(memory, at);
    };
  }

  private OverflowSink both(OverflowSink sink) {
    return new OverflowSink() {
      @Override
      public void accept(MemorySegment key, MemorySegment sum) {
        writer.add(RecordingFormat.OVERFLOW, key, 0, OverflowEntry.KEY_SIZE, false);
        writer.add(RecordingFormat.OVERFLOW, sum, 0, OverflowEntry.SUM_SIZE, true);
        sink.accept(key, sum);
      }

      @Override
      public void acceptTotal(MemorySegment sum) {
        writer.add(RecordingFormat.TOTAL, sum, 0, OverflowEntry.SUM_SIZE, true);
        sink.acceptTotal(sum);
      }
    };
  }

  @Override
  public void await(Duration atMost) {
    source.await(atMost);
  }

  @Override
  public void wakeUp() {
    source.wakeUp();
  }

  @Override
  public int drain(RecordSink sink) {
    int n = source.drain(both(sink, RecordingFormat.RECORDS));
    writer.seal();
    return n;
  }

  @Override
  public int snapshot(RecordSink sink) {
    int n = source.snapshot(both(sink, RecordingFormat.SNAPSHOT));
    writer.mark(RecordingFormat.SNAPSHOT_END);
    return n;
  }

  @Override
  public void foldOverflow(OverflowSink sink) {
    source.foldOverflow(both(sink));
    writer.seal();
  }

  @Override
  public void sweepOwners() {
    source.sweepOwners();
  }

  @Override
  public ProbeStatistics statistics() {
    return source.statistics();
  }

  @Override
  public void finish(RecordSink records, OverflowSink overflow) {
    source.finish(both(records, RecordingFormat.FINAL), both(overflow));
    writer.seal();
  }

  @Override
  public boolean exhausted() {
    return source.exhausted();
  }

  @Override
  public void close() {
    // The kernel first: it must be let go of whatever the disk does.
    try {
      source.close();
    } finally {
      writer.close();
    }
  }
}
