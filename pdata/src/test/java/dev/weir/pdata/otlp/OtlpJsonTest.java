package dev.weir.pdata.otlp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Message;
import dev.weir.pdata.Item;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Text;
import dev.weir.pdata.Value;
import java.io.IOException;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The JSON encoding against generated messages (every field, random, with a seed), against lines
 * that a Collector wrote, and the texts of its errors.
 */
class OtlpJsonTest {
  private static final int CASES = 3000;

  static Stream<Signal<?>> signals() {
    return Signal.ALL.stream();
  }

  @ParameterizedTest
  @MethodSource("signals")
  <T extends Item> void encodesAndDecodesEveryField(Signal<T> signal) throws Exception {
    for (int seed = 0; seed < CASES; seed++) {
      Message request = new RandomMessages(seed).request(signal);
      String json = MessageJson.of(request);
      Telemetry<T> batch = OtlpProtobuf.decode(signal, request.toByteArray());
      same(new String(OtlpJson.encode(batch), UTF_8), json, seed);
      Telemetry<T> back = OtlpJson.decode(signal, json.getBytes(UTF_8));
      assertThat(OtlpProtobuf.encode(back)).as("seed %d", seed).isEqualTo(request.toByteArray());
    }
  }

  @ParameterizedTest
  @MethodSource("signals")
  <T extends Item> void decodesOtherSpellings(Signal<T> signal) throws Exception {
    for (int seed = 0; seed < CASES / 3; seed++) {
      Message request = new RandomMessages(seed).request(signal);
      String json = new MessageJson(seed % 2 == 0, true, " \n\t").write(request);
      Telemetry<T> back = OtlpJson.decode(signal, json.getBytes(UTF_8));
      assertThat(OtlpProtobuf.encode(back)).as("seed %d", seed).isEqualTo(request.toByteArray());
    }
  }

  @ParameterizedTest
  @CsvSource({"metrics, sum", "metrics, histogram", "traces, traces", "logs, logs"})
  void aLineOfTheCollectorsFileExporterComesBackAsItIs(String signal, String name)
      throws Exception {
    byte[] line = resource("collector-" + name + ".json");
    Telemetry<?> batch =
        OtlpJson.decode(Objects.requireNonNull(Signal.named(signal)), line, 0, line.length - 1);
    assertThat(batch.count()).isEqualTo(2);
    assertThat(new String(OtlpJson.encode(batch), UTF_8) + "\n").isEqualTo(new String(line, UTF_8));
  }

  @Test
  void numbersHaveTheFormOfGo() {
    assertThat(
            Stream.of(
                    0.0,
                    -0.0,
                    1.0,
                    -1.5,
                    0.1,
                    1e-6,
                    9.99e-7,
                    1.5e-7,
                    1e20,
                    1e21,
                    1.7e300,
                    123456789.125,
                    1e15,
                    1e16,
                    123456789012345680.0,
                    Double.MIN_VALUE,
                    Double.MAX_VALUE,
                    2e-323,
                    100.0)
                .map(JsonOutput::number))
        .containsExactly(
            "0",
            "-0",
            "1",
            "-1.5",
            "0.1",
            "0.000001",
            "9.99e-07",
            "1.5e-07",
            "100000000000000000000",
            "1e+21",
            "1.7e+300",
            "123456789.125",
            "1000000000000000",
            "10000000000000000",
            "123456789012345680",
            "5e-324",
            "1.7976931348623157e+308",
            "2e-323",
            "100");
  }

  @Test
  void unknownFieldsAreSkipped() throws Exception {
    Telemetry<LogRecord> batch =
        logs(
            "{\"foo\":{\"a\":[1,-2.5e3,\"x\\\"\",null,true,false,{}]},\"\":[],\"resourceLogs\":[{\"x\":0,"
                + "\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"y\":[],\"intValue\":\"7\"}}]}]}]}");
    assertThat(batch.resources().getFirst().scopes().getFirst().items().getFirst().body())
        .isEqualTo(Value.integer(7));
  }

  @Test
  void nullIsTheDefault() throws Exception {
    assertThat(logs("{\"resourceLogs\":null}").resources()).isEmpty();
    assertThat(logs("{\"resourceLogs\":[null]}").resources()).hasSize(1);
    assertThat(logs("null").resources()).isEmpty();
  }

  @Test
  void errorsAreTheCollectorsOwn() {
    assertThatThrownBy(() -> metrics("{\"resourceMetrics\":["))
        .hasMessage(
            "ReadObject: expect { or , or } or n, but found \u0000, error found in #10 byte of"
                + " ...|Metrics\":[|..., bigger context ...|{\"resourceMetrics\":[|...");
    assertThatThrownBy(() -> metrics("{\"resourceMetrics\":7}"))
        .hasMessage(
            "ReadArray: expect [ or , or ] or n, but found 7, error found in #10 byte of"
                + " ...|Metrics\":7}|..., bigger context ...|{\"resourceMetrics\":7}|...");
    assertThatThrownBy(() -> metrics("[]"))
        .hasMessage(
            "ReadObject: expect { or , or } or n, but found [, error found in #1 byte of ...|[]|...,"
                + " bigger context ...|[]|...");
    assertThatThrownBy(() -> metrics(""))
        .hasMessage(
            "ReadObject: expect { or , or } or n, but found \u0000, error found in #0 byte of"
                + " ...||..., bigger context ...||...");
  }

  @Test
  void wrongValuesAreRefused() {
    assertThatThrownBy(() -> log("\"traceId\":\"5c5c\""))
        .hasMessageStartingWith("ID.UnmarshalJSONIter: length mismatch");
    assertThatThrownBy(() -> log("\"spanId\":\"5c5c5c5c5c5c5c5g\""))
        .hasMessageStartingWith(
            "ID.UnmarshalJSONIter: encoding/hex: invalid byte: U+0067 'g', error");
    assertThatThrownBy(() -> log("\"timeUnixNano\":\"12x\""))
        .hasMessageStartingWith(
            "ReadUint64: strconv.ParseUint: parsing \"12x\": invalid syntax, error");
    assertThatThrownBy(() -> log("\"timeUnixNano\":\"18446744073709551616\""))
        .hasMessageContaining("value out of range");
    assertThatThrownBy(() -> log("\"timeUnixNano\":1.5"))
        .hasMessageStartingWith("assertInteger: can not decode float as int");
    assertThatThrownBy(() -> log("\"timeUnixNano\":true"))
        .hasMessageStartingWith("ReadUint64: unsupported value type");
    assertThatThrownBy(() -> log("\"severityNumber\":\"LOUD\""))
        .hasMessageStartingWith("ReadEnumValue: unknown string value");
    assertThatThrownBy(() -> log("\"body\":{\"bytesValue\":\"a\"}"))
        .hasMessageStartingWith("base64.Decode: illegal base64 data at input byte");
    assertThatThrownBy(() -> log("\"body\":{\"doubleValue\":\"1e999\"}"))
        .hasMessageContaining("value out of range");
    assertThatThrownBy(() -> log("\"body\":{\"boolValue\":null}"))
        .hasMessageStartingWith("ReadBool: expect t or f, but found n");
    assertThatThrownBy(() -> log("\"body\":{\"stringValue\":\"a\u0001\"}"))
        .hasMessageStartingWith("ReadString: invalid control character found: 1");
  }

  @Test
  void valuesAreNestedAtMost64Deep() throws Exception {
    assertThat(log("\"body\":" + nested(63)).count()).isEqualTo(1);
    assertThatThrownBy(() -> log("\"body\":" + nested(64)))
        .hasMessageStartingWith("AnyValue: values are nested more than 64 deep");
    assertThatThrownBy(() -> logs("{\"foo\":" + "[".repeat(100_000)))
        .hasMessageStartingWith("incrementDepth: exceeded max depth");
    assertThatThrownBy(() -> logs("{\"foo\":" + "{\"a\":".repeat(100_000)))
        .hasMessageStartingWith("incrementDepth: exceeded max depth");
  }

  @Test
  void anotherThingThanUtf8BecomesTheReplacementCharacter() throws Exception {
    Telemetry<LogRecord> batch = log("\"body\":{\"stringValue\":\"a\"}");
    batch
        .resources()
        .getFirst()
        .scopes()
        .getFirst()
        .items()
        .getFirst()
        .body(Text.ofUtf8(new byte[] {'a', (byte) 0xff, '"'}));
    assertThat(new String(OtlpJson.encode(batch), UTF_8))
        .contains("{\"stringValue\":\"a\ufffd\\\"\"}");
  }

  /** As isEqualTo, but shows where, and not all of it. */
  private static void same(String actual, String expected, int seed) {
    if (!actual.equals(expected)) {
      int i = 0;
      while (i < Math.min(actual.length(), expected.length())
          && actual.charAt(i) == expected.charAt(i)) {
        i++;
      }
      int from = Math.max(0, i - 60);
      assertThat(actual.substring(from, Math.min(actual.length(), i + 60)))
          .as("seed %d", seed)
          .isEqualTo(expected.substring(from, Math.min(expected.length(), i + 60)));
    }
  }

  private static String nested(int depth) {
    return "{\"arrayValue\":{\"values\":[".repeat(depth) + "{}" + "]}}".repeat(depth);
  }

  private static Telemetry<?> metrics(String json) throws OtlpFormatException {
    return OtlpJson.decode(Signal.METRICS, json.getBytes(UTF_8));
  }

  private static Telemetry<LogRecord> logs(String json) throws OtlpFormatException {
    return OtlpJson.decode(Signal.LOGS, json.getBytes(UTF_8));
  }

  private static Telemetry<LogRecord> log(String fields) throws OtlpFormatException {
    return logs("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{" + fields + "}]}]}]}");
  }

  private static byte[] resource(String name) throws IOException {
    try (var in = Objects.requireNonNull(OtlpJsonTest.class.getResourceAsStream(name))) {
      return in.readAllBytes();
    }
  }
}
