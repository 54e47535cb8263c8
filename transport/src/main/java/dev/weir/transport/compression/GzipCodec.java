package dev.weir.transport.compression;

import java.util.zip.CRC32;

/**
 * RFC 1952, without the streams and copies of {@code java.util.zip}: a header of ten bytes, a
 * deflate stream, checksum and length. Several members may follow each other.
 */
final class GzipCodec implements Codec {
  private static final int HEADER = 10;
  private static final int TRAILER = 8;
  private static final int CHECKSUM_FLAG = 2;
  private static final int EXTRA_FLAG = 4;
  private static final int NAME_FLAG = 8;
  private static final int COMMENT_FLAG = 16;
  private static final String BAD_HEADER = "gzip: invalid header";

  @Override
  public ByteSlice compress(byte[] bytes, int offset, int length, int level) {
    ByteSlice packed = Deflation.deflate(bytes, offset, length, level, true, HEADER, TRAILER);
    byte[] out = packed.array();
    out[0] = 0x1f;
    out[1] = (byte) 0x8b;
    out[2] = 8; // deflate
    out[9] = (byte) 0xff; // of no particular system
    CRC32 crc = new CRC32();
    crc.update(bytes, offset, length);
    int at = packed.length() - TRAILER;
    putInt(out, at, (int) crc.getValue());
    putInt(out, at + 4, length);
    return packed;
  }

  @Override
  public ByteSlice decompress(byte[] bytes, int offset, int length, long limit)
      throws CompressionException {
    Deflation.Output out = new Deflation.Output(expected(bytes, offset, length), limit);
    int at = offset;
    int end = offset + length;
    do {
      at = skipHeader(bytes, at, end);
      int before = out.used();
      at += out.inflate(bytes, at, end - at, true);
      if (end - at < TRAILER) {
        throw CompressionException.malformed(CUT_SHORT);
      }
      CRC32 crc = new CRC32();
      crc.update(out.array(), before, out.used() - before);
      if (getInt(bytes, at) != (int) crc.getValue()
          || getInt(bytes, at + 4) != out.used() - before) {
        throw CompressionException.malformed("gzip: invalid checksum");
      }
      at += TRAILER;
    } while (at < end);
    return out.slice();
  }

  /**
   * Returns what likely comes out: the size that the trailer states, if deflate can reach it (it
   * never makes more than 1,032 bytes of one).
   */
  private static long expected(byte[] bytes, int offset, int length) {
    if (length < HEADER + TRAILER) {
      return 0;
    }
    long stated = Integer.toUnsignedLong(getInt(bytes, offset + length - 4));
    return stated <= 1032L * length ? stated : 4L * length;
  }

  private static int skipHeader(byte[] bytes, int from, int end) throws CompressionException {
    if (end - from < HEADER) {
      // Go says plain EOF of nothing at all, and of a header that is cut short that it is.
      throw CompressionException.malformed(end == from ? "EOF" : CUT_SHORT);
    }
    if (bytes[from] != 0x1f || bytes[from + 1] != (byte) 0x8b || bytes[from + 2] != 8) {
      throw CompressionException.malformed(BAD_HEADER);
    }
    int flags = bytes[from + 3];
    int at = from + HEADER;
    if ((flags & EXTRA_FLAG) != 0) {
      need(at, 2, end);
      at += 2 + (bytes[at] & 0xff) + ((bytes[at + 1] & 0xff) << 8);
    }
    if ((flags & NAME_FLAG) != 0) {
      at = afterZero(bytes, at, end);
    }
    if ((flags & COMMENT_FLAG) != 0) {
      at = afterZero(bytes, at, end);
    }
    if ((flags & CHECKSUM_FLAG) != 0) {
      need(at, 2, end);
      CRC32 crc = new CRC32();
      crc.update(bytes, from, at - from);
      if ((crc.getValue() & 0xffff) != ((bytes[at] & 0xff) | (bytes[at + 1] & 0xff) << 8)) {
        throw CompressionException.malformed(BAD_HEADER);
      }
      at += 2;
    }
    need(at, 0, end);
    return at;
  }

  private static int afterZero(byte[] bytes, int from, int end) throws CompressionException {
    for (int at = from; at < end; at++) {
      if (bytes[at] == 0) {
        return at + 1;
      }
    }
    throw CompressionException.malformed(CUT_SHORT);
  }

  private static void need(int at, int count, int end) throws CompressionException {
    if (end - at < count) {
      throw CompressionException.malformed(CUT_SHORT);
    }
  }

  private static int getInt(byte[] bytes, int at) {
    return (bytes[at] & 0xff)
        | (bytes[at + 1] & 0xff) << 8
        | (bytes[at + 2] & 0xff) << 16
        | (bytes[at + 3] & 0xff) << 24;
  }

  private static void putInt(byte[] bytes, int at, int value) {
    bytes[at] = (byte) value;
    bytes[at + 1] = (byte) (value >>> 8);
    bytes[at + 2] = (byte) (value >>> 16);
    bytes[at + 3] = (byte) (value >>> 24);
  }
}
