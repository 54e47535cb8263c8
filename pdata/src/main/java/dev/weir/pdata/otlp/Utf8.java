package dev.weir.pdata.otlp;

import java.nio.charset.StandardCharsets;

/** Strings as UTF-8 without an array between; lone surrogates become question marks. */
final class Utf8 {
  private Utf8() {}

  /** Returns how many bytes {@code string} takes. */
  static int size(String string) {
    int n = string.length();
    int size = n;
    for (int i = 0; i < n; i++) {
      char c = string.charAt(i);
      if (c >= 0x80) {
        if (c < 0x800) {
          size++;
        } else if (!Character.isSurrogate(c)) {
          size += 2;
        } else if (Character.isHighSurrogate(c)
            && i + 1 < n
            && Character.isLowSurrogate(string.charAt(i + 1))) {
          size += 2; // four bytes for two characters
          i++;
        }
      }
    }
    return size;
  }

  /** Writes {@code string} so that it ends before {@code end}, and returns where it begins. */
  @SuppressWarnings("deprecation") // the only copy of Latin characters into an array at hand
  static int writeBefore(String string, byte[] out, int end) {
    int n = string.length();
    for (int i = 0; i < n; i++) {
      if (string.charAt(i) >= 0x80) {
        byte[] bytes = string.getBytes(StandardCharsets.UTF_8);
        int begin = end - bytes.length;
        System.arraycopy(bytes, 0, out, begin, bytes.length);
        return begin;
      }
    }
    string.getBytes(0, n, out, end - n);
    return end - n;
  }
}
