package dev.weir.conformance.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.conformance.oracle.OtlpClient.Signal;
import io.grpc.Status;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The means of comparison are right themselves. */
class HarnessTest {
  @Test
  void jsonIsReadStrictly() {
    assertThat(Json.parse(" {\"b\" : [1, -2.5e3,true,null], \"a\":\"\\u00e9\\n\"} "))
        .hasToString("{a=é\n, b=[1, -2.5E+3, true, null]}");
    for (String bad :
        new String[] {"{\"a\":1,\"a\":2}", "[1,]", "01", "{} x", "\"\n\"", "", "nul"}) {
      assertThatThrownBy(() -> Json.parse(bad)).as(bad).isInstanceOf(AssertionError.class);
    }
  }

  @Test
  void aStatusWithADelayIsWrittenAndRead() {
    assertThat(OtlpClient.status(Backend.rpcStatus(14, "later", Duration.ofMillis(1500))))
        .startsWith("code 14 message later detail 0a28")
        .endsWith("0a0808011080cab5ee01");
  }

  @Test
  void theBackendAnswersAsItIsTold() {
    try (Backend backend = Backend.start();
        OtlpClient client = new OtlpClient(backend.grpcPort(), backend.httpPort())) {
      byte[] request = Requests.of(Signal.TRACES, 0, 1);
      assertThat(client.grpc(Signal.TRACES, request).status()).isEqualTo("OK");
      assertThat(backend.arrivals().getFirst().body().toByteArray()).isEqualTo(request);
      assertThat(backend.arrivals().getFirst().path())
          .isEqualTo("opentelemetry.proto.collector.trace.v1.TraceService/Export");
      backend.answer(
          a ->
              a.grpc()
                  ? Backend.grpc(Status.Code.UNAVAILABLE, "no", Duration.ofSeconds(1))
                  : Backend.http(429, "Retry-After", "7"));
      assertThat(client.grpc(Signal.LOGS, request))
          .hasToString(
              "Reply[status=UNAVAILABLE, message=no, details="
                  + OtlpClient.status(Backend.rpcStatus(14, "no", Duration.ofSeconds(1)))
                  + ", headers={}, body=]");
      assertThat(client.http(Signal.LOGS, request, "application/x-protobuf").headers())
          .containsEntry("retry-after", "7");
      assertThat(backend.arrivals()).hasSize(2);
    }
  }

  @Test
  @Tag("oracle")
  void theRealCollectorRunsAndShowsWhatItGot() {
    try (Subject collector =
        Subject.start(
            Subject.Kind.COLLECTOR,
            """
            receivers:
              otlp: {protocols: {grpc: {endpoint: 'localhost:@grpc@'}, http: {endpoint: 'localhost:@http@'}}}
            exporters:
              prometheus: {endpoint: 'localhost:@page@'}
            service:
              telemetry: {metrics: {level: none}}
              pipelines:
                metrics: {receivers: [otlp], exporters: [prometheus]}
            """)) {
      try (OtlpClient client = new OtlpClient(collector.port("grpc"), collector.port("http"))) {
        assertThat(client.grpc(Signal.METRICS, Requests.of(Signal.METRICS, 7, 1)).status())
            .isEqualTo("OK");
        assertThat(
                client
                    .http(Signal.METRICS, Requests.json(Signal.METRICS), "application/json")
                    .body())
            .isEqualTo("{partialSuccess={}}");
      }
      assertThat(collector.scrape("page", "").lines()).anyMatch(l -> l.startsWith("m{number=7,"));
      collector.terminate();
      assertThat(collector.exitCode()).isZero();
    }
  }
}
