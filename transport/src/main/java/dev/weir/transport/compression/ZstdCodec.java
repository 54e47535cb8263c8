package dev.weir.transport.compression;

import io.airlift.compress.v3.MalformedInputException;
import io.airlift.compress.v3.zstd.ZstdInputStream;
import io.airlift.compress.v3.zstd.ZstdJavaCompressor;
import io.airlift.compress.v3.zstd.ZstdJavaDecompressor;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;

/**
 * RFC 8878. A single frame that states its size is unpacked in one go; others as a stream, which
 * needs the frame's window (at most 8 MiB) on top.
 */
final class ZstdCodec implements Codec {
  private static final int MAGIC = 0xFD2FB528;

  @Override
  public ByteSlice compress(byte[] bytes, int offset, int length, int level) {
    ZstdJavaCompressor compressor = new ZstdJavaCompressor();
    byte[] out = new byte[compressor.maxCompressedLength(length)];
    return new ByteSlice(out, 0, compressor.compress(bytes, offset, length, out, 0, out.length));
  }

  @Override
  public ByteSlice decompress(byte[] bytes, int offset, int length, long limit)
      throws CompressionException {
    if (length == 0) {
      return ByteSlice.of(new byte[0]); // no frame at all is an empty body, in Go too
    }
    if (length < 4) {
      throw CompressionException.malformed(CUT_SHORT);
    }
    int magic =
        (bytes[offset] & 0xff)
            | (bytes[offset + 1] & 0xff) << 8
            | (bytes[offset + 2] & 0xff) << 16
            | (bytes[offset + 3] & 0xff) << 24;
    if (magic != MAGIC) {
      throw CompressionException.malformed("invalid input: magic number mismatch");
    }
    try {
      long stated = stated(bytes, offset, length);
      if (stated > limit) {
        throw CompressionException.tooLarge(TOO_LARGE);
      }
      if (stated > 0 && stated <= (1L << 16) + 256L * length) {
        byte[] out = new byte[(int) stated];
        try {
          int used =
              new ZstdJavaDecompressor().decompress(bytes, offset, length, out, 0, out.length);
          return new ByteSlice(out, 0, used);
        } catch (MalformedInputException | IndexOutOfBoundsException e) {
          // Malformed indeed, or several frames, of which the first states only its own size.
        }
      }
      return Codec.drain(
          new ZstdInputStream(new ByteArrayInputStream(bytes, offset, length)),
          Math.max(stated, 4L * length),
          limit);
    } catch (EOFException e) {
      throw CompressionException.malformed(CUT_SHORT);
    } catch (IOException | IllegalArgumentException | IllegalStateException e) {
      boolean cutShort = String.valueOf(e.getMessage()).startsWith("Not enough input");
      throw CompressionException.malformed(cutShort ? CUT_SHORT : "zstd: " + e.getMessage());
    } catch (MalformedInputException | IndexOutOfBoundsException e) {
      throw CompressionException.malformed("zstd: corrupt input");
    }
  }

  /** Returns the size that the first frame states, or -1 if it does not, or is cut short. */
  private static long stated(byte[] bytes, int offset, int length) {
    try {
      return new ZstdJavaDecompressor().getDecompressedSize(bytes, offset, length);
    } catch (MalformedInputException | IndexOutOfBoundsException e) {
      return -1;
    }
  }
}
