package dev.weir.pdata.otlp;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.weir.pdata.Item;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The codec against Google's generated classes, both ways, on random requests with every field. */
class OtlpProtobufDifferentialTest {
  private static final int CASES = 3000;

  static Stream<Signal<?>> signals() {
    return Signal.ALL.stream();
  }

  @ParameterizedTest
  @MethodSource("signals")
  <T extends Item> void whatIsBuiltAndEncodedIsByteForByteTheSame(Signal<T> signal)
      throws Exception {
    for (int seed = 0; seed < CASES; seed++) {
      Message request = new RandomMessages(seed).request(signal);
      byte[] bytes = request.toByteArray();
      Telemetry<T> batch = OtlpProtobuf.decode(signal, bytes);
      assertThat(OtlpProtobuf.encode(batch)).as("untouched, seed %d", seed).isEqualTo(bytes);
      int count = batch.count();
      open(batch);
      assertThat(batch.count()).as("count, seed %d", seed).isEqualTo(count);
      byte[] encoded = OtlpProtobuf.encode(batch);
      if (!Arrays.equals(encoded, bytes)) {
        assertThat(request.getParserForType().parseFrom(encoded).toString())
            .as("seed %d", seed)
            .isEqualTo(request.toString());
        assertThat(encoded).as("seed %d", seed).isEqualTo(bytes);
      }
      assertThat(OtlpProtobuf.size(batch)).isEqualTo(bytes.length);
    }
  }

  @ParameterizedTest
  @MethodSource("signals")
  <T extends Item> void embeddedMessagesAndRepeatedFieldsMerge(Signal<T> signal) throws Exception {
    // Two encodings one after the other are the merged message, at every level: at the second one
    // here, where resource, scopes and schema URL merge.
    for (int seed = 0; seed < CASES / 10; seed++) {
      RandomMessages random = new RandomMessages(seed);
      var field = RandomMessages.builder(signal).getDescriptorForType().findFieldByNumber(1);
      List<?> a = (List<?>) random.request(signal).getField(field);
      List<?> b = (List<?>) random.request(signal).getField(field);
      if (a.isEmpty() || b.isEmpty()) {
        continue;
      }
      Message first = (Message) a.getFirst();
      Message second = (Message) b.getFirst();
      Message merged = first.toBuilder().mergeFrom(second).build();
      Message expected =
          RandomMessages.canonical(
              RandomMessages.builder(signal).addRepeatedField(field, merged).build());
      byte[] group = first.toByteString().concat(second.toByteString()).toByteArray();
      byte[] whole =
          ByteString.copyFrom(new byte[] {0x0a})
              .concat(ByteString.copyFrom(varint(group.length)))
              .concat(ByteString.copyFrom(group))
              .toByteArray();
      Telemetry<T> batch = OtlpProtobuf.decode(signal, whole);
      open(batch);
      if (doubleKeys(expected)) {
        continue; // of a double attribute the last one counts here
      }
      assertThat(OtlpProtobuf.encode(batch)).as("seed %d", seed).isEqualTo(expected.toByteArray());
    }
  }

  @ParameterizedTest
  @MethodSource("signals")
  <T extends Item> void aBatchOfMixedGroupsIsCopiedAndEncoded(Signal<T> signal) throws Exception {
    for (int seed = 0; seed < CASES / 10; seed++) {
      byte[] bytes = new RandomMessages(seed).request(signal).toByteArray();
      Telemetry<T> batch = OtlpProtobuf.decode(signal, bytes);
      Random random = new Random(seed);
      for (ResourceItems<T> group : batch.resources()) {
        if (random.nextBoolean()) {
          assertThat(group.resource()).isNotNull();
        }
      }
      assertThat(OtlpProtobuf.encode(batch.copy())).as("seed %d", seed).isEqualTo(bytes);
    }
  }

  private static byte[] varint(int value) {
    byte[] bytes = new byte[ProtobufSize.varint(value)];
    int rest = value;
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) ((rest & 0x7f) | (i + 1 < bytes.length ? 0x80 : 0));
      rest >>>= 7;
    }
    return bytes;
  }

  private static boolean doubleKeys(Message request) {
    var group =
        (Message) request.getRepeatedField(request.getDescriptorForType().findFieldByNumber(1), 0);
    var resource = (Message) group.getField(group.getDescriptorForType().findFieldByNumber(1));
    List<?> attributes =
        (List<?>) resource.getField(resource.getDescriptorForType().findFieldByNumber(1));
    return attributes.stream()
            .map(
                kv ->
                    ((Message) kv)
                        .getField(((Message) kv).getDescriptorForType().findFieldByNumber(1)))
            .distinct()
            .count()
        < attributes.size();
  }

  private static <T extends Item> void open(Telemetry<T> batch) {
    for (ResourceItems<T> group : batch.resources()) {
      assertThat(group.scopes()).isNotNull();
      assertThat(group.encoded()).isNull();
    }
  }
}
