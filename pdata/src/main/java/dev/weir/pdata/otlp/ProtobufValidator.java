package dev.weir.pdata.otlp;

import dev.weir.pdata.otlp.Shape.Field;
import java.util.Objects;

/**
 * Goes over an encoded message once, checks every field down to the last and counts the items,
 * without making an object. What passes can be built by {@link ProtobufReader} without any check.
 *
 * <p>Rules and error texts are those of the Collector's generated code (pdata 1.65): wrong wire
 * types are errors, unknown fields are skipped, trace and span IDs have their length or none, text
 * may be any bytes (proto3 wants UTF-8; the Collector does not look). Two rules are ours: values
 * are nested at most {@value #MAX_DEPTH} deep, where the Collector goes on until memory ends; and a
 * message that belongs where one stands already, which is merged with it, may be met {@value
 * #MAX_MERGES} times, since each time copies what was there.
 *
 * <p>For one thread and one message.
 */
final class ProtobufValidator {
  static final int MAX_DEPTH = 64;
  static final int MAX_MERGES = 64;

  private static final String EOF = "unexpected EOF";

  private final byte[] buf;
  private int pos;
  private int items;
  private int merges;
  private long heap;
  private boolean deprecated;
  private int lastWireType;

  ProtobufValidator(byte[] buf) {
    this.buf = buf;
  }

  /** Returns how many items were seen since the last call. */
  int takeItems() {
    int n = items;
    items = 0;
    return n;
  }

  /** Returns what the parts that were seen since the last call take of the heap as objects. */
  long takeHeap() {
    long n = heap;
    heap = 0;
    return n;
  }

  /** Returns whether scopes of the deprecated form were seen since the last call. */
  boolean takeDeprecated() {
    boolean seen = deprecated;
    deprecated = false;
    return seen;
  }

  /** Returns where reading goes on. */
  int position() {
    return pos;
  }

  void position(int position) {
    pos = position;
  }

  /** Checks the message of {@code shape} between {@code start} and {@code end}. */
  void message(Shape shape, int start, int end, int depth) throws OtlpFormatException {
    pos = start;
    int data = 0;
    int itemsBefore = items;
    long seen = 0;
    while (pos < end) {
      int number = tag(start, end);
      int wireType = lastWireType;
      Field field = shape.field(number);
      if (field == null) {
        skip(wireType, start, end);
        continue;
      }
      if (wireType != field.wireType()) {
        unpacked(field, wireType, end);
        continue;
      }
      switch (wireType) {
        case Shape.VARINT -> {
          varint(end);
          heap += field.heap();
        }
        case Shape.FIXED64 -> advance(8, end);
        case Shape.FIXED32 -> advance(4, end);
        default -> {
          int length = length(end);
          int begin = pos;
          int stop = begin + length;
          heap += field.heap();
          if (field.merged()) {
            seen = merge(seen, number, field);
          }
          switch (field.content()) {
            case ANY -> {}
            case MESSAGE -> {
              Shape inner = Objects.requireNonNull(field.message());
              if (inner == Shape.KEY_VALUE) {
                keyValue(begin, stop, depth);
              } else if (inner == Shape.ANY_VALUE) {
                value(begin, stop, depth);
              } else {
                deprecated |= number == Shape.DEPRECATED_SCOPES;
                message(inner, begin, stop, depth);
              }
            }
            case ITEM -> {
              items++;
              message(Objects.requireNonNull(field.message()), begin, stop, depth);
            }
            case DATA -> {
              if (data != 0 && data != number) {
                items = itemsBefore; // another kind of metric takes the place of the one before
              }
              data = number;
              message(Objects.requireNonNull(field.message()), begin, stop, depth);
            }
            case TRACE_ID -> {
              if (length != 0 && length != 16) {
                throw new OtlpFormatException("unmarshal: invalid TraceID length");
              }
            }
            case SPAN_ID -> {
              if (length != 0 && length != 8) {
                throw new OtlpFormatException("unmarshal: invalid SpanID length");
              }
            }
            case PACKED_FIXED64 -> {
              if ((length & 7) != 0) {
                throw new OtlpFormatException(
                    "proto: invalid field len = " + (length & 7) + " for field " + field.name());
              }
            }
            case PACKED_VARINT -> {
              while (pos < stop) {
                varint(stop);
                heap += HeapCost.NUMBER;
              }
            }
          }
          pos = stop;
        }
      }
    }
  }

  /**
   * Checks a {@code KeyValue}. Nearly all of them are a short key and a short text in the canonical
   * form, which is told by four bytes; whatever is not goes the general way.
   */
  private void keyValue(int start, int end, int depth) throws OtlpFormatException {
    byte[] b = buf;
    if (start + 2 <= end && b[start] == 0x0a && b[start + 1] >= 0) {
      int value = start + 2 + b[start + 1];
      if (value + 2 <= end && b[value] == 0x12 && b[value + 1] == end - value - 2) {
        heap += HeapCost.VALUE;
        value(value + 2, end, depth);
        return;
      }
    }
    message(Shape.KEY_VALUE, start, end, depth);
  }

  private void value(int start, int end, int depth) throws OtlpFormatException {
    byte[] b = buf;
    if (end - start >= 2 && b[start] == 0x0a && b[start + 1] == end - start - 2) {
      heap += HeapCost.TEXT;
      return;
    }
    if (depth >= MAX_DEPTH) {
      throw new OtlpFormatException("proto: values are nested more than " + MAX_DEPTH + " deep");
    }
    message(Shape.ANY_VALUE, start, end, depth + 1);
  }

  /** Notes that a field which is there once at most is there, in {@code seen}. */
  private long merge(long seen, int number, Field field) throws OtlpFormatException {
    long bit = 1L << number;
    if ((seen & bit) != 0 && ++merges > MAX_MERGES) {
      throw new OtlpFormatException(
          "proto: field "
              + field.name()
              + " and its like repeat more than "
              + MAX_MERGES
              + " times");
    }
    return seen | bit;
  }

  private void unpacked(Field field, int wireType, int end) throws OtlpFormatException {
    if (field.content() == Shape.Content.PACKED_FIXED64 && wireType == Shape.FIXED64) {
      advance(8, end);
    } else if (field.content() == Shape.Content.PACKED_VARINT && wireType == Shape.VARINT) {
      varint(end);
      heap += HeapCost.NUMBER;
    } else {
      throw new OtlpFormatException(
          "proto: wrong wireType = " + wireType + " for field " + field.name());
    }
  }

  /** Reads a tag, returns the field number and leaves the wire type. */
  int tag(int start, int end) throws OtlpFormatException {
    byte first = buf[pos];
    if (first >= 8) { // one byte, and a number above zero
      pos++;
      lastWireType = first & 7;
      return first >>> 3;
    }
    long tag = varint(end);
    int number = (int) (tag >>> 3);
    if (number <= 0) {
      throw new OtlpFormatException(
          "proto: Link: illegal field="
              + number
              + " (tag="
              + Long.toUnsignedString(tag)
              + ", pos="
              + (pos - start)
              + ")");
    }
    lastWireType = (int) tag & 7;
    return number;
  }

  /** Returns the wire type of the last tag. */
  int wireType() {
    return lastWireType;
  }

  long varint(int end) throws OtlpFormatException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (pos >= end) {
        throw new OtlpFormatException(EOF);
      }
      byte b = buf[pos++];
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new OtlpFormatException("proto: integer overflow");
  }

  /** Reads the length of a field whose content lies before {@code end}. */
  int length(int end) throws OtlpFormatException {
    long length;
    if (pos < end && buf[pos] >= 0) {
      length = buf[pos++];
    } else {
      length = varint(end);
      if (length < 0) {
        throw new OtlpFormatException("proto: negative length found during unmarshaling");
      }
    }
    if (length > end - pos) {
      throw new OtlpFormatException(EOF);
    }
    return (int) length;
  }

  private void advance(int bytes, int end) throws OtlpFormatException {
    if (bytes > end - pos) {
      throw new OtlpFormatException(EOF);
    }
    pos += bytes;
  }

  /** Skips a field that nobody knows; groups are counted, not nested. */
  void skip(int wireType, int start, int end) throws OtlpFormatException {
    int type = wireType;
    int depth = 0;
    while (pos < end) {
      switch (type) {
        case Shape.VARINT -> varint(end);
        case Shape.FIXED64 -> advance(8, end);
        case Shape.FIXED32 -> advance(4, end);
        case Shape.LENGTH -> {
          int length = length(end); // moves on itself
          pos += length;
        }
        case Shape.START_GROUP -> depth++;
        case Shape.END_GROUP -> {
          if (depth == 0) {
            throw new OtlpFormatException("proto: unexpected end of group");
          }
          depth--;
        }
        default -> throw new OtlpFormatException("proto: illegal wireType " + type);
      }
      if (depth == 0) {
        return;
      }
      if (pos >= end) {
        break;
      }
      tag(start, end);
      type = lastWireType;
    }
    throw new OtlpFormatException(EOF);
  }
}
