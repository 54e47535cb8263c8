package dev.weir.pdata.otlp;

/** Writes the fields of a short message of known size; defaults are left out. */
final class FieldWriter {
  private final byte[] out;
  private int pos;

  FieldWriter(int size) {
    out = new byte[size];
  }

  FieldWriter tag(int number, int wireType) {
    out[pos++] = (byte) ((number << 3) | wireType);
    return this;
  }

  FieldWriter varint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out[pos++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    out[pos++] = (byte) rest;
    return this;
  }

  FieldWriter number(int number, long value) {
    return value == 0 ? this : tag(number, Shape.VARINT).varint(value);
  }

  FieldWriter bytes(int number, byte[] value) {
    if (value.length > 0) {
      tag(number, Shape.LENGTH).varint(value.length);
      System.arraycopy(value, 0, out, pos, value.length);
      pos += value.length;
    }
    return this;
  }

  byte[] toByteArray() {
    if (pos != out.length) {
      throw new IllegalStateException(pos + " bytes written, " + out.length + " expected");
    }
    return out;
  }
}
