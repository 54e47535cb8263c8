package dev.weir.receiver.ebpftcp;

import dev.weir.pdata.Text;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Addresses as text, remembered: a direct-mapped cache of {@value #SLOTS} entries (80 kB and the
 * texts), so that rows of one address share its bytes. For one thread.
 */
final class AddressTexts {
  private static final int SLOTS = 4096;

  private final long[] firsts = new long[SLOTS];
  private final long[] seconds = new long[SLOTS];
  private final @Nullable Text[] texts = new @Nullable Text[SLOTS];

  /** Returns the text of the 16 bytes that stand in memory as these two words. */
  Text text(long first, long second) {
    int slot = (int) ((first * 0x9E3779B97F4A7C15L + second * 0xC2B2AE3D27D4EB4FL) >>> 52);
    Text known = texts[slot];
    if (known != null && firsts[slot] == first && seconds[slot] == second) {
      return known;
    }
    Text made = format(first, second);
    firsts[slot] = first;
    seconds[slot] = second;
    texts[slot] = made;
    return made;
  }

  /** Writes IPv4-mapped addresses as IPv4, others as RFC 5952 says. */
  static Text format(long first, long second) {
    byte[] bytes =
        ByteBuffer.allocate(16)
            .order(ByteOrder.nativeOrder())
            .putLong(first)
            .putLong(second)
            .array();
    long high = ByteBuffer.wrap(bytes).getLong(0);
    long low = ByteBuffer.wrap(bytes).getLong(8);
    if (high == 0 && low >>> 32 == 0xffff) {
      return ipv4((int) low);
    }
    return ipv6(bytes);
  }

  private static Text ipv4(int address) {
    byte[] out = new byte[15];
    int n = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
      int part = address >>> shift & 255;
      if (part >= 100) {
        out[n++] = (byte) ('0' + part / 100);
      }
      if (part >= 10) {
        out[n++] = (byte) ('0' + part / 10 % 10);
      }
      out[n++] = (byte) ('0' + part % 10);
      if (shift > 0) {
        out[n++] = '.';
      }
    }
    return Text.ofUtf8(Arrays.copyOf(out, n));
  }

  private static Text ipv6(byte[] bytes) {
    int[] groups = new int[8];
    for (int i = 0; i < 8; i++) {
      groups[i] = ((bytes[2 * i] & 255) << 8) | (bytes[2 * i + 1] & 255);
    }
    int bestStart = -1;
    int bestLength = 1;
    for (int i = 0; i < 8; i++) {
      int j = i;
      while (j < 8 && groups[j] == 0) {
        j++;
      }
      if (j - i > bestLength) {
        bestStart = i;
        bestLength = j - i;
      }
      i = Math.max(i, j - 1);
    }
    StringBuilder out = new StringBuilder(39);
    for (int i = 0; i < 8; i++) {
      if (i == bestStart) {
        out.append("::");
        i += bestLength - 1;
        continue;
      }
      if (i > 0 && out.charAt(out.length() - 1) != ':') {
        out.append(':');
      }
      out.append(Integer.toHexString(groups[i]));
    }
    return Text.ofUtf8(out.toString().getBytes(StandardCharsets.US_ASCII));
  }
}
