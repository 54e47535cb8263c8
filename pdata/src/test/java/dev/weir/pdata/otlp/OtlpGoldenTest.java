package dev.weir.pdata.otlp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Key;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Metric;
import dev.weir.pdata.Metric.Temporality;
import dev.weir.pdata.NumberPoints;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Scope;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Span;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Text;
import dev.weir.pdata.Value;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The wire form, byte by byte, written down by hand from opentelemetry-proto. */
class OtlpGoldenTest {
  private static final String RESOURCE = "0a0a" + "0a08" + "0a0161" + "1203" + "0a0162"; // a = b
  private static final String SCOPE = "0a06" + "0a0173" + "120131"; // s, version 1

  @Test
  void aSum() throws Exception {
    NumberPoints points = new NumberPoints(1);
    points.add(Attributes.of(Key.of("k"), new Value.Int(300)), 1, 2, -1);
    Metric sum = Metric.sum("m", "", "By", Temporality.CUMULATIVE, true, points);
    String point =
        "11"
            + "0100000000000000" // start_time_unix_nano
            + "19"
            + "0200000000000000" // time_unix_nano
            + "31"
            + "ffffffffffffffff" // as_int
            + "3a08"
            + "0a016b"
            + "1203"
            + "18ac02"; // attributes: k = 300
    String data = "0a25" + point + "1002" + "1801"; // aggregation_temporality, is_monotonic
    String metric = "0a016d" + "1a024279" + "3a2b" + data;
    golden(
        Signal.METRICS,
        Telemetry.of(Signal.METRICS, resource(), Scope.of("s", "1"), List.of(sum)),
        "0a4c" + RESOURCE + "123e" + SCOPE + "1234" + metric);
  }

  @Test
  void aLogRecord() throws Exception {
    LogRecord log =
        new LogRecord()
            .times(1, 2)
            .severity(9, "INFO")
            .body(Text.of("hi"))
            .flags(1)
            .context(id(16, 0x5c), id(8, 1));
    String record =
        "09"
            + "0100000000000000"
            + "1009"
            + "1a04494e464f"
            + "2a04"
            + "0a026869"
            + "4501000000"
            + "4a10"
            + "5c".repeat(16)
            + "5208"
            + "01".repeat(8)
            + "59"
            + "0200000000000000";
    golden(
        Signal.LOGS,
        Telemetry.of(Signal.LOGS, resource(), Scope.of("s", "1"), List.of(log)),
        "0a59" + RESOURCE + "124b" + SCOPE + "1241" + record);
  }

  @Test
  void aSpan() throws Exception {
    Span span =
        new Span(
            new Span.Core(id(16, 0x5c), id(8, 1), null, "", 0x101, 2, 1, 2, 2, "no"),
            "GET",
            Attributes.EMPTY,
            0,
            List.of(),
            0,
            List.of(),
            0);
    String encoded =
        "0a10"
            + "5c".repeat(16)
            + "1208"
            + "01".repeat(8)
            + "2a03474554"
            + "3002"
            + "39"
            + "0100000000000000"
            + "41"
            + "0200000000000000"
            + "7a06"
            + "12026e6f"
            + "1802"
            + "850101010000";
    golden(
        Signal.TRACES,
        Telemetry.of(Signal.TRACES, resource(), Scope.of("s", "1"), List.of(span)),
        "0a5b" + RESOURCE + "124d" + SCOPE + "1243" + encoded);
  }

  private static void golden(Signal<?> signal, Telemetry<?> batch, String hex) throws Exception {
    assertThat(HexFormat.of().formatHex(OtlpProtobuf.encode(batch))).isEqualTo(hex);
    Telemetry<?> decoded = OtlpProtobuf.decode(signal, HexFormat.of().parseHex(hex));
    assertThat(decoded.count()).isEqualTo(1);
    decoded.resources().forEach(group -> assertThat(group.resource()).isEqualTo(resource()));
    assertThat(HexFormat.of().formatHex(OtlpProtobuf.encode(decoded))).isEqualTo(hex);
  }

  private static Resource resource() {
    return Resource.of(Attributes.of("a", "b"));
  }

  private static Value.Bytes id(int size, int fill) {
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, (byte) fill);
    return Value.Bytes.of(bytes);
  }
}
