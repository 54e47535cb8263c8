package dev.weir.transport.compression;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** One format. Thread safe, keeps nothing between calls. */
interface Codec {
  /** The largest array that every Java machine makes. */
  int LARGEST = Integer.MAX_VALUE - 8;

  /** What the Collector says of a body that is too large. */
  String TOO_LARGE = "http: request body too large";

  /** What Go says of input that ends too early. */
  String CUT_SHORT = "unexpected EOF";

  /** Packs. */
  ByteSlice compress(byte[] bytes, int offset, int length, int level);

  /**
   * Unpacks.
   *
   * @param limit at most {@link #LARGEST}
   */
  ByteSlice decompress(byte[] bytes, int offset, int length, long limit)
      throws CompressionException;

  /**
   * Reads a stream to its end.
   *
   * @param expected how much will likely come
   * @throws CompressionException if more than {@code limit} bytes come
   * @throws EOFException if the stream is cut short
   */
  static ByteSlice drain(InputStream stream, long expected, long limit)
      throws IOException, CompressionException {
    byte[] out = new byte[(int) Math.clamp(expected, 256, Math.max(256, limit))];
    int used = 0;
    while (true) {
      if (used == out.length) {
        // One byte past the limit tells "exactly the limit" from "more".
        int room = (int) Math.min(Math.min(limit + 1, LARGEST), Math.max(512L, 2L * used));
        if (room <= used) {
          throw CompressionException.tooLarge(TOO_LARGE);
        }
        out = Arrays.copyOf(out, room);
      }
      int read = stream.read(out, used, out.length - used);
      if (read < 0) {
        return new ByteSlice(out, 0, used);
      }
      used += read;
      if (used > limit) {
        throw CompressionException.tooLarge(TOO_LARGE);
      }
    }
  }
}
