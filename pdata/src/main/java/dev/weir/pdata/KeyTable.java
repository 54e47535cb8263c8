package dev.weir.pdata;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The keys that were met lately, so that one name is one instance nearly always and comparing keys
 * is comparing references.
 *
 * <p>A cache and not a registry: 1,024 buckets of four, names up to {@value #MAX_LENGTH} bytes, at
 * most half a megabyte. The first three of a bucket stay for good, so that the names which
 * components make as constants when they start cannot be pushed out by what comes over the network;
 * the fourth is the latest newcomer. Whoever misses gets an instance of his own, which is correct
 * and merely slower.
 *
 * <p>Thread safe without locks: {@link Key} has final fields only, so a reference published by a
 * data race shows a whole key; two threads that race make two equal keys.
 */
final class KeyTable {
  private static final int BUCKETS = 1024;
  private static final int WAYS = 4;
  static final int MAX_LENGTH = 96;

  private final @Nullable Key[] keys = new Key[BUCKETS * WAYS];

  /** Returns the key of these bytes. */
  Key get(byte[] bytes, int offset, int length) {
    if (length > MAX_LENGTH) {
      return make(bytes, offset, length);
    }
    int first = bucket(bytes, offset, length);
    int free = first + WAYS - 1;
    for (int i = first; i < first + WAYS; i++) {
      Key key = keys[i];
      if (key == null) {
        free = i;
        break;
      }
      byte[] utf8 = key.utf8();
      if (Arrays.equals(utf8, 0, utf8.length, bytes, offset, offset + length)) {
        return key;
      }
    }
    Key made = make(bytes, offset, length);
    // A name that is not UTF-8 has other bytes once decoded and would never be found.
    if (made.utf8().length == length) {
      keys[free] = made;
    }
    return made;
  }

  private static Key make(byte[] bytes, int offset, int length) {
    return new Key(new String(bytes, offset, length, StandardCharsets.UTF_8));
  }

  private static int bucket(byte[] bytes, int offset, int length) {
    int h = length;
    for (int i = offset; i < offset + length; i++) {
      h = 31 * h + bytes[i];
    }
    h *= 0x9E3779B9; // the golden ratio spreads neighbours, Knuth 6.4
    return (h >>> 22) * WAYS;
  }
}
