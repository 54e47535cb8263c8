package dev.weir.pdata.otlp;

import dev.weir.pdata.Key;
import dev.weir.pdata.Text;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON token by token, and takes and refuses what the Collector takes and refuses, in its
 * words: its parser (json-iterator 1.1.12, through pdata 1.65) is lax about the grammar between
 * tokens, reads no further than the end of the outermost object, takes {@code null} for most
 * things, and numbers as text. Two differences: a field without a name is an unknown field here and
 * not the end of its object, and what is skipped may be nested {@value #MAX_DEPTH} deep.
 *
 * <p>For one thread and one message.
 */
final class JsonInput {
  static final int MAX_DEPTH = 512;

  // What strconv.ParseFloat takes, but for hexadecimal.
  private static final Pattern FLOAT =
      Pattern.compile("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?");
  private static final int PEEK = 10;
  private static final int CONTEXT = 50;

  private final byte[] buf;
  private final int start;
  private final int tail;
  private final TextDictionary texts;
  private int head;
  private boolean eof;
  private byte[] scratch = new byte[64];
  private int scratchSize;
  // The last string: in the input, or in scratch if it had escapes.
  private byte[] from;
  private int fromOffset;
  private int fromLength;

  JsonInput(byte[] buf, int offset, int length) {
    this.buf = buf;
    this.start = offset;
    this.head = offset;
    this.tail = offset + length;
    this.texts = new TextDictionary(length);
    this.from = buf;
  }

  /** To be called at the end: input that ended too early is told here if nothing told it before. */
  void finish() throws OtlpFormatException {
    if (eof) {
      throw new OtlpFormatException("EOF");
    }
  }

  // Structure ------------------------------------------------------------------------------------

  /** Returns the name of the next field, or null at the end of the object (or for null). */
  @Nullable String field() throws OtlpFormatException {
    int c = token();
    if (c == ',') {
      return name();
    }
    if (c == '}') {
      return null;
    }
    if (c == 'n') {
      literal("skipThreeBytes", "ull");
      return null;
    }
    if (c != '{') {
      throw error("ReadObject", "expect { or , or } or n, but found " + shown(c));
    }
    c = token();
    if (c == '"') {
      unread();
      return name();
    }
    if (c == '}') {
      return null;
    }
    throw error("ReadObject", "expect \" after {, but found " + shown(c));
  }

  private String name() throws OtlpFormatException {
    String name = string();
    int c = token();
    if (c != ':') {
      throw error("ReadObject", "expect : after object field, but found " + shown(c));
    }
    return name;
  }

  /** Returns whether another element of the array follows. */
  boolean element() throws OtlpFormatException {
    int c = token();
    if (c == ',') {
      return true;
    }
    if (c == ']') {
      return false;
    }
    if (c == 'n') {
      literal("skipThreeBytes", "ull");
      return false;
    }
    if (c != '[') {
      throw error("ReadArray", "expect [ or , or ] or n, but found " + shown(c));
    }
    c = token();
    if (c == ']') {
      return false;
    }
    unread();
    return true;
  }

  /** Skips a value, whatever it is. */
  void skip() throws OtlpFormatException {
    skip(0);
  }

  private void skip(int depth) throws OtlpFormatException {
    int c = token();
    switch (c) {
      case '"' -> {
        unread();
        readString("trySkipString");
      }
      case 'n' -> literal("skipThreeBytes", "ull");
      case 't' -> literal("skipThreeBytes", "rue");
      case 'f' -> literal("skipFourBytes", "alse");
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> {
        unread();
        number();
      }
      case '[' -> skipArray(deeper(depth));
      case '{' -> skipObject(deeper(depth));
      default -> throw error("Skip", "do not know how to skip: " + c);
    }
  }

  private int deeper(int depth) throws OtlpFormatException {
    if (depth == MAX_DEPTH) {
      throw error("incrementDepth", "exceeded max depth");
    }
    return depth + 1;
  }

  private void skipArray(int depth) throws OtlpFormatException {
    int c = token();
    if (c == ']') {
      return;
    }
    unread();
    do {
      skip(depth);
      c = token();
    } while (c == ',');
    if (c != ']') {
      throw error("ReadArrayCB", "expect ] in the end, but found " + shown(c));
    }
  }

  private void skipObject(int depth) throws OtlpFormatException {
    int c = token();
    if (c == '}') {
      return;
    }
    if (c != '"') {
      throw error("ReadObjectCB", "expect \" after {, but found " + shown(c));
    }
    unread();
    do {
      readString();
      c = token();
      if (c != ':') {
        throw error("ReadObject", "expect : after object field, but found " + shown(c));
      }
      skip(depth);
      c = token();
    } while (c == ',');
    if (c != '}') {
      throw error("ReadObjectCB", "object not ended with }");
    }
  }

  // Strings --------------------------------------------------------------------------------------

  /** Reads a string as a text; null is an empty one. */
  Text text() throws OtlpFormatException {
    readString();
    return texts.get(from, fromOffset, fromLength);
  }

  /** Reads a string; null is an empty one. */
  String string() throws OtlpFormatException {
    return text().toString();
  }

  /** Reads a string as the name of an attribute. */
  Key key(AttributeStack stack, int place) throws OtlpFormatException {
    readString();
    return stack.key(from, fromOffset, fromLength, place);
  }

  private void readString() throws OtlpFormatException {
    readString("ReadString");
  }

  private void readString(String operation) throws OtlpFormatException {
    int c = token();
    if (c == 'n') {
      literal("skipThreeBytes", "ull");
      set(buf, head, 0);
      return;
    }
    if (c != '"') {
      throw error("ReadString", "expects \" or n, but found " + shown(c));
    }
    for (int i = head; i < tail; i++) {
      byte b = buf[i];
      if (b == '"') {
        set(buf, head, i - head);
        head = i + 1;
        return;
      }
      if (b == '\\') {
        break;
      }
      if (b >= 0 && b < ' ') {
        throw error(operation, "invalid control character found: " + b);
      }
    }
    readEscaped();
    set(scratch, 0, scratchSize);
  }

  private void set(byte[] bytes, int offset, int length) {
    from = bytes;
    fromOffset = offset;
    fromLength = length;
  }

  private void readEscaped() throws OtlpFormatException {
    scratchSize = 0;
    while (head < tail) {
      byte b = buf[head++];
      if (b == '"') {
        return;
      }
      if (b == '\\') {
        escape(next());
      } else {
        append(b);
      }
    }
    eof = true;
    throw error("readStringSlowPath", "unexpected end of input");
  }

  private void escape(int c) throws OtlpFormatException {
    switch (c) {
      case '"', '\\', '/' -> append((byte) c);
      case 'b' -> append((byte) '\b');
      case 'f' -> append((byte) '\f');
      case 'n' -> append((byte) '\n');
      case 'r' -> append((byte) '\r');
      case 't' -> append((byte) '\t');
      case 'u' -> unicode();
      default -> throw error("readEscapedChar", "invalid escape char after \\");
    }
  }

  private void unicode() throws OtlpFormatException {
    int r = hex4();
    if (r < 0xd800 || r > 0xdfff) {
      append(r);
      return;
    }
    if (head == tail || buf[head] != '\\') {
      append(0xfffd);
      return;
    }
    head++;
    int c = next();
    if (c != 'u') {
      append(0xfffd);
      escape(c);
      return;
    }
    int r2 = hex4();
    if (r < 0xdc00 && r2 >= 0xdc00 && r2 <= 0xdfff) {
      append(Character.toCodePoint((char) r, (char) r2));
    } else {
      append(0xfffd);
      append(r2);
    }
  }

  private int hex4() throws OtlpFormatException {
    int value = 0;
    for (int i = 0; i < 4; i++) {
      int c = next();
      if (eof) {
        throw error("readStringSlowPath", "unexpected end of input");
      }
      int digit = c < 0x80 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        throw error("readU4", "expects 0~9 or a~f, but found " + shown(c));
      }
      value = value * 16 + digit;
    }
    return value;
  }

  private void append(int codePoint) {
    int c = codePoint >= 0xd800 && codePoint <= 0xdfff ? 0xfffd : codePoint;
    for (byte b : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
      append(b);
    }
  }

  private void append(byte b) {
    if (scratchSize == scratch.length) {
      scratch = Arrays.copyOf(scratch, scratchSize * 2);
    }
    scratch[scratchSize++] = b;
  }

  /** Reads an ID of {@code size} bytes in hexadecimal, or null for an empty string. */
  byte @Nullable [] id(int size) throws OtlpFormatException {
    rawString();
    if (fromLength == 0) {
      return null;
    }
    if (fromLength / 2 != size) {
      throw error("ID.UnmarshalJSONIter", "length mismatch");
    }
    byte[] id = new byte[size];
    for (int i = 0; i < fromLength; i++) {
      byte b = from[fromOffset + i];
      int digit = b < 0 ? -1 : Character.digit(b, 16);
      if (digit < 0) {
        throw error(
            "ID.UnmarshalJSONIter",
            String.format(
                Locale.ROOT, "encoding/hex: invalid byte: U+%04X%s", b & 0xff, quoted(b)));
      }
      if (i / 2 < size) {
        id[i / 2] = (byte) ((id[i / 2] << 4) | digit);
      }
    }
    if (fromLength % 2 != 0) {
      throw error("ID.UnmarshalJSONIter", "encoding/hex: odd length hex string");
    }
    return id;
  }

  private static String quoted(byte b) {
    char c = (char) (b & 0xff);
    return Character.isISOControl(c) ? "" : " '" + c + "'";
  }

  /** Reads bytes in base 64, with padding, as Go's StdEncoding takes it. */
  byte[] bytes() throws OtlpFormatException {
    rawString();
    byte[] out = new byte[fromLength / 4 * 3 + 3];
    int size = 0;
    int bits = 0;
    int digits = 0;
    for (int i = 0; i < fromLength; i++) {
      byte b = from[fromOffset + i];
      if (b == '\n' || b == '\r') {
        continue;
      }
      if (b == '=') {
        // Two digits are one byte, three are two.
        int left = digits % 4;
        padding(i, left);
        bits <<= 6 * (4 - left);
        out[size++] = (byte) (bits >> 16);
        if (left == 3) {
          out[size++] = (byte) (bits >> 8);
        }
        return Arrays.copyOf(out, size);
      }
      int digit = base64(b);
      if (digit < 0) {
        throw corrupt(i);
      }
      bits = (bits << 6) | digit;
      if (++digits % 4 == 0) {
        out[size++] = (byte) (bits >> 16);
        out[size++] = (byte) (bits >> 8);
        out[size++] = (byte) bits;
      }
    }
    if (digits % 4 != 0) {
      throw corrupt(fromLength - digits % 4);
    }
    return Arrays.copyOf(out, size);
  }

  /** Checks the end of the text from its first padding on, after {@code left} digits of a group. */
  private void padding(int first, int left) throws OtlpFormatException {
    if (left < 2) {
      throw corrupt(first);
    }
    int next = afterLineEnds(first + 1);
    if (left == 2) {
      if (next == fromLength) {
        throw corrupt(fromLength);
      }
      if (from[fromOffset + next] != '=') {
        throw corrupt(next - 1);
      }
      next = afterLineEnds(next + 1);
    }
    if (next < fromLength) {
      throw corrupt(next);
    }
  }

  private int afterLineEnds(int begin) {
    int i = begin;
    while (i < fromLength && (from[fromOffset + i] == '\n' || from[fromOffset + i] == '\r')) {
      i++;
    }
    return i;
  }

  private OtlpFormatException corrupt(int at) {
    return error("base64.Decode", "illegal base64 data at input byte " + at);
  }

  private static int base64(byte b) {
    if (b >= 'A' && b <= 'Z') {
      return b - 'A';
    }
    if (b >= 'a' && b <= 'z') {
      return b - 'a' + 26;
    }
    if (b >= '0' && b <= '9') {
      return b - '0' + 52;
    }
    return b == '+' ? 62 : b == '/' ? 63 : -1;
  }

  /** Reads a string without escapes, as the Collector does for IDs and bytes. */
  private void rawString() throws OtlpFormatException {
    int c = token();
    if (c != '"') {
      throw error("ReadStringAsSlice", "expects \" or n, but found " + shown(c));
    }
    int begin = head;
    while (head < tail && buf[head] != '"') {
      head++;
    }
    if (head < tail) {
      set(buf, begin, head - begin);
      head++;
      return;
    }
    eof = true;
    // The Collector's parser has the zero that it read at the end in its string.
    byte[] open = new byte[tail - begin + 1];
    System.arraycopy(buf, begin, open, 0, tail - begin);
    set(open, 0, open.length);
  }

  // Numbers --------------------------------------------------------------------------------------

  /** Reads a signed 32 bit number, or its text. */
  int int32() throws OtlpFormatException {
    return (int) integer("ReadInt32", "ParseInt", Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  /** Reads an unsigned 32 bit number, or its text. */
  int uint32() throws OtlpFormatException {
    return (int) integer("ReadUint32", "ParseUint", 0, 0xffffffffL);
  }

  /** Reads a signed 64 bit number, or its text. */
  long int64() throws OtlpFormatException {
    return integer("ReadInt64", "ParseInt", Long.MIN_VALUE, Long.MAX_VALUE);
  }

  /** Reads an unsigned 64 bit number, or its text. */
  long uint64() throws OtlpFormatException {
    return integer("ReadUint64", "ParseUint", 0, -1);
  }

  /** Reads a number within bounds; an upper bound of -1 is 2^64 - 1. */
  private long integer(String operation, String parser, long min, long max)
      throws OtlpFormatException {
    int c = peek();
    boolean text = c == '"';
    if (!text && c != '-' && (c < '0' || c > '9')) {
      throw error(operation, "unsupported value type");
    }
    if (text) {
      readString();
      int end = fromOffset + fromLength;
      int i = fromOffset;
      boolean negative = false;
      if (min < 0 && i < end && (from[i] == '-' || from[i] == '+')) {
        negative = from[i++] == '-';
      }
      long value = digits(from, i, end);
      boolean whole = digitsEnd == end && i < end;
      if (!whole || overflow || outside(value, negative, min, max)) {
        throw error(
            operation,
            "strconv."
                + parser
                + ": parsing "
                + quoted()
                + (whole || overflow ? ": value out of range" : ": invalid syntax"));
      }
      return negative ? -value : value;
    }
    boolean negative = c == '-';
    if (negative) {
      head++;
    }
    String reader = operation.contains("32") ? "readUint32" : "readUint64";
    if (negative && min == 0) {
      throw error(reader, "unexpected character: \ufffd");
    }
    int begin = head;
    long value = digits(buf, head, tail);
    head = digitsEnd;
    if (head == begin) {
      head = Math.min(head + 1, tail);
      throw error(reader, "unexpected character: \ufffd");
    }
    if (buf[begin] == '0') { // a zero is a number; what follows is somebody else's
      head = begin + 1;
      value = 0;
    }
    if (head == tail) {
      eof = true;
    } else if (buf[head] == '.') {
      throw error("assertInteger", "can not decode float as int");
    }
    if (overflow || (reader.equals("readUint32") && value >>> 32 != 0)) {
      // Where the Collector's parser stands then: it reads eight digits at a stroke if it can.
      head = begin + (tail - begin > 11 ? 8 : 1);
      throw error(reader, "overflow");
    }
    if (outside(value, negative, min, max)) {
      throw error(operation, "overflow: " + Long.toUnsignedString(value));
    }
    return negative ? -value : value;
  }

  private int digitsEnd;
  private boolean overflow;

  /** Reads digits as an unsigned number. */
  private long digits(byte[] bytes, int begin, int end) {
    long value = 0;
    overflow = false;
    int i = begin;
    for (; i < end && bytes[i] >= '0' && bytes[i] <= '9'; i++) {
      int digit = bytes[i] - '0';
      if (Long.compareUnsigned(value, 1844674407370955161L) > 0
          || (value == 1844674407370955161L && digit > 5)) {
        overflow = true;
      }
      value = value * 10 + digit;
    }
    digitsEnd = i;
    return value;
  }

  private static boolean outside(long magnitude, boolean negative, long min, long max) {
    return Long.compareUnsigned(magnitude, negative ? -min : max) > 0;
  }

  /** Reads a floating point number, or its text. */
  double real() throws OtlpFormatException {
    int c = peek();
    if (c == '"') {
      readString();
      String text = new String(from, fromOffset, fromLength, StandardCharsets.UTF_8);
      String bare = text.startsWith("+") || text.startsWith("-") ? text.substring(1) : text;
      switch (bare.toLowerCase(Locale.ROOT)) {
        case "nan" -> {
          if (bare.length() == text.length()) {
            return Double.NaN;
          }
        }
        case "inf", "infinity" -> {
          return text.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        default -> {}
      }
      boolean sound = FLOAT.matcher(text).matches();
      double value = sound ? Double.parseDouble(text) : 0;
      if (!sound || Double.isInfinite(value)) {
        throw error(
            "ReadUint64",
            "strconv.ParseFloat: parsing "
                + quoted()
                + (sound ? ": value out of range" : ": invalid syntax"));
      }
      return value;
    }
    if (c != '-' && (c < '0' || c > '9')) {
      throw error("ReadUint64", "unsupported value type");
    }
    return number();
  }

  private double number() throws OtlpFormatException {
    boolean negative = buf[head] == '-';
    if (negative) {
      head++;
    }
    int begin = head;
    int first = begin < tail ? buf[begin] : 0;
    if (first == ','
        || first == ']'
        || first == '}'
        || first == ' '
        || first == '\t'
        || first == '\n') {
      throw error("readFloat64", "empty number");
    }
    if (first == '.') {
      throw error("readFloat64", "leading dot is invalid");
    }
    if (first == '0' && begin + 1 < tail && buf[begin + 1] >= '0' && buf[begin + 1] <= '9') {
      throw error("readFloat64", "leading zero is invalid");
    }
    while (head < tail && isNumberByte(buf[head])) {
      head++;
    }
    if (head == tail) {
      eof = true;
    }
    String text = new String(buf, begin, head - begin, StandardCharsets.ISO_8859_1);
    if (text.isEmpty()) {
      throw error("readNumberAsString", "invalid number");
    }
    if (text.startsWith("-")) {
      throw error("readFloat64SlowPath", "-- is not valid");
    }
    int dot = text.indexOf('.');
    if (dot == text.length() - 1) {
      throw error("readFloat64SlowPath", "dot can not be last character");
    }
    if (dot >= 0 && (text.charAt(dot + 1) < '0' || text.charAt(dot + 1) > '9')) {
      throw error("readFloat64SlowPath", "missing digit after dot");
    }
    if (!FLOAT.matcher(text).matches()) {
      throw new OtlpFormatException("strconv.ParseFloat: parsing \"" + text + "\": invalid syntax");
    }
    double value = Double.parseDouble(text);
    if (Double.isInfinite(value)) {
      throw new OtlpFormatException(
          "strconv.ParseFloat: parsing \"" + text + "\": value out of range");
    }
    return negative ? -value : value;
  }

  private static boolean isNumberByte(byte b) {
    return (b >= '0' && b <= '9') || b == '.' || b == 'e' || b == 'E' || b == '+' || b == '-';
  }

  boolean bool() throws OtlpFormatException {
    int c = token();
    if (c == 't') {
      literal("skipThreeBytes", "rue");
      return true;
    }
    if (c == 'f') {
      literal("skipFourBytes", "alse");
      return false;
    }
    throw error("ReadBool", "expect t or f, but found " + shown(c));
  }

  /** Returns whether a string comes next. */
  boolean isString() {
    return peek() == '"';
  }

  /** Returns whether a number comes next. */
  boolean isNumber() {
    int c = peek();
    return c == '-' || (c >= '0' && c <= '9');
  }

  // Bytes ----------------------------------------------------------------------------------------

  /** Reads the next byte that is not white space; 0 at the end. */
  private int token() {
    for (int i = head; i < tail; i++) {
      byte b = buf[i];
      if (b != ' ' && b != '\n' && b != '\t' && b != '\r') {
        head = i + 1;
        return b & 0xff;
      }
    }
    head = tail;
    eof = true;
    return 0;
  }

  private int peek() {
    int c = token();
    unread();
    return c;
  }

  private void unread() {
    if (!eof) {
      head--;
    }
  }

  private int next() {
    if (head == tail) {
      eof = true;
      return 0;
    }
    return buf[head++] & 0xff;
  }

  private void literal(String operation, String rest) throws OtlpFormatException {
    for (int i = 0; i < rest.length(); i++) {
      if (next() != rest.charAt(i)) {
        throw error(operation, "expect " + rest);
      }
    }
  }

  private static String shown(int c) {
    return c < 0x80 ? Character.toString(c) : "\ufffd";
  }

  /** Returns the last string as Go's strconv.Quote would show it, near enough. */
  private String quoted() {
    String text = new String(from, fromOffset, fromLength, StandardCharsets.UTF_8);
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
  }

  /** Returns an error that shows what stands around here. */
  OtlpFormatException error(String operation, String message) {
    int peek = Math.max(start, head - PEEK);
    return new OtlpFormatException(
        operation
            + ": "
            + message
            + ", error found in #"
            + (head - peek)
            + " byte of ...|"
            + around(PEEK)
            + "|..., bigger context ...|"
            + around(CONTEXT)
            + "|...");
  }

  private String around(int bytes) {
    int begin = Math.max(start, head - bytes);
    int end = Math.min(tail, head + bytes);
    return new String(buf, begin, end - begin, StandardCharsets.UTF_8);
  }
}
