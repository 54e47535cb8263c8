package dev.weir.pdata.otlp;

import dev.weir.pdata.EncodedItems;
import dev.weir.pdata.Item;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * OTLP's protobuf encoding of a batch: the {@code Export*ServiceRequest} of its signal, which is
 * byte for byte a {@code MetricsData}, {@code LogsData} or {@code TracesData}.
 *
 * <p>Follows what the Collector does with odd input, with these differences: a group into which
 * nobody looks keeps its bytes, unknown fields included; of a double attribute the last value
 * counts once the group is opened; a metric that has two kinds of data has the last; values may be
 * nested 64 deep; a message that may stand once repeats at most 64 times. Text that is not UTF-8 is
 * taken, as the Collector takes it; values keep their bytes, names get U+FFFD once opened. A sum,
 * minimum or maximum that is NaN is left out once opened. Indexes into the string table of profiles
 * are no values of other signals and are left out once opened.
 *
 * <p>Thread safe: no state.
 */
public final class OtlpProtobuf {
  /** Smaller groups are cheaper to copy than to hand on one by one. */
  private static final int LEAST_PIECE = 4096;

  private OtlpProtobuf() {}

  /**
   * Decodes a request. Everything is validated and counted here; objects are built when somebody
   * looks into a group.
   *
   * @param bytes belongs to the batch from here on and must not be written to any more
   * @throws OtlpFormatException if it is not what it should be
   */
  public static <T extends Item> Telemetry<T> decode(
      Signal<T> signal, byte[] bytes, int offset, int length) throws OtlpFormatException {
    return decode(signal, bytes, offset, length, Allowance.UNLIMITED);
  }

  /**
   * Decodes a request that may not take more memory than is allowed, opened groups included: the
   * allowance is asked for what the request weighs beyond its length ({@link Weight}).
   *
   * @param bytes belongs to the batch from here on and must not be written to any more
   * @throws OtlpLimitException if the allowance refuses
   * @throws OtlpFormatException if it is not what it should be
   */
  public static <T extends Item> Telemetry<T> decode(
      Signal<T> signal, byte[] bytes, int offset, int length, Allowance allowance)
      throws OtlpFormatException {
    Weight weight = new Weight(length, Weight.PROTOBUF, allowance);
    int end = Objects.checkFromIndexSize(offset, length, bytes.length) + length;
    Shape request = Shape.of(signal);
    Shape.Field groups = Objects.requireNonNull(request.field(1));
    Shape group = Objects.requireNonNull(groups.message());
    Telemetry<T> batch = new Telemetry<>(signal);
    ProtobufValidator validator = new ProtobufValidator(bytes);
    validator.position(offset);
    while (validator.position() < end) {
      int number = validator.tag(offset, end);
      int wireType = validator.wireType();
      if (number != 1) {
        validator.skip(wireType, offset, end);
        continue;
      }
      if (wireType != Shape.LENGTH) {
        throw new OtlpFormatException(
            "proto: wrong wireType = " + wireType + " for field " + groups.name());
      }
      int size = validator.length(end);
      int start = validator.position();
      validator.message(group, start, start + size, 0);
      int count = validator.takeItems();
      weight.add(HeapCost.GROUP + validator.takeHeap());
      batch
          .resources()
          .add(
              // The old form is not handed on: whoever comes next may not know it.
              validator.takeDeprecated()
                  ? ProtobufReader.read(signal, bytes, start, size)
                  : new ResourceItems<>(new ProtobufGroup<>(signal, bytes, start, size, count)));
      validator.position(start + size);
    }
    return batch;
  }

  /** Decodes a request that fills the array; see {@link #decode(Signal, byte[], int, int)}. */
  public static <T extends Item> Telemetry<T> decode(Signal<T> signal, byte[] bytes)
      throws OtlpFormatException {
    return decode(signal, bytes, 0, bytes.length);
  }

  /** Returns the exact size of what {@link #encode} returns; builds nothing. */
  public static int size(Telemetry<?> batch) {
    return size(groups(batch));
  }

  /** Encodes a batch. Groups into which nobody looked are copied as they came in. */
  public static byte[] encode(Telemetry<?> batch) {
    return encode(groups(batch));
  }

  private static byte[] encode(List<? extends Group<?>> groups) {
    byte[] out = new byte[size(groups)];
    ProtobufWriter writer = new ProtobufWriter(out);
    for (int i = groups.size() - 1; i >= 0; i--) {
      groups.get(i).write(writer);
    }
    if (writer.position() != 0) {
      throw new IllegalStateException("batch was changed while it was encoded");
    }
    return out;
  }

  /**
   * Encodes a batch without copying the groups into which nobody looked, unless they are small.
   *
   * @return the bytes of {@link #encode}; it shares arrays with the batch
   */
  public static Pieces pieces(Telemetry<?> batch) {
    List<? extends Group<?>> groups = groups(batch);
    Pieces.Builder pieces = new Pieces.Builder();
    int from = 0;
    for (int i = 0; i < groups.size(); i++) {
      EncodedItems<?> encoded = groups.get(i).encoded();
      if (encoded != null && encoded.length() >= LEAST_PIECE) {
        written(groups.subList(from, i), pieces);
        byte[] head = ProtobufWriter.head(encoded.length());
        pieces.add(head, 0, head.length);
        pieces.add(encoded.array(), encoded.offset(), encoded.length());
        from = i + 1;
      }
    }
    written(groups.subList(from, groups.size()), pieces);
    return pieces.build();
  }

  private static void written(List<? extends Group<?>> groups, Pieces.Builder pieces) {
    if (!groups.isEmpty()) {
      byte[] bytes = encode(groups);
      pieces.add(bytes, 0, bytes.length);
    }
  }

  private static int size(List<? extends Group<?>> groups) {
    ProtobufSize sizes = new ProtobufSize();
    long size = 0;
    for (int i = groups.size() - 1; i >= 0; i--) {
      size += ProtobufSize.field(groups.get(i).size(sizes));
    }
    return Math.toIntExact(size);
  }

  // Another reader of the same batch may open a group between the two passes; both must see the
  // same form of it.
  private record Group<T extends Item>(ResourceItems<T> items, @Nullable EncodedItems<T> encoded) {
    Group(ResourceItems<T> items) {
      this(items, items.encoded());
    }

    int size(ProtobufSize sizes) {
      return sizes.group(items, encoded);
    }

    void write(ProtobufWriter writer) {
      writer.group(items, encoded);
    }
  }

  private static <T extends Item> List<Group<T>> groups(Telemetry<T> batch) {
    return batch.resources().stream().map(Group::new).toList();
  }
}
