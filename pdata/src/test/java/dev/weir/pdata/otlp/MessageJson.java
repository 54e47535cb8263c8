package dev.weir.pdata.otlp;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * OTLP's JSON form of a generated message, by its descriptor: fields in the order of declaration,
 * as in the Collector. (Google's own JSON has base64 IDs and names of enums, which OTLP forbids.)
 */
final class MessageJson {
  /** Messages that the Collector writes even when they say nothing. */
  private static final Set<String> ALWAYS =
      Set.of("resource", "scope", "body", "status", "positive", "negative", "value");

  private static final Set<String> HEX = Set.of("trace_id", "span_id", "parent_span_id");

  private final StringBuilder out = new StringBuilder();
  private final boolean snake;
  private final boolean names;
  private final String space;

  /**
   * Makes a writer of another spelling.
   *
   * @param snake snake_case names of fields
   * @param names enums by name, 64 bit integers as numbers
   * @param space white space between tokens
   */
  MessageJson(boolean snake, boolean names, String space) {
    this.snake = snake;
    this.names = names;
    this.space = space;
  }

  static String of(Message message) {
    return new MessageJson(false, false, "").write(message);
  }

  String write(Message message) {
    object(message);
    return out.toString();
  }

  private void object(Message message) {
    out.append(space).append('{').append(space);
    String separator = "";
    for (FieldDescriptor field : fields(message)) {
      boolean always =
          ALWAYS.contains(field.getName())
              && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
              && field.getRealContainingOneof() == null;
      if (field.isRepeated()
          ? message.getRepeatedFieldCount(field) == 0
          : !always && !message.hasField(field)) {
        continue;
      }
      out.append(separator).append('"');
      out.append(snake ? field.getName() : field.getJsonName()).append('"').append(space);
      out.append(':').append(space);
      separator = space + "," + space;
      if (field.isRepeated()) {
        out.append('[').append(space);
        List<?> values = (List<?>) message.getField(field);
        for (int i = 0; i < values.size(); i++) {
          out.append(i > 0 ? "," : "");
          value(field, values.get(i));
        }
        out.append(']').append(space);
      } else {
        value(field, message.getField(field));
      }
    }
    out.append('}').append(space);
  }

  private static List<FieldDescriptor> fields(Message message) {
    List<FieldDescriptor> fields = new ArrayList<>(message.getDescriptorForType().getFields());
    if (message.getDescriptorForType().getName().equals("Exemplar")) {
      // The one message whose order in the Collector is not that of its declaration.
      FieldDescriptor spanId = message.getDescriptorForType().findFieldByName("span_id");
      fields.remove(spanId);
      fields.add(spanId);
    }
    return fields;
  }

  private void value(FieldDescriptor field, Object value) {
    switch (value) {
      case Message message -> object(message);
      case String text -> quote(text);
      case Boolean bool -> out.append(bool);
      case Integer number ->
          out.append(
              switch (field.getType()) {
                case UINT32, FIXED32 -> Integer.toUnsignedString(number);
                default -> Integer.toString(number);
              });
      case Long number -> {
        String text =
            switch (field.getType()) {
              case UINT64, FIXED64 -> Long.toUnsignedString(number);
              default -> Long.toString(number);
            };
        out.append(names ? text : '"' + text + '"');
      }
      case Double number ->
          out.append(
              number.isInfinite()
                  ? (number > 0 ? "\"Infinity\"" : "\"-Infinity\"")
                  : names ? Double.toString(number) : JsonOutput.number(number));
      case EnumValueDescriptor number -> {
        if (names && !number.getName().equals("SEVERITY_NUMBER_TRACE")) {
          out.append('"').append(number.getName()).append('"');
        } else {
          out.append(number.getNumber());
        }
      }
      case ByteString bytes ->
          out.append('"')
              .append(
                  HEX.contains(field.getName())
                      ? HexFormat.of().formatHex(bytes.toByteArray())
                      : Base64.getEncoder().encodeToString(bytes.toByteArray()))
              .append('"');
      default -> throw new IllegalArgumentException(value.toString());
    }
  }

  private void quote(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (names && c >= 0x80) {
        out.append(String.format("\\u%04X", (int) c));
        continue;
      }
      switch (c) {
        case '"', '\\' -> out.append('\\').append(c);
        case '\n' -> out.append("\\n");
        default -> out.append(c < ' ' ? String.format("\\u%04x", (int) c) : Character.toString(c));
      }
    }
    out.append('"');
  }
}
