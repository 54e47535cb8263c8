package dev.weir.transport.compression;

import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** The deflate format, which gzip and zlib wrap. */
final class Deflation {
  private Deflation() {}

  /**
   * Packs into an array that has {@code before} free bytes in front and {@code after} behind; the
   * slice covers them all.
   */
  static ByteSlice deflate(
      byte[] bytes, int offset, int length, int level, boolean raw, int before, int after) {
    Deflater deflater = new Deflater(Math.clamp(level, -1, 9), raw);
    try {
      deflater.setInput(bytes, offset, length);
      deflater.finish();
      byte[] out = new byte[before + after + Math.max(64, length / 4)];
      int used = before;
      while (!deflater.finished()) {
        if (used == out.length - after) {
          out = Arrays.copyOf(out, (int) Math.min(Codec.LARGEST, 2L * out.length));
        }
        used += deflater.deflate(out, used, out.length - after - used);
      }
      return new ByteSlice(out, 0, used + after);
    } finally {
      deflater.end();
    }
  }

  /** Bytes as they come out of one stream after another. */
  static final class Output {
    private final long limit;
    private byte[] out;
    private int used;

    Output(long expected, long limit) {
      this.limit = limit;
      this.out = new byte[(int) Math.clamp(expected, 256, Math.max(256, limit))];
    }

    byte[] array() {
      return out;
    }

    int used() {
      return used;
    }

    ByteSlice slice() {
      return new ByteSlice(out, 0, used);
    }

    /**
     * Unpacks one stream and appends what comes out.
     *
     * @return how many bytes of the input it took
     */
    int inflate(byte[] bytes, int offset, int length, boolean raw) throws CompressionException {
      Inflater inflater = new Inflater(raw);
      try {
        inflater.setInput(bytes, offset, length);
        while (!inflater.finished()) {
          if (used == out.length) {
            grow();
          }
          int came = inflater.inflate(out, used, out.length - used);
          used += came;
          if (used > limit) {
            throw CompressionException.tooLarge(Codec.TOO_LARGE);
          }
          if (came == 0 && !inflater.finished()) {
            if (inflater.needsDictionary()) {
              throw CompressionException.malformed("zlib: invalid dictionary");
            }
            if (inflater.needsInput()) {
              throw CompressionException.malformed(Codec.CUT_SHORT);
            }
          }
        }
        return (int) inflater.getBytesRead();
      } catch (DataFormatException e) {
        throw CompressionException.malformed(worded(e, inflater.getBytesRead()));
      } finally {
        inflater.end();
      }
    }

    private void grow() throws CompressionException {
      // One byte past the limit tells "exactly the limit" from "more".
      int room = (int) Math.min(Math.min(limit + 1, Codec.LARGEST), 2L * used);
      if (room <= used) {
        throw CompressionException.tooLarge(Codec.TOO_LARGE);
      }
      out = Arrays.copyOf(out, room);
    }

    private static String worded(DataFormatException e, long at) {
      String message = String.valueOf(e.getMessage());
      return switch (message) {
        case "incorrect header check", "unknown compression method", "invalid window size" ->
            "zlib: invalid header";
        case "incorrect data check" -> "zlib: invalid checksum";
        default -> "flate: corrupt input before offset " + at;
      };
    }
  }
}
