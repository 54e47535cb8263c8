package dev.weir.pdata.otlp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads a short message field by field, checked; fields that nobody asks for are skipped. */
final class FieldReader {
  private final byte[] buf;
  private final int start;
  private final int end;
  private final ProtobufValidator in;
  private int number;
  private boolean pending;

  FieldReader(byte[] buf, int start, int end) {
    this.buf = buf;
    this.start = start;
    this.end = end;
    in = new ProtobufValidator(buf);
    in.position(start);
  }

  /** Goes to the next field; returns false at the end. */
  boolean next() throws OtlpFormatException {
    if (pending) {
      in.skip(in.wireType(), start, end);
      pending = false;
    }
    if (in.position() >= end) {
      return false;
    }
    number = in.tag(start, end);
    pending = true;
    return true;
  }

  /** Returns whether this is field {@code wanted}, whose wire type must be right. */
  boolean is(int wanted, int wireType, String name) throws OtlpFormatException {
    if (number != wanted) {
      return false;
    }
    if (in.wireType() != wireType) {
      throw new OtlpFormatException(
          "proto: wrong wireType = " + in.wireType() + " for field " + name);
    }
    return true;
  }

  long number() throws OtlpFormatException {
    pending = false;
    return in.varint(end);
  }

  byte[] bytes() throws OtlpFormatException {
    pending = false;
    int length = in.length(end);
    int begin = in.position();
    in.position(begin + length);
    return Arrays.copyOfRange(buf, begin, begin + length);
  }

  String string() throws OtlpFormatException {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  FieldReader message() throws OtlpFormatException {
    pending = false;
    int length = in.length(end);
    int begin = in.position();
    in.position(begin + length);
    return new FieldReader(buf, begin, begin + length);
  }
}
