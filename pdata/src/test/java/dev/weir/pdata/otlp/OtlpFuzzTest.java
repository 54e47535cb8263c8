package dev.weir.pdata.otlp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Message;
import dev.weir.pdata.Signal;
import dev.weir.pdata.otlp.OtlpFuzz.Input;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Broken input is refused in words, and nothing else happens ({@link OtlpInvariants}). */
class OtlpFuzzTest {
  static Stream<Input> corpus() throws IOException {
    return OtlpFuzz.corpus().stream();
  }

  static Stream<Signal<?>> signals() {
    return Signal.ALL.stream();
  }

  @ParameterizedTest
  @MethodSource("corpus")
  void whatOnceBrokeSomethingOrMightHolds(Input input) {
    OtlpInvariants.check(input.signal(), input.json(), input.bytes());
  }

  @Test
  void secondsOfFuzz() throws IOException {
    long seed = System.nanoTime();
    Duration some = Duration.ofMillis(1500);
    assertThat(OtlpFuzz.runProtobuf(seed, some)).as("seed %d", seed).isPositive();
    assertThat(OtlpFuzz.runJson(seed, some)).as("seed %d", seed).isPositive();
  }

  @ParameterizedTest
  @MethodSource("signals")
  void everyTruncationHolds(Signal<?> signal) {
    for (int seed = 0; seed < 5; seed++) {
      Message request = new RandomMessages(seed).request(signal);
      byte[] bytes = request.toByteArray();
      byte[] json = MessageJson.of(request).getBytes(UTF_8);
      for (int i = 0; i < Math.min(bytes.length, 4_000); i++) {
        OtlpInvariants.check(signal, false, Arrays.copyOf(bytes, i));
      }
      for (int i = 0; i < Math.min(json.length, 1_500); i++) {
        boolean taken = OtlpInvariants.check(signal, true, Arrays.copyOf(json, i));
        assertThat(taken).as("seed %d, %d bytes", seed, i).isFalse();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("signals")
  void everyFlippedBitHolds(Signal<?> signal) {
    for (int seed = 0; seed < 3; seed++) {
      byte[] bytes = new RandomMessages(seed).request(signal).toByteArray();
      for (int i = 0; i < Math.min(bytes.length, 500) * 8; i++) {
        byte[] copy = bytes.clone();
        copy[i / 8] ^= (byte) (1 << i % 8);
        OtlpInvariants.check(signal, false, copy);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("signals")
  void garbageHolds(Signal<?> signal) {
    Random random = new Random(7);
    for (int i = 0; i < 3_000; i++) {
      byte[] bytes = new byte[random.nextInt(60)];
      random.nextBytes(bytes);
      if (bytes.length > 0) {
        bytes[0] = 0x0a;
      }
      OtlpInvariants.check(signal, false, bytes);
      OtlpInvariants.check(signal, true, bytes);
    }
  }

  @Test
  void errorsAreTheCollectorsOwn() {
    refused("unexpected EOF", 0x0a, 0xff, 0xff);
    refused("proto: wrong wireType = 0 for field ResourceMetrics", 8, 1);
    refused("proto: wrong wireType = 5 for field ScopeMetrics", 0x0a, 5, 0x15, 1, 2, 3, 4);
    refused("proto: integer overflow", 0x0a, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1);
    refused(
        "proto: negative length found during unmarshaling",
        0x0a,
        255,
        255,
        255,
        255,
        255,
        255,
        255,
        255,
        255,
        1);
    refused("proto: Link: illegal field=0 (tag=0, pos=1)", 0);
    refused("proto: illegal wireType 7", 0x17, 0);
    refused("unexpected EOF", 0x13);
    refused("proto: unexpected end of group", 0x14, 0);
  }

  @Test
  void valuesAreNestedAtMost64Deep() {
    assertThat(OtlpInvariants.check(Signal.LOGS, false, nested(63))).isTrue();
    assertThatThrownBy(() -> OtlpProtobuf.decode(Signal.LOGS, nested(64)))
        .isInstanceOf(OtlpFormatException.class)
        .hasMessage("proto: values are nested more than 64 deep");
    assertThatThrownBy(() -> OtlpProtobuf.decode(Signal.LOGS, nested(100_000)))
        .isInstanceOf(OtlpFormatException.class);
  }

  @Test
  void veryManyVerySmallThingsTakeMemoryInProportion() {
    byte[] groups = new byte[200_000];
    for (int i = 0; i < groups.length; i += 2) {
      groups[i] = 0x0a;
    }
    for (Signal<?> signal : Signal.ALL) {
      assertThat(OtlpInvariants.check(signal, false, groups)).isTrue();
      // The same within one scope: items that say nothing.
      byte[] items = groups.clone();
      for (int i = 0; i < items.length; i += 2) {
        items[i] = 0x12;
      }
      assertThat(OtlpInvariants.check(signal, false, wrap(0x0a, wrap(0x12, items)))).isTrue();
      assertThat(
              OtlpInvariants.check(
                  Signal.METRICS, false, wrap(0x0a, wrap(0x12, wrap(0x12, wrap(0x4a, groups))))))
          .isTrue();
    }
  }

  @Test
  void veryManyKeysTakeTimeInProportion() throws Exception {
    ByteArrayOutputStream attributes = new ByteArrayOutputStream();
    for (int i = 0; i < 100_000; i++) {
      attributes.write(wrap(0x0a, wrap(0x0a, Integer.toString(i, 36).getBytes(UTF_8))));
    }
    assertThat(
            OtlpInvariants.check(
                Signal.TRACES, false, wrap(0x0a, wrap(0x0a, attributes.toByteArray()))))
        .isTrue();
  }

  private static void refused(String message, int... bytes) {
    byte[] input = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      input[i] = (byte) bytes[i];
    }
    assertThatThrownBy(() -> OtlpProtobuf.decode(Signal.METRICS, input)).hasMessage(message);
  }

  /** A log record whose body is {@code depth} lists around an empty value. */
  private static byte[] nested(int depth) {
    // From the inside out, in an array that is filled from its end.
    byte[] out = new byte[depth * 12 + 100];
    int pos = out.length;
    int size = 0;
    for (int i = 0; i < depth * 2 + 4; i++) {
      int tag =
          i < depth * 2
              ? (i % 2 == 0 ? 0x0a : 0x2a)
              : new int[] {0x2a, 0x12, 0x12, 0x0a}[i - depth * 2];
      int n = ProtobufSize.varint(size);
      int rest = size;
      pos -= n + 1;
      out[pos] = (byte) tag;
      for (int k = 0; k < n; k++) {
        out[pos + 1 + k] = (byte) ((rest & 0x7f) | (k + 1 < n ? 0x80 : 0));
        rest >>>= 7;
      }
      size += n + 1;
    }
    return Arrays.copyOfRange(out, pos, out.length);
  }

  private static byte[] wrap(int tag, byte[] content) {
    int n = ProtobufSize.varint(content.length);
    byte[] out = new byte[1 + n + content.length];
    out[0] = (byte) tag;
    int rest = content.length;
    for (int k = 0; k < n; k++) {
      out[1 + k] = (byte) ((rest & 0x7f) | (k + 1 < n ? 0x80 : 0));
      rest >>>= 7;
    }
    System.arraycopy(content, 0, out, 1 + n, content.length);
    return out;
  }
}
