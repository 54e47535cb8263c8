package dev.weir.pdata.otlp;

import dev.weir.pdata.Item;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import java.util.Objects;

/**
 * OTLP's JSON encoding of a batch, in UTF-8: the {@code Export*ServiceRequest} of its signal.
 *
 * <p>Takes and writes what the Collector takes and writes, but for: values may be nested 64 deep,
 * unknown fields 512 deep; a field that is merged with one before repeats at most 64 times; a field
 * without a name is skipped; a number that does not fit 32 bits is refused always; text that is not
 * UTF-8 is written with U+FFFD, so that a line is always JSON.
 *
 * <p>Thread safe: no state.
 */
public final class OtlpJson {
  private OtlpJson() {}

  /**
   * Decodes a request into objects. The array may be used again.
   *
   * @throws OtlpFormatException if it is not what it should be
   */
  public static <T extends Item> Telemetry<T> decode(
      Signal<T> signal, byte[] bytes, int offset, int length) throws OtlpFormatException {
    return decode(signal, bytes, offset, length, Allowance.UNLIMITED);
  }

  /**
   * Decodes a request into objects that may not take more memory than is allowed: the allowance is
   * asked for what the request weighs beyond its length ({@link Weight}). The array may be used
   * again.
   *
   * @throws OtlpLimitException if the allowance refuses
   * @throws OtlpFormatException if it is not what it should be
   */
  public static <T extends Item> Telemetry<T> decode(
      Signal<T> signal, byte[] bytes, int offset, int length, Allowance allowance)
      throws OtlpFormatException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    return new JsonReader(bytes, offset, length, allowance).read(signal);
  }

  /** Decodes a request that fills the array; see {@link #decode(Signal, byte[], int, int)}. */
  public static <T extends Item> Telemetry<T> decode(Signal<T> signal, byte[] bytes)
      throws OtlpFormatException {
    return decode(signal, bytes, 0, bytes.length);
  }

  /** Names and quotes make JSON about two and a half times as long. */
  private static int capacity(Telemetry<?> batch) {
    return (int) Math.min(OtlpProtobuf.size(batch) * 5L / 2 + 128, Integer.MAX_VALUE - 8);
  }

  /** Encodes a batch as one object without line breaks. Opens the groups. */
  public static byte[] encode(Telemetry<?> batch) {
    return new JsonWriter(capacity(batch)).write(batch);
  }
}
