package dev.weir.pdata.otlp;

import com.sun.management.ThreadMXBean;
import dev.weir.pdata.Item;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import java.lang.management.ManagementFactory;
import java.util.Arrays;

/**
 * What must hold for any input, however broken: it is refused with {@link OtlpFormatException}, or
 * it is a batch whose count is the same before and after it is opened, that is written out again,
 * and that comes back from what was written; and memory stays in proportion to the input.
 */
final class OtlpInvariants {
  /** Bytes of heap for one byte of input: an empty span is two bytes, and 150 as an object. */
  private static final long HEAP_PER_BYTE = 600;

  private static final long HEAP_BASE = 1 << 20;

  private OtlpInvariants() {}

  /**
   * Checks one input.
   *
   * @return whether it was taken
   * @throws AssertionError if something does not hold
   */
  static <T extends Item> boolean check(Signal<T> signal, boolean json, byte[] input) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    try {
      Telemetry<T> batch =
          json ? OtlpJson.decode(signal, input) : OtlpProtobuf.decode(signal, input.clone());
      int count = batch.count();
      byte[] untouched = OtlpProtobuf.encode(batch);
      holds(Arrays.equals(OtlpProtobuf.pieces(batch).toArray(), untouched), "pieces, untouched");
      holds(OtlpProtobuf.size(batch) == untouched.length, "size");
      open(batch);
      long allocated = threads.getCurrentThreadAllocatedBytes() - before;
      long most = HEAP_BASE + HEAP_PER_BYTE * input.length;
      holds(
          allocated < most || heapOf(signal, json, input) < most,
          allocated + " bytes of heap for " + input.length);
      holds(batch.count() == count, "count once opened");
      holds(again(signal, untouched, false).count() == count, "count of what was handed on");
      byte[] encoded = OtlpProtobuf.encode(batch);
      holds(Arrays.equals(OtlpProtobuf.pieces(batch).toArray(), encoded), "pieces, opened");
      Telemetry<T> second = again(signal, encoded, false);
      holds(second.count() == count, "count of what was encoded");
      open(second);
      holds(Arrays.equals(OtlpProtobuf.encode(second), encoded), "encoding is a fixed point");
      byte[] text = OtlpJson.encode(batch);
      Telemetry<T> third = again(signal, text, true);
      holds(third.count() == count, "count of the JSON form");
      holds(Arrays.equals(OtlpJson.encode(third), text), "the JSON form is a fixed point");
      return true;
    } catch (OtlpFormatException e) {
      holds(e.getMessage() != null && !e.getMessage().isEmpty(), "a message");
      return false;
    }
  }

  /** Measures once more: the first time classes are loaded, which is no cost of the input. */
  private static <T extends Item> long heapOf(Signal<T> signal, boolean json, byte[] input)
      throws OtlpFormatException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    Telemetry<T> batch =
        json ? OtlpJson.decode(signal, input) : OtlpProtobuf.decode(signal, input.clone());
    byte[] untouched = OtlpProtobuf.encode(batch);
    holds(Arrays.equals(OtlpProtobuf.pieces(batch).toArray(), untouched), "pieces, again");
    open(batch);
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  private static <T extends Item> Telemetry<T> again(Signal<T> signal, byte[] bytes, boolean json) {
    try {
      return json ? OtlpJson.decode(signal, bytes) : OtlpProtobuf.decode(signal, bytes);
    } catch (OtlpFormatException e) {
      throw new AssertionError("own output was refused", e);
    }
  }

  private static <T extends Item> void open(Telemetry<T> batch) {
    for (ResourceItems<T> group : batch.resources()) {
      holds(group.scopes() != null && group.encoded() == null, "opened");
    }
  }

  private static void holds(boolean condition, String what) {
    if (!condition) {
      throw new AssertionError(what);
    }
  }
}
