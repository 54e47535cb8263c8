package dev.weir.transport.compression;

import io.airlift.compress.v3.snappy.SnappyJavaCompressor;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Snappy's framing format: a stream identifier, then chunks of at most 64 KiB, each with a masked
 * CRC-32C of what it unpacks to.
 */
final class SnappyFramedCodec implements Codec {
  private static final byte[] IDENTIFIER = {(byte) 0xff, 6, 0, 0, 's', 'N', 'a', 'P', 'p', 'Y'};
  private static final int LARGEST_CHUNK = 1 << 16;
  private static final int COMPRESSED = 0;
  private static final int PLAIN = 1;
  private static final int FIRST_SKIPPABLE = 0x80;
  private static final int STREAM_IDENTIFIER = 0xff;
  private static final int CHUNK_HEADER = 8;

  static boolean isFramed(byte[] bytes, int offset, int length) {
    return length >= IDENTIFIER.length
        && Arrays.equals(
            bytes, offset, offset + IDENTIFIER.length, IDENTIFIER, 0, IDENTIFIER.length);
  }

  @Override
  public ByteSlice compress(byte[] bytes, int offset, int length, int level) {
    SnappyJavaCompressor compressor = new SnappyJavaCompressor();
    int chunks = (length + LARGEST_CHUNK - 1) / LARGEST_CHUNK;
    int perChunk = CHUNK_HEADER + compressor.maxCompressedLength(LARGEST_CHUNK);
    byte[] out =
        Arrays.copyOf(IDENTIFIER, IDENTIFIER.length + Math.min(chunks, 1) * perChunk + length);
    int used = IDENTIFIER.length;
    for (int at = offset, end = offset + length; at < end; at += LARGEST_CHUNK) {
      int size = Math.min(LARGEST_CHUNK, end - at);
      if (out.length - used < perChunk) {
        out = Arrays.copyOf(out, Math.addExact(used, perChunk + (end - at)));
      }
      int data = used + CHUNK_HEADER;
      int packed =
          compressor.compress(bytes, at, size, out, data, compressor.maxCompressedLength(size));
      int type = COMPRESSED;
      if (packed >= size - size / 8) { // not worth unpacking, as Go decides
        System.arraycopy(bytes, at, out, data, size);
        packed = size;
        type = PLAIN;
      }
      out[used] = (byte) type;
      int body = packed + 4;
      out[used + 1] = (byte) body;
      out[used + 2] = (byte) (body >>> 8);
      out[used + 3] = (byte) (body >>> 16);
      int checksum = masked(bytes, at, size);
      out[used + 4] = (byte) checksum;
      out[used + 5] = (byte) (checksum >>> 8);
      out[used + 6] = (byte) (checksum >>> 16);
      out[used + 7] = (byte) (checksum >>> 24);
      used = data + packed;
    }
    return new ByteSlice(out, 0, used);
  }

  @Override
  public ByteSlice decompress(byte[] bytes, int offset, int length, long limit)
      throws CompressionException {
    return unframe(bytes, offset, length, limit);
  }

  static ByteSlice unframe(byte[] bytes, int offset, int length, long limit)
      throws CompressionException {
    byte[] out = new byte[(int) Math.clamp(4L * length, 256, Math.max(256, limit))];
    int used = 0;
    boolean identified = false;
    int at = offset;
    int end = offset + length;
    while (at < end) {
      if (end - at < 4) {
        throw CompressionException.malformed(CUT_SHORT);
      }
      int type = bytes[at] & 0xff;
      int size =
          (bytes[at + 1] & 0xff) | (bytes[at + 2] & 0xff) << 8 | (bytes[at + 3] & 0xff) << 16;
      if (!identified && type != STREAM_IDENTIFIER) {
        throw CompressionException.malformed(SnappyCodec.CORRUPT);
      }
      at += 4;
      if (end - at < size) {
        throw CompressionException.malformed(CUT_SHORT);
      }
      if (type == STREAM_IDENTIFIER) {
        if (!isFramed(bytes, at - 4, size + 4) || size + 4 != IDENTIFIER.length) {
          throw CompressionException.malformed(SnappyCodec.CORRUPT);
        }
        identified = true;
      } else if (type == COMPRESSED || type == PLAIN) {
        if (size < 4) {
          throw CompressionException.malformed(SnappyCodec.CORRUPT);
        }
        int data = at + 4;
        long makes = type == PLAIN ? size - 4 : SnappyCodec.statedLength(bytes, data, size - 4);
        if (makes > LARGEST_CHUNK) {
          throw CompressionException.malformed(SnappyCodec.CORRUPT);
        }
        if (used + makes > limit) {
          throw CompressionException.tooLarge(TOO_LARGE);
        }
        if (out.length - used < makes) {
          out = Arrays.copyOf(out, (int) Math.clamp(2L * out.length, used + makes, LARGEST));
        }
        if (type == PLAIN) {
          System.arraycopy(bytes, data, out, used, (int) makes);
        } else {
          ByteSlice chunk = SnappyCodec.unpack(bytes, data, size - 4, makes);
          System.arraycopy(chunk.array(), 0, out, used, (int) makes);
        }
        int stated =
            (bytes[at] & 0xff)
                | (bytes[at + 1] & 0xff) << 8
                | (bytes[at + 2] & 0xff) << 16
                | (bytes[at + 3] & 0xff) << 24;
        if (stated != masked(out, used, (int) makes)) {
          throw CompressionException.malformed(SnappyCodec.CORRUPT);
        }
        used += (int) makes;
      } else if (type < FIRST_SKIPPABLE) {
        throw CompressionException.malformed("snappy: unsupported input");
      }
      at += size;
    }
    return new ByteSlice(out, 0, used);
  }

  /** The checksum that the format wants: rotated and moved, as CRCs of CRCs are weak. */
  private static int masked(byte[] bytes, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, offset, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }
}
