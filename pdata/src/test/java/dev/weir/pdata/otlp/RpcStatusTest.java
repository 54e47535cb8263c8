package dev.weir.pdata.otlp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import dev.weir.pdata.Value;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class RpcStatusTest {
  @Test
  void isTheCollectorsOwn() throws Exception {
    RpcStatus status = RpcStatus.of(3, "unexpected EOF");
    assertThat(new String(status.toProtobuf(), UTF_8))
        .isEqualTo("\b\u0003\u0012\u000eunexpected EOF");
    assertThat(new String(status.toJson(), UTF_8))
        .isEqualTo("{\"code\":3, \"message\":\"unexpected EOF\"}");
    assertThat(RpcStatus.ofProtobuf(status.toProtobuf())).isEqualTo(status);
    assertThat(RpcStatus.ofJson(status.toJson())).isEqualTo(status);
    assertThat(new String(RpcStatus.of(3, "found \u0000 \"x\"").toJson(), UTF_8))
        .isEqualTo("{\"code\":3, \"message\":\"found \\u0000 \\\"x\\\"\"}");
  }

  @Test
  void carriesWhenToTryAgain() throws Exception {
    RpcStatus status = RpcStatus.of(14, "full").withRetryAfter(Duration.ofMillis(2_500));
    assertThat(status.retryAfter()).isEqualTo(Duration.ofMillis(2_500));
    assertThat(RpcStatus.ofProtobuf(status.toProtobuf())).isEqualTo(status);
    assertThat(new String(status.toJson(), UTF_8))
        .isEqualTo(
            "{\"code\":14, \"message\":\"full\","
                + " \"details\":[{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\","
                + " \"retryDelay\":\"2.500s\"}]}");
    assertThat(RpcStatus.ofJson(status.toJson())).isEqualTo(status);
    assertThat(RpcStatus.of(14, "").retryAfter()).isNull();
    assertThat(RpcStatus.of(14, "").withRetryAfter(Duration.ZERO).retryAfter())
        .isEqualTo(Duration.ZERO);
  }

  @Test
  void theDetailIsWhatGoogleWrites() throws Exception {
    // RetryInfo { retry_delay { seconds: 3 } } in an Any.
    byte[] retry = HexFormat.of().parseHex("0a020803");
    Any any =
        Any.newBuilder()
            .setTypeUrl("type.googleapis.com/google.rpc.RetryInfo")
            .setValue(ByteString.copyFrom(retry))
            .build();
    RpcStatus status = RpcStatus.of(8, "").withRetryAfter(Duration.ofSeconds(3));
    assertThat(status.details())
        .containsExactly(new RpcStatus.Detail(any.getTypeUrl(), Value.Bytes.of(retry)));
    byte[] bytes = status.toProtobuf();
    byte[] tail = any.toByteArray();
    assertThat(bytes).startsWith(8, 8, 0x1a, tail.length).endsWith(tail);
  }

  @Test
  void garbageIsRefusedAndABrokenDetailSaysNothing() {
    assertThatThrownBy(() -> RpcStatus.ofProtobuf("<html>nope".getBytes(UTF_8)))
        .isInstanceOf(OtlpFormatException.class);
    assertThatThrownBy(() -> RpcStatus.ofJson("<html>nope".getBytes(UTF_8)))
        .isInstanceOf(OtlpFormatException.class);
    RpcStatus broken =
        new RpcStatus(
            8,
            "",
            List.of(
                new RpcStatus.Detail(
                    "type.googleapis.com/google.rpc.RetryInfo",
                    Value.Bytes.of(new byte[] {0x0a, 9}))));
    assertThat(broken.retryAfter()).isNull();
  }
}
