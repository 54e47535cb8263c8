package dev.weir.transport.compression;

import io.airlift.compress.v3.lz4.Lz4JavaCompressor;
import java.util.Arrays;

/**
 * The LZ4 frame format (lz4_Frame_format.md of the lz4 project, version 1.6.4): magic number,
 * descriptor, blocks, end mark, checksum; several frames may follow each other. Blocks that refer
 * to earlier ones are unpacked too, so the block decoder is our own: it needs all that came before.
 */
final class Lz4FrameCodec implements Codec {
  private static final int MAGIC = 0x184D2204;
  private static final int SKIPPABLE_MAGIC = 0x184D2A50;
  private static final int VERSION = 0x40;
  private static final int INDEPENDENT = 0x20;
  private static final int BLOCK_CHECKSUMS = 0x10;
  private static final int CONTENT_SIZE = 0x08;
  private static final int CONTENT_CHECKSUM = 0x04;
  private static final int DICTIONARY = 0x01;
  private static final int BLOCK = 1 << 22;
  private static final int BLOCK_4_MIB = 7 << 4;
  private static final int UNCOMPRESSED = 0x8000_0000;
  private static final int MIN_MATCH = 4;
  private static final String CORRUPT = "lz4: invalid source or destination buffer too short";

  @Override
  public ByteSlice compress(byte[] bytes, int offset, int length, int level) {
    Lz4JavaCompressor compressor = new Lz4JavaCompressor();
    int blocks = length / BLOCK + 1;
    byte[] out =
        new byte
            [Math.addExact(
                7 + 8 + 4 * blocks, compressor.maxCompressedLength(length) + blocks * 16)];
    putInt(out, 0, MAGIC);
    out[4] = VERSION | INDEPENDENT | CONTENT_CHECKSUM;
    out[5] = BLOCK_4_MIB;
    out[6] = (byte) (Xxh32.hash(out, 4, 2) >>> 8);
    int used = 7;
    for (int at = offset, end = offset + length; at < end; at += BLOCK) {
      int size = Math.min(BLOCK, end - at);
      int packed = compressor.compress(bytes, at, size, out, used + 4, out.length - used - 4);
      if (packed >= size) {
        System.arraycopy(bytes, at, out, used + 4, size);
        putInt(out, used, size | UNCOMPRESSED);
        packed = size;
      } else {
        putInt(out, used, packed);
      }
      used += 4 + packed;
    }
    putInt(out, used, 0);
    putInt(out, used + 4, Xxh32.hash(bytes, offset, length));
    return new ByteSlice(out, 0, used + 8);
  }

  @Override
  public ByteSlice decompress(byte[] bytes, int offset, int length, long limit)
      throws CompressionException {
    Reader reader = new Reader(bytes, offset, offset + length, limit);
    while (reader.at < reader.end) {
      reader.frame();
    }
    return new ByteSlice(reader.out, 0, reader.used);
  }

  private static void putInt(byte[] bytes, int at, int value) {
    bytes[at] = (byte) value;
    bytes[at + 1] = (byte) (value >>> 8);
    bytes[at + 2] = (byte) (value >>> 16);
    bytes[at + 3] = (byte) (value >>> 24);
  }

  /** Reads frames, used by one thread. */
  private static final class Reader {
    private final byte[] in;
    private final int end;
    private final long limit;
    private int at;
    private byte[] out;
    private int used;

    Reader(byte[] in, int at, int end, long limit) {
      this.in = in;
      this.at = at;
      this.end = end;
      this.limit = limit;
      this.out = new byte[(int) Math.clamp(4L * (end - at), 256, Math.max(256, limit))];
    }

    void frame() throws CompressionException {
      int magic = getInt();
      if ((magic & ~0xf) == SKIPPABLE_MAGIC) {
        int size = getInt();
        need(size);
        at += size;
        return;
      }
      if (magic != MAGIC) {
        throw CompressionException.malformed("lz4: bad magic number");
      }
      int descriptor = at;
      need(3);
      int flags = in[at++];
      int blockSize = in[at++] >> 4 & 7;
      if ((flags & 0xc0) != VERSION || (flags & DICTIONARY) != 0 || blockSize < 4) {
        throw CompressionException.malformed("lz4: invalid frame descriptor");
      }
      if ((flags & CONTENT_SIZE) != 0) {
        need(8);
        at += 8;
      }
      need(1);
      if (in[at] != (byte) (Xxh32.hash(in, descriptor, at - descriptor) >>> 8)) {
        throw CompressionException.malformed("lz4: invalid header checksum");
      }
      at++;
      int begin = used;
      blocks(flags, 1 << (8 + 2 * blockSize));
      if ((flags & CONTENT_CHECKSUM) != 0 && getInt() != Xxh32.hash(out, begin, used - begin)) {
        throw CompressionException.malformed("lz4: invalid frame checksum");
      }
    }

    private void blocks(int flags, int largest) throws CompressionException {
      int frame = used;
      while (true) {
        int header = getInt();
        if (header == 0) {
          return;
        }
        int size = header & ~UNCOMPRESSED;
        if (size > largest) {
          throw CompressionException.malformed(CORRUPT);
        }
        need(size);
        int block = at;
        if ((header & UNCOMPRESSED) != 0) {
          room(size);
          System.arraycopy(in, at, out, used, size);
          used += size;
        } else {
          int from = (flags & INDEPENDENT) != 0 ? used : frame;
          int before = used;
          block(at, at + size, from);
          if (used - before > largest) {
            throw CompressionException.malformed(CORRUPT);
          }
        }
        at = block + size;
        if ((flags & BLOCK_CHECKSUMS) != 0 && getInt() != Xxh32.hash(in, block, size)) {
          throw CompressionException.malformed("lz4: invalid block checksum");
        }
      }
    }

    /** Unpacks one block; matches may reach back to {@code earliest}. */
    private void block(int from, int blockEnd, int earliest) throws CompressionException {
      int next = from;
      while (true) {
        if (next >= blockEnd) {
          throw CompressionException.malformed(CORRUPT);
        }
        int token = in[next++] & 0xff;
        int literals = token >>> 4;
        if (literals == 15) {
          int more;
          do {
            if (next >= blockEnd) {
              throw CompressionException.malformed(CORRUPT);
            }
            more = in[next++] & 0xff;
            literals += more; // at most 255 a byte of a block of 4 MiB: no overflow
          } while (more == 255);
        }
        if (literals > blockEnd - next) {
          throw CompressionException.malformed(CORRUPT);
        }
        room(literals);
        System.arraycopy(in, next, out, used, literals);
        used += literals;
        next += literals;
        if (next == blockEnd) {
          return; // the last sequence has no match
        }
        if (blockEnd - next < 2) {
          throw CompressionException.malformed(CORRUPT);
        }
        int back = (in[next] & 0xff) | (in[next + 1] & 0xff) << 8;
        next += 2;
        int match = token & 15;
        if (match == 15) {
          int more;
          do {
            if (next >= blockEnd) {
              throw CompressionException.malformed(CORRUPT);
            }
            more = in[next++] & 0xff;
            match += more;
          } while (more == 255);
        }
        match += MIN_MATCH;
        if (back == 0 || back > used - earliest) {
          throw CompressionException.malformed(CORRUPT);
        }
        room(match);
        copyWithin(back, match);
      }
    }

    private void copyWithin(int back, int count) {
      if (back >= count) {
        System.arraycopy(out, used - back, out, used, count);
      } else if (back == 1) {
        Arrays.fill(out, used, used + count, out[used - 1]);
      } else {
        for (int i = 0; i < count; i++) {
          out[used + i] = out[used - back + i];
        }
      }
      used += count;
    }

    private void room(int count) throws CompressionException {
      if ((long) used + count > limit) {
        throw CompressionException.tooLarge(TOO_LARGE);
      }
      if (out.length - used < count) {
        out = Arrays.copyOf(out, Math.clamp(2L * out.length, used + count, LARGEST));
      }
    }

    private void need(int count) throws CompressionException {
      if (count < 0 || end - at < count) {
        throw CompressionException.malformed(CUT_SHORT);
      }
    }

    private int getInt() throws CompressionException {
      need(4);
      int value =
          (in[at] & 0xff)
              | (in[at + 1] & 0xff) << 8
              | (in[at + 2] & 0xff) << 16
              | (in[at + 3] & 0xff) << 24;
      at += 4;
      return value;
    }
  }
}
