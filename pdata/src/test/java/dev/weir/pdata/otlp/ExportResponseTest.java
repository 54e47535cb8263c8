package dev.weir.pdata.otlp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.pdata.Signal;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsPartialSuccess;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceResponse;
import org.junit.jupiter.api.Test;

class ExportResponseTest {
  @Test
  void successIsTheCollectorsOwn() throws Exception {
    assertThat(ExportResponse.SUCCESS.toProtobuf()).containsExactly(0x0a, 0);
    assertThat(json(ExportResponse.SUCCESS, Signal.METRICS)).isEqualTo("{\"partialSuccess\":{}}");
    assertThat(ExportResponse.ofProtobuf(new byte[0])).isEqualTo(ExportResponse.SUCCESS);
    assertThat(ExportResponse.ofProtobuf(new byte[] {0x0a, 0}).isPartial()).isFalse();
    assertThat(ExportResponse.ofJson(Signal.LOGS, "{}".getBytes(UTF_8)).isPartial()).isFalse();
  }

  @Test
  void aPartialSuccessIsWhatTheGeneratedClassesRead() throws Exception {
    ExportResponse response = new ExportResponse(70_000, "größer");
    ExportLogsServiceResponse expected =
        ExportLogsServiceResponse.newBuilder()
            .setPartialSuccess(
                ExportLogsPartialSuccess.newBuilder()
                    .setRejectedLogRecords(70_000)
                    .setErrorMessage("größer"))
            .build();
    assertThat(response.toProtobuf()).isEqualTo(expected.toByteArray());
    assertThat(ExportResponse.ofProtobuf(expected.toByteArray())).isEqualTo(response);
  }

  @Test
  void theNameInJsonDependsOnTheSignal() throws Exception {
    ExportResponse response = new ExportResponse(7, "x");
    for (Signal<?> signal : Signal.ALL) {
      String name =
          signal == Signal.METRICS
              ? "rejectedDataPoints"
              : signal == Signal.LOGS ? "rejectedLogRecords" : "rejectedSpans";
      String json = "{\"partialSuccess\":{\"" + name + "\":\"7\",\"errorMessage\":\"x\"}}";
      assertThat(json(response, signal)).isEqualTo(json);
      assertThat(ExportResponse.ofJson(signal, json.getBytes(UTF_8))).isEqualTo(response);
    }
    String number = "{\"partial_success\":{\"rejected_spans\":7,\"error_message\":\"x\",\"y\":[]}}";
    assertThat(ExportResponse.ofJson(Signal.TRACES, number.getBytes(UTF_8))).isEqualTo(response);
  }

  @Test
  void garbageIsRefused() {
    assertThatThrownBy(() -> ExportResponse.ofProtobuf(new byte[] {0x0a, 5, 1}))
        .isInstanceOf(OtlpFormatException.class)
        .hasMessage("unexpected EOF");
    assertThatThrownBy(() -> ExportResponse.ofProtobuf(new byte[] {8, 1}))
        .hasMessage("proto: wrong wireType = 0 for field PartialSuccess");
    assertThatThrownBy(() -> ExportResponse.ofJson(Signal.LOGS, "<html>".getBytes(UTF_8)))
        .isInstanceOf(OtlpFormatException.class);
  }

  private static String json(ExportResponse response, Signal<?> signal) {
    return new String(response.toJson(signal), UTF_8);
  }
}
