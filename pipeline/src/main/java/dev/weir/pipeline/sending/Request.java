package dev.weir.pipeline.sending;

import dev.weir.pdata.Item;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.otlp.OtlpProtobuf;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A batch on its way, with its size. The batch is not changed while it is sent. Thread safe as long
 * as the batch is only read.
 */
final class Request<T extends Item> {
  private final Telemetry<T> batch;
  private final int items;
  private volatile int bytes = -1;
  private final AtomicBoolean counted = new AtomicBoolean();

  Request(Telemetry<T> batch) {
    this.batch = batch;
    this.items = batch.count();
  }

  Telemetry<T> batch() {
    return batch;
  }

  /** Returns the number of data points, log records or spans. */
  int items() {
    return items;
  }

  /** Returns the number of bytes that the batch has as OTLP protobuf. */
  int bytes() {
    int known = bytes;
    if (known < 0) {
      known = OtlpProtobuf.size(batch);
      bytes = known;
    }
    return known;
  }

  /**
   * Returns true to the first who asks: whoever counts what became of the items. Two may want to
   * when a thread does not end in time and finishes its work all the same.
   */
  boolean claimCount() {
    return counted.compareAndSet(false, true);
  }
}
