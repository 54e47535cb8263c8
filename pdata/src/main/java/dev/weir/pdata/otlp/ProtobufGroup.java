package dev.weir.pdata.otlp;

import dev.weir.pdata.EncodedItems;
import dev.weir.pdata.Item;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.Signal;

/** A validated group in OTLP's protobuf form, in the array that it was received in. */
@SuppressWarnings("ArrayRecordComponent") // identity is never asked of it; the array is the point
record ProtobufGroup<T extends Item>(
    Signal<T> signal, byte[] array, int offset, int length, int count) implements EncodedItems<T> {
  @Override
  public ResourceItems<T> open() {
    return ProtobufReader.read(signal, array, offset, length);
  }
}
