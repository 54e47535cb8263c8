package dev.weir.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ServerStatusTest {
  /** The table of collector.md 4, gRPC to HTTP; the numbers are gRPC's. */
  @ParameterizedTest
  @CsvSource({
    "CANCELLED, 1, 503",
    "UNKNOWN, 2, 500",
    "INVALID_ARGUMENT, 3, 400",
    "DEADLINE_EXCEEDED, 4, 503",
    "NOT_FOUND, 5, 500",
    "ALREADY_EXISTS, 6, 500",
    "PERMISSION_DENIED, 7, 403",
    "RESOURCE_EXHAUSTED, 8, 429",
    "FAILED_PRECONDITION, 9, 500",
    "ABORTED, 10, 503",
    "OUT_OF_RANGE, 11, 503",
    "UNIMPLEMENTED, 12, 404",
    "INTERNAL, 13, 500",
    "UNAVAILABLE, 14, 503",
    "DATA_LOSS, 15, 503",
    "UNAUTHENTICATED, 16, 401",
  })
  void aCodeHasItsNumberAndItsHttpStatus(Code code, int number, int httpStatus) {
    ServerStatus status = ServerStatus.of(code, "x");
    assertThat(status.number()).isEqualTo(number);
    assertThat(status.httpStatus()).isEqualTo(httpStatus);
  }

  /** The table of collector.md 4, HTTP to gRPC. */
  @ParameterizedTest
  @CsvSource({
    "400, INVALID_ARGUMENT",
    "401, UNAUTHENTICATED",
    "403, PERMISSION_DENIED",
    "404, UNIMPLEMENTED",
    "429, RESOURCE_EXHAUSTED",
    "502, UNAVAILABLE",
    "503, UNAVAILABLE",
    "504, UNAVAILABLE",
    "413, UNKNOWN",
    "500, UNKNOWN",
  })
  void anHttpStatusHasItsCode(int httpStatus, Code code) {
    assertThat(ServerStatus.ofHttp(httpStatus, "x")).isEqualTo(ServerStatus.of(code, "x"));
  }

  @Test
  void whatWasTakenHasNoStatus() {
    assertThat(ServerStatus.of(Outcome.accepted())).isNull();
    assertThat(ServerStatus.of(new Outcome.Partial(3, "too old"))).isNull();
  }

  @Test
  void whatWasNotTakenKeepsCodeReasonAndDelay() {
    assertThat(ServerStatus.of(Outcome.retry("sending queue is full")))
        .isEqualTo(ServerStatus.of(Code.UNAVAILABLE, "sending queue is full"));
    assertThat(ServerStatus.of(Outcome.refused("Permanent error: no")))
        .isEqualTo(ServerStatus.of(Code.INTERNAL, "Permanent error: no"));
    Duration delay = Duration.ofMillis(1900);
    ServerStatus throttled = new ServerStatus(Code.RESOURCE_EXHAUSTED, "slow down", delay);
    assertThat(ServerStatus.of(new Outcome.Retry("slow down", Code.RESOURCE_EXHAUSTED, delay)))
        .isEqualTo(throttled);
    assertThat(throttled.httpRetryAfter()).isEqualTo("1"); // whole seconds, cut off
  }

  @Test
  void anOutcomeThatClaimsSuccessIsStillAnError() {
    assertThat(ServerStatus.of(new Outcome.Retry("odd", Code.OK, null)))
        .isEqualTo(ServerStatus.of(Code.UNAVAILABLE, "odd"));
    assertThat(ServerStatus.of(new Outcome.Refused("odd", Code.OK)))
        .isEqualTo(ServerStatus.of(Code.INTERNAL, "odd"));
  }

  @Test
  void statusesAreWrittenAsTheCollectorWritesThem() {
    ServerStatus status = ServerStatus.of(Code.UNAVAILABLE, "sending queue is full");
    assertThat(new String(status.toRpc().toProtobuf(), StandardCharsets.ISO_8859_1))
        .isEqualTo("\u0008\u000e\u0012\u0015sending queue is full");
    assertThat(new String(status.toRpc().toJson(), StandardCharsets.UTF_8))
        .isEqualTo("{\"code\":14, \"message\":\"sending queue is full\"}");
  }

  @Test
  void aDelayIsARetryInfo() {
    ServerStatus status = new ServerStatus(Code.UNAVAILABLE, "x", Duration.ofMillis(2500));
    assertThat(HexFormat.of().formatHex(status.toRpc().toProtobuf()))
        .isEqualTo(
            "080e1201781a360a28"
                + HexFormat.of()
                    .formatHex(
                        "type.googleapis.com/google.rpc.RetryInfo"
                            .getBytes(StandardCharsets.US_ASCII))
                + "120a0a0808021080cab5ee01");
    assertThat(new String(status.toRpc().toJson(), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"code\":14, \"message\":\"x\", \"details\":[{\"@type\":"
                + "\"type.googleapis.com/google.rpc.RetryInfo\", \"retryDelay\":\"2.500s\"}]}");
  }

  @Test
  void textsAreEscaped() {
    ServerStatus status = ServerStatus.of(Code.INTERNAL, "a \"b\" \\ \n \u0000");
    assertThat(new String(status.toRpc().toJson(), StandardCharsets.UTF_8))
        .isEqualTo("{\"code\":13, \"message\":\"a \\\"b\\\" \\\\ \\n \\u0000\"}");
  }
}
