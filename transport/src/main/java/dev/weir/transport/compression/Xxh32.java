package dev.weir.transport.compression;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** XXH32 with seed 0 (xxhash_spec.md of the xxHash project), which LZ4 frames carry. */
final class Xxh32 {
  private static final int PRIME1 = 0x9E3779B1;
  private static final int PRIME2 = 0x85EBCA77;
  private static final int PRIME3 = 0xC2B2AE3D;
  private static final int PRIME4 = 0x27D4EB2F;
  private static final int PRIME5 = 0x165667B1;
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private Xxh32() {}

  static int hash(byte[] bytes, int offset, int length) {
    int at = offset;
    int end = offset + length;
    int hash;
    if (length >= 16) {
      int a = 0x24234428; // PRIME1 + PRIME2, which overflows
      int b = PRIME2;
      int c = 0;
      int d = -PRIME1;
      for (; at <= end - 16; at += 16) {
        a = round(a, (int) INT.get(bytes, at));
        b = round(b, (int) INT.get(bytes, at + 4));
        c = round(c, (int) INT.get(bytes, at + 8));
        d = round(d, (int) INT.get(bytes, at + 12));
      }
      hash =
          Integer.rotateLeft(a, 1)
              + Integer.rotateLeft(b, 7)
              + Integer.rotateLeft(c, 12)
              + Integer.rotateLeft(d, 18);
    } else {
      hash = PRIME5;
    }
    hash += length;
    for (; at <= end - 4; at += 4) {
      hash = Integer.rotateLeft(hash + (int) INT.get(bytes, at) * PRIME3, 17) * PRIME4;
    }
    for (; at < end; at++) {
      hash = Integer.rotateLeft(hash + (bytes[at] & 0xff) * PRIME5, 11) * PRIME1;
    }
    hash ^= hash >>> 15;
    hash *= PRIME2;
    hash ^= hash >>> 13;
    hash *= PRIME3;
    return hash ^ hash >>> 16;
  }

  private static int round(int lane, int word) {
    return Integer.rotateLeft(lane + word * PRIME2, 13) * PRIME1;
  }
}
