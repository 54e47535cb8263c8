package dev.weir.transport.compression;

import io.airlift.compress.v3.MalformedInputException;
import io.airlift.compress.v3.snappy.SnappyJavaCompressor;
import io.airlift.compress.v3.snappy.SnappyJavaDecompressor;

/** Snappy's block format; what begins like the framing format is unpacked as such. */
final class SnappyCodec implements Codec {
  static final String CORRUPT = "snappy: corrupt input";

  @Override
  public ByteSlice compress(byte[] bytes, int offset, int length, int level) {
    SnappyJavaCompressor compressor = new SnappyJavaCompressor();
    byte[] out = new byte[compressor.maxCompressedLength(length)];
    return new ByteSlice(out, 0, compressor.compress(bytes, offset, length, out, 0, out.length));
  }

  @Override
  public ByteSlice decompress(byte[] bytes, int offset, int length, long limit)
      throws CompressionException {
    if (SnappyFramedCodec.isFramed(bytes, offset, length)) {
      return SnappyFramedCodec.unframe(bytes, offset, length, limit);
    }
    long stated = statedLength(bytes, offset, length);
    if (stated > limit) {
      throw CompressionException.tooLarge("snappy: decoded size exceeds max request body size");
    }
    return unpack(bytes, offset, length, stated);
  }

  /** Unpacks one block whose preamble states {@code stated} bytes. */
  static ByteSlice unpack(byte[] bytes, int offset, int length, long stated)
      throws CompressionException {
    // Three bytes make at most 64: what states more than that can make is corrupt.
    if (stated > 64L * length) {
      throw CompressionException.malformed(CORRUPT);
    }
    byte[] out = new byte[(int) stated];
    try {
      int used = new SnappyJavaDecompressor().decompress(bytes, offset, length, out, 0, out.length);
      if (used != out.length) {
        throw CompressionException.malformed(CORRUPT);
      }
      return ByteSlice.of(out);
    } catch (MalformedInputException | IndexOutOfBoundsException e) {
      throw CompressionException.malformed(CORRUPT);
    }
  }

  /** Returns the length that the preamble states, a varint of at most 32 bits. */
  static long statedLength(byte[] bytes, int offset, int length) throws CompressionException {
    long value = 0;
    for (int i = 0; i < Math.min(length, 5); i++) {
      byte each = bytes[offset + i];
      value |= (long) (each & 0x7f) << (7 * i);
      if (each >= 0) {
        if (value > 0xffff_ffffL) {
          break;
        }
        return value;
      }
    }
    throw CompressionException.malformed(CORRUPT);
  }
}
