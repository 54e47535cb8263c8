package dev.weir.pdata.otlp;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.weir.pdata.Signal;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Makes random requests with Google's generated classes, by their descriptors: so every field that
 * OTLP has, or gets one day, is in them.
 */
final class RandomMessages {
  private static final List<String> TEXTS =
      List.of(
          "",
          "a",
          "service.name",
          "GET /api/v1/resource",
          "größe",
          "日本語",
          "🐟 in a weir",
          "\u0000\n\"\\");

  private final Random random;

  RandomMessages(long seed) {
    random = new Random(seed);
  }

  static Message.Builder builder(Signal<?> signal) {
    return signal == Signal.METRICS
        ? ExportMetricsServiceRequest.newBuilder()
        : signal == Signal.LOGS
            ? ExportLogsServiceRequest.newBuilder()
            : ExportTraceServiceRequest.newBuilder();
  }

  /** Returns a request in the form that the encoder writes: what says nothing is not there. */
  Message request(Signal<?> signal) {
    Message.Builder builder = builder(signal);
    fill(builder, 0);
    return canonical(builder.build());
  }

  private void fill(Message.Builder builder, int depth) {
    Descriptor type = builder.getDescriptorForType();
    Set<String> keys = new HashSet<>();
    for (FieldDescriptor field : type.getFields()) {
      // Only profiles have a string table that these point into.
      if (field.getName().endsWith("strindex")) {
        continue;
      }
      boolean choice = field.getRealContainingOneof() != null;
      if (random.nextInt(choice ? 3 : 10) >= (choice ? 1 : depth > 12 ? 2 : 7)) {
        continue;
      }
      if (field.isRepeated()) {
        int n = random.nextInt(depth > 8 ? 2 : 4);
        for (int i = 0; i < n; i++) {
          Object value = value(builder, field, depth);
          if (value instanceof Message message
              && message.getDescriptorForType().getName().equals("KeyValue")
              && !keys.add(key(message))) {
            continue;
          }
          builder.addRepeatedField(field, value);
        }
      } else {
        builder.setField(field, value(builder, field, depth));
      }
    }
  }

  private static String key(Message keyValue) {
    return (String) keyValue.getField(keyValue.getDescriptorForType().findFieldByName("key"));
  }

  private Object value(Message.Builder builder, FieldDescriptor field, int depth) {
    return switch (field.getJavaType()) {
      case INT -> field.getName().contains("dropped") ? random.nextInt() : number();
      case LONG -> random.nextInt(4) == 0 ? random.nextLong() : (long) number();
      case FLOAT, DOUBLE ->
          switch (random.nextInt(8)) {
            case 0 -> 0.0;
            // In JSON the Collector leaves a negative zero out where zero is the default.
            case 1 -> field.isRepeated() || field.hasPresence() ? -0.0 : 0.5;
            case 2 -> Double.POSITIVE_INFINITY;
            case 3 -> Double.MIN_VALUE;
            case 4 -> (double) random.nextInt(1000);
            case 5 -> random.nextDouble() * 1e300;
            default -> random.nextGaussian();
          };
      case BOOLEAN -> random.nextBoolean();
      case STRING ->
          random.nextInt(5) == 0
              ? "x".repeat(random.nextInt(400))
              : TEXTS.get(random.nextInt(TEXTS.size()));
      case BYTE_STRING -> bytes(field);
      case ENUM -> {
        List<EnumValueDescriptor> all = field.getEnumType().getValues();
        yield all.get(random.nextInt(all.size()));
      }
      case MESSAGE -> {
        Message.Builder inner = builder.newBuilderForField(field);
        fill(inner, depth + 1);
        yield inner.build();
      }
    };
  }

  private int number() {
    return random.nextInt(3) == 0 ? random.nextInt() : random.nextInt(300) - 100;
  }

  private ByteString bytes(FieldDescriptor field) {
    int n =
        switch (field.getName()) {
          case "trace_id" -> 16;
          case "span_id", "parent_span_id" -> 8;
          default -> random.nextInt(200);
        };
    byte[] bytes = new byte[n];
    random.nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }

  /** Returns the message without nested messages that are empty, and with a value for each key. */
  static Message canonical(Message message) {
    Message.Builder builder = message.toBuilder();
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
        continue;
      }
      if (field.isRepeated()) {
        for (int i = 0; i < message.getRepeatedFieldCount(field); i++) {
          builder.setRepeatedField(
              field, i, canonical((Message) message.getRepeatedField(field, i)));
        }
      } else {
        Message inner = canonical((Message) message.getField(field));
        boolean keep = field.getRealContainingOneof() != null && message.hasField(field);
        boolean pair = message.getDescriptorForType().getName().equals("KeyValue");
        if (keep || pair || inner.getSerializedSize() > 0) {
          builder.setField(field, inner);
        } else {
          builder.clearField(field);
        }
      }
    }
    return builder.build();
  }
}
