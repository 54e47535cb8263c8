package dev.weir.pdata;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/**
 * The value of an attribute or the body of a log record: OTLP's {@code AnyValue}. All kinds are
 * immutable and compare by content.
 */
public sealed interface Value
    permits Text,
        Value.Int,
        Value.Real,
        Value.Bool,
        Value.Bytes,
        Value.Items,
        Value.Pairs,
        Value.Empty {

  /** A signed 64 bit integer. */
  record Int(long value) implements Value {
    @Override
    public String toString() {
      return Long.toString(value);
    }
  }

  /** A 64 bit floating point number. */
  record Real(double value) implements Value {
    @Override
    public String toString() {
      return Double.toString(value);
    }
  }

  /** A truth value. */
  record Bool(boolean value) implements Value {
    /** The true value. */
    public static final Bool TRUE = new Bool(true);

    /** The false value. */
    public static final Bool FALSE = new Bool(false);

    /** Returns the shared instance of {@code value}. */
    public static Bool of(boolean value) {
      return value ? TRUE : FALSE;
    }

    @Override
    public String toString() {
      return Boolean.toString(value);
    }
  }

  /** A run of bytes. The array is owned by this value: the caller gives it away. */
  final class Bytes implements Value {
    private final byte[] content;

    private Bytes(byte[] content) {
      this.content = content;
    }

    /** Returns a value that owns {@code content}, which must not be written to any more. */
    public static Bytes of(byte[] content) {
      return new Bytes(Objects.requireNonNull(content));
    }

    /** Returns the content itself, not a copy: read only. */
    public byte[] content() {
      return content;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Bytes that && Arrays.equals(content, that.content);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(content);
    }

    @Override
    public String toString() {
      return HexFormat.of().formatHex(content);
    }
  }

  /** A list of values: OTLP's {@code ArrayValue}. */
  record Items(List<Value> values) implements Value {
    /** Copies the list. */
    public Items {
      values = List.copyOf(values);
    }

    @Override
    public String toString() {
      return values.toString();
    }
  }

  /** Named values: OTLP's {@code KeyValueList}. */
  record Pairs(Attributes values) implements Value {
    @Override
    public String toString() {
      return values.toString();
    }
  }

  /** An {@code AnyValue} with nothing set. */
  record Empty() implements Value {
    /** The only instance that is needed. */
    public static final Empty INSTANCE = new Empty();

    @Override
    public String toString() {
      return "";
    }
  }

  /** Returns the text value of {@code value}. */
  static Text text(String value) {
    return Text.of(value);
  }

  /** Returns the integer value of {@code value}. */
  static Int integer(long value) {
    return new Int(value);
  }
}
