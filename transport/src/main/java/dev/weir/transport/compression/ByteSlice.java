package dev.weir.transport.compression;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Objects;

/**
 * Bytes within an array, so that a result need not be copied to fit. Whoever is given one owns the
 * array.
 *
 * @param array holds the bytes, and maybe others around them
 * @param offset where they begin
 * @param length how many they are
 */
@SuppressWarnings("ArrayRecordComponent") // a view for hand-over, never compared
public record ByteSlice(byte[] array, int offset, int length) {
  /** Checks the bounds. */
  public ByteSlice {
    Objects.checkFromIndexSize(offset, length, array.length);
  }

  /** Returns a slice that is the whole array. */
  public static ByteSlice of(byte[] array) {
    return new ByteSlice(array, 0, array.length);
  }

  /**
   * Returns an array that holds the bytes and nothing else: the own one if it does, else a copy.
   */
  public byte[] toArray() {
    return offset == 0 && length == array.length
        ? array
        : Arrays.copyOfRange(array, offset, offset + length);
  }

  /** Returns a stream over the bytes. */
  public InputStream stream() {
    return new ByteArrayInputStream(array, offset, length);
  }
}
