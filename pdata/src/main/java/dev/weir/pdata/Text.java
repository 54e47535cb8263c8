package dev.weir.pdata;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A string that carries its UTF-8 form.
 *
 * <p>Encoding a string costs more than everything else that an OTLP encoder does (java.md 3: 500 ns
 * a point of 25 attributes with bytes at hand, 1,627 without), so the bytes are the primary form
 * and the {@code String} is made when somebody asks for it. Immutable; the lazily made string and
 * hash are published by data race, which is safe for a {@code String} and an {@code int}.
 */
public final class Text implements Value, Comparable<Text> {
  /** The empty string. */
  public static final Text EMPTY = new Text(new byte[0], "");

  private final byte[] utf8;
  private @Nullable String string;
  private int hash;

  private Text(byte[] utf8, @Nullable String string) {
    this.utf8 = utf8;
    this.string = string;
  }

  /** Returns the text of {@code string}. Lone surrogates become question marks. */
  public static Text of(String string) {
    return string.isEmpty() ? EMPTY : new Text(string.getBytes(StandardCharsets.UTF_8), string);
  }

  /** Returns a text that owns {@code utf8}, which must not be written to any more. */
  public static Text ofUtf8(byte[] utf8) {
    return utf8.length == 0 ? EMPTY : new Text(utf8, null);
  }

  /** Returns the UTF-8 form itself, not a copy: read only. */
  public byte[] utf8() {
    return utf8;
  }

  /** Orders by UTF-8 bytes, which is the order of code points. */
  @Override
  public int compareTo(Text other) {
    return Arrays.compareUnsigned(utf8, other.utf8);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other || (other instanceof Text that && Arrays.equals(utf8, that.utf8));
  }

  @Override
  public int hashCode() {
    int h = hash;
    if (h == 0) {
      h = Arrays.hashCode(utf8);
      hash = h;
    }
    return h;
  }

  @Override
  public String toString() {
    String s = string;
    if (s == null) {
      s = new String(utf8, StandardCharsets.UTF_8);
      string = s;
    }
    return s;
  }
}
