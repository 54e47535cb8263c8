package dev.weir.conformance.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.conformance.oracle.Backend.Answer;
import dev.weir.conformance.oracle.Backend.Arrival;
import dev.weir.conformance.oracle.OtlpClient.Reply;
import dev.weir.conformance.oracle.OtlpClient.Signal;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What a back end answers comes to the client of the receiver as it does through the Collector: in
 * by gRPC, HTTP with JSON and HTTP with protobuf, out by gRPC and by HTTP, and as many attempts are
 * made.
 */
@Tag("oracle")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RefusalsTest {
  /** Four receivers: out by gRPC and by HTTP, without retry and with; no queue between. */
  private static final String CONFIGURATION =
      """
      receivers:
        otlp/grpc: {protocols: {grpc: {endpoint: 'localhost:@grpc_in@'}, http: {endpoint: 'localhost:@grpc_in_http@'}}}
        otlp/http: {protocols: {grpc: {endpoint: 'localhost:@http_in@'}, http: {endpoint: 'localhost:@http_in_http@'}}}
        otlp/grpcagain: {protocols: {grpc: {endpoint: 'localhost:@grpcagain_in@'}, http: {endpoint: 'localhost:@grpcagain_in_http@'}}}
        otlp/httpagain: {protocols: {grpc: {endpoint: 'localhost:@httpagain_in@'}, http: {endpoint: 'localhost:@httpagain_in_http@'}}}
      exporters:
        otlp_grpc/grpc:
          endpoint: 127.0.0.1:@backend_grpc@
          tls: {insecure: true}
          compression: none
          retry_on_failure: {enabled: false}
          sending_queue: {enabled: false}
        otlp_http/http:
          endpoint: http://127.0.0.1:@backend_http@
          compression: none
          retry_on_failure: {enabled: false}
          sending_queue: {enabled: false}
        otlp_grpc/grpcagain:
          endpoint: 127.0.0.1:@backend_grpc@
          tls: {insecure: true}
          compression: none
          retry_on_failure: {initial_interval: 100ms, randomization_factor: 0, multiplier: 1, max_interval: 100ms, max_elapsed_time: 1500ms}
          sending_queue: {enabled: false}
        otlp_http/httpagain:
          endpoint: http://127.0.0.1:@backend_http@
          compression: none
          retry_on_failure: {initial_interval: 100ms, randomization_factor: 0, multiplier: 1, max_interval: 100ms, max_elapsed_time: 1500ms}
          sending_queue: {enabled: false}
      service:
        telemetry: {metrics: {level: none}}
        pipelines:
          metrics/grpc: {receivers: [otlp/grpc], exporters: [otlp_grpc/grpc]}
          traces/grpc: {receivers: [otlp/grpc], exporters: [otlp_grpc/grpc]}
          logs/grpc: {receivers: [otlp/grpc], exporters: [otlp_grpc/grpc]}
          metrics/http: {receivers: [otlp/http], exporters: [otlp_http/http]}
          traces/http: {receivers: [otlp/http], exporters: [otlp_http/http]}
          logs/http: {receivers: [otlp/http], exporters: [otlp_http/http]}
          logs/grpcagain: {receivers: [otlp/grpcagain], exporters: [otlp_grpc/grpcagain]}
          logs/httpagain: {receivers: [otlp/httpagain], exporters: [otlp_http/httpagain]}
      """;

  private final Backend backend = Backend.start();
  private Pair pair;

  @BeforeAll
  void start() {
    pair = Pair.start(backend.filledIn(CONFIGURATION));
  }

  @AfterAll
  void stop() {
    pair.close();
    backend.close();
  }

  /** What a client saw, and what the back end: {@code waited} if as long as it had asked. */
  private record Seen(Reply reply, int attempts, boolean waited) {}

  /** Answers of a back end over gRPC, by name. */
  private static Map<String, Answer> grpcAnswers() {
    Map<String, Answer> answers = new LinkedHashMap<>();
    for (Status.Code code : Status.Code.values()) {
      answers.put(code.name(), Backend.grpc(code, code == Status.Code.OK ? "" : "said no"));
    }
    answers.put("UNAVAILABLE without text", Backend.grpc(Status.Code.UNAVAILABLE, ""));
    answers.put(
        "INVALID_ARGUMENT, odd text",
        Backend.grpc(Status.Code.INVALID_ARGUMENT, "größe \"q\" %d\n<&>"));
    for (Status.Code code :
        List.of(
            Status.Code.UNAVAILABLE,
            Status.Code.RESOURCE_EXHAUSTED,
            Status.Code.INVALID_ARGUMENT,
            Status.Code.INTERNAL)) {
      answers.put(code + ", RetryInfo", Backend.grpc(code, "not now", Duration.ofMillis(2700)));
    }
    answers.put(
        "UNAVAILABLE, RetryInfo of nothing",
        Backend.grpc(Status.Code.UNAVAILABLE, "not now", Duration.ZERO));
    answers.put(
        "OK, partial",
        new Backend.GrpcAnswer(Status.Code.OK, "", null, Backend.partialSuccess(1, "one was bad")));
    return answers;
  }

  /** Answers of a back end over HTTP, by name. */
  private static Map<String, Answer> httpAnswers() {
    Map<String, Answer> answers = new LinkedHashMap<>();
    for (int status :
        new int[] {
          200, 201, 202, 204, 299, 304, 400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 411, 412,
          413, 414, 415, 417, 418, 422, 425, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505,
          507, 511, 599
        }) {
      answers.put(Integer.toString(status), Backend.http(status));
    }
    for (int status : new int[] {429, 503, 500, 400, 502}) {
      answers.put(status + ", Retry-After 3", Backend.http(status, "Retry-After", "3"));
    }
    answers.put("503, Retry-After nonsense", Backend.http(503, "Retry-After", "soon"));
    answers.put("503, Retry-After -1", Backend.http(503, "Retry-After", "-1"));
    answers.put("503, Retry-After 0", Backend.http(503, "Retry-After", "0"));
    for (int status : new int[] {400, 429, 503, 500}) {
      answers.put(
          status + ", status in protobuf",
          Backend.http(
              status,
              Backend.rpcStatus(3, "in protobuf", null),
              "Content-Type",
              "application/x-protobuf"));
    }
    answers.put(
        "503, status with details",
        Backend.http(
            503,
            Backend.rpcStatus(14, "detailed", Duration.ofSeconds(2)),
            "Content-Type",
            "application/x-protobuf"));
    answers.put(
        "400, status in JSON",
        Backend.http(
            400,
            Backend.text("{\"code\":3,\"message\":\"in JSON\"}"),
            "Content-Type",
            "application/json"));
    answers.put(
        "400, text", Backend.http(400, Backend.text("go away"), "Content-Type", "text/plain"));
    answers.put(
        "400, garbage",
        Backend.http(400, Backend.text("\u0007garbage"), "Content-Type", "application/x-protobuf"));
    answers.put(
        "200, partial",
        Backend.http(
            200,
            Backend.partialSuccess(1, "one was bad"),
            "Content-Type",
            "application/x-protobuf"));
    answers.put(
        "200, partial in JSON",
        Backend.http(
            200,
            Backend.text(
                "{\"partialSuccess\":{\"rejectedLogRecords\":\"1\",\"errorMessage\":\"x\"}}"),
            "Content-Type",
            "application/json"));
    answers.put("200, text", Backend.http(200, Backend.text("fine"), "Content-Type", "text/plain"));
    answers.put(
        "200, garbage",
        Backend.http(200, Backend.text("\u0007garbage"), "Content-Type", "application/x-protobuf"));
    answers.put(
        "200, garbage in JSON",
        Backend.http(200, Backend.text("{\"partial"), "Content-Type", "application/json"));
    return answers;
  }

  /** Sends in by each way, out by one, for each answer, and compares. */
  private List<String> compare(String out, Map<String, Answer> answers, List<Signal> signals) {
    Map<String, Pair.Both<Seen>> cases = new LinkedHashMap<>();
    answers.forEach(
        (name, answer) -> {
          for (Signal signal : signals) {
            for (String in : List.of("gRPC", "HTTP/JSON", "HTTP/protobuf")) {
              cases.put(
                  in + " in, " + out + " out, " + signal + ", " + name,
                  pair.each(subject -> see(subject, in, out, signal, List.of(answer))));
            }
          }
        });
    return Pair.differences(cases, known(cases.keySet()), RefusalsTest::common);
  }

  /** What Weir does otherwise on purpose: how the case's answer begins, and why. */
  private static final Map<String, String> KNOWN =
      Map.ofEntries(
          Map.entry(
              "INVALID_ARGUMENT, RetryInfo",
              "when to come back is not said of what must not be sent again"),
          Map.entry(
              "INTERNAL, RetryInfo",
              "when to come back is not said of what must not be sent again"),
          Map.entry("UNAVAILABLE, RetryInfo of nothing", "a delay of nothing says nothing"),
          Map.entry(
              "429, Retry-After 3", "what the back end asks for is passed on, not only honoured"),
          Map.entry(
              "503, Retry-After 3", "what the back end asks for is passed on, not only honoured"),
          Map.entry(
              "503, Retry-After 0", "what the back end asks for is passed on, not only honoured"),
          Map.entry("503, Retry-After -1", "a delay below nothing is none"),
          Map.entry("503, status with details", "details are named, not written out"),
          Map.entry("400, status in JSON", "the reason is read from JSON too"));

  private static Map<String, String> known(Set<String> cases) {
    Map<String, String> known = new LinkedHashMap<>();
    KNOWN.forEach(
        (answer, reason) ->
            cases.stream()
                .filter(name -> name.contains(answer))
                .forEach(name -> known.put(name, reason)));
    return known;
  }

  /** Status, attempts and waiting are equal even then. */
  private static Seen common(Seen seen) {
    return new Seen(
        new Reply(
            seen.reply.status(),
            "",
            "",
            Map.of("content-type", seen.reply.headers().getOrDefault("content-type", "")),
            ""),
        seen.attempts,
        seen.waited);
  }

  private Seen see(
      Subject subject, String in, String out, Signal signal, List<? extends Answer> script) {
    backend.answer(script);
    try (OtlpClient client =
        new OtlpClient(subject.port(out + "_in"), subject.port(out + "_in_http"))) {
      Reply reply =
          switch (in) {
            case "gRPC" -> client.grpc(signal, Requests.of(signal, 0, 1));
            case "HTTP/JSON" -> client.http(signal, Requests.json(signal), "application/json");
            default -> client.http(signal, Requests.of(signal, 0, 1), "application/x-protobuf");
          };
      List<Arrival> arrivals = backend.arrivals();
      Duration asked = asked(script.getFirst());
      boolean waited =
          arrivals.size() > 1
              && !asked.isZero()
              && arrivals.get(1).nanoTime() - arrivals.get(0).nanoTime() >= asked.toNanos();
      return new Seen(reply, arrivals.size(), waited);
    }
  }

  /** How long an answer asks to wait; nothing if it does not, or not in whole seconds. */
  private static Duration asked(Answer answer) {
    return switch (answer) {
      case Backend.GrpcAnswer g -> g.retryAfter() == null ? Duration.ZERO : g.retryAfter();
      case Backend.HttpAnswer h -> {
        String seconds = h.headers().getOrDefault("Retry-After", "");
        yield seconds.matches("\\d+") ? Duration.ofSeconds(Long.parseLong(seconds)) : Duration.ZERO;
      }
    };
  }

  @Test
  void outByGrpcAnAnswerComesBackAsThroughTheCollector() {
    assertThat(compare("grpc", grpcAnswers(), List.of(Signal.LOGS))).isEmpty();
  }

  @Test
  void outByHttpAnAnswerComesBackAsThroughTheCollector() {
    assertThat(compare("http", httpAnswers(), List.of(Signal.LOGS))).isEmpty();
  }

  @Test
  void metricsAndTracesFareAsLogsDo() {
    List<Signal> signals = List.of(Signal.METRICS, Signal.TRACES);
    Map<String, Answer> overGrpc = grpcAnswers();
    overGrpc.keySet().retainAll(List.of("OK", "UNAVAILABLE", "INVALID_ARGUMENT", "OK, partial"));
    Map<String, Answer> overHttp = httpAnswers();
    overHttp.keySet().retainAll(List.of("200", "503", "400", "200, partial"));
    List<String> wrong = new ArrayList<>(compare("grpc", overGrpc, signals));
    wrong.addAll(compare("http", overHttp, signals));
    assertThat(wrong).isEmpty();
  }

  @Test
  void asManyAttemptsAreMadeAsTheCollectorMakes() {
    Map<String, Pair.Both<Seen>> cases = new LinkedHashMap<>();
    grpcAnswers()
        .forEach(
            (name, answer) -> {
              if (!name.endsWith("RetryInfo")) {
                cases.put(
                    "gRPC: " + name + ", then OK",
                    pair.each(
                        s ->
                            see(
                                s,
                                "gRPC",
                                "grpcagain",
                                Signal.LOGS,
                                List.of(answer, Backend.grpc(Status.Code.OK, "")))));
              }
            });
    for (Status.Code code :
        List.of(Status.Code.UNAVAILABLE, Status.Code.RESOURCE_EXHAUSTED, Status.Code.INTERNAL)) {
      cases.put(
          "gRPC: " + code + ", RetryInfo, then OK",
          pair.each(
              s ->
                  see(
                      s,
                      "gRPC",
                      "grpcagain",
                      Signal.LOGS,
                      List.of(
                          Backend.grpc(code, "later", Duration.ofMillis(400)),
                          Backend.grpc(Status.Code.OK, "")))));
    }
    cases.put(
        "gRPC: three times UNAVAILABLE, then OK",
        pair.each(
            s ->
                see(
                    s,
                    "HTTP/JSON",
                    "grpcagain",
                    Signal.LOGS,
                    List.of(
                        Backend.grpc(Status.Code.UNAVAILABLE, "1"),
                        Backend.grpc(Status.Code.UNAVAILABLE, "2"),
                        Backend.grpc(Status.Code.UNAVAILABLE, "3"),
                        Backend.grpc(Status.Code.OK, "")))));
    httpAnswers()
        .forEach(
            (name, answer) -> {
              if (!name.contains("Retry-After 3") && !name.contains("details")) {
                cases.put(
                    "HTTP: " + name + ", then 200",
                    pair.each(
                        s ->
                            see(
                                s,
                                "gRPC",
                                "httpagain",
                                Signal.LOGS,
                                List.of(answer, Backend.http(200)))));
              }
            });
    for (int status : new int[] {429, 503, 502, 500}) {
      cases.put(
          "HTTP: " + status + " with Retry-After, then 200",
          pair.each(
              s ->
                  see(
                      s,
                      "HTTP/protobuf",
                      "httpagain",
                      Signal.LOGS,
                      List.of(Backend.http(status, "Retry-After", "1"), Backend.http(200)))));
    }
    assertThat(Pair.differences(cases, attemptsKnown(cases.keySet()), RefusalsTest::common))
        .isEmpty();
  }

  /** After a success nothing of what was refused before is seen. */
  private static Map<String, String> attemptsKnown(Set<String> cases) {
    Map<String, String> known = known(cases);
    known
        .keySet()
        .removeIf(name -> !name.contains("INTERNAL, RetryInfo") && !name.contains("in JSON"));
    return known;
  }

  @Test
  void retriesEndWhenTheirTimeIsOver() {
    Map<String, Pair.Both<Reply>> cases = new LinkedHashMap<>();
    for (String out : List.of("grpcagain", "httpagain")) {
      Pair.Both<Seen> seen =
          pair.each(
              s ->
                  see(
                      s,
                      "HTTP/JSON",
                      out,
                      Signal.LOGS,
                      List.of(
                          out.equals("grpcagain")
                              ? Backend.grpc(Status.Code.UNAVAILABLE, "never")
                              : Backend.http(503))));
      cases.put(out, new Pair.Both<>(seen.collector().reply(), seen.weir().reply()));
      // 1.5 s in steps of 100 ms and a little for each attempt itself.
      assertThat(seen.collector().attempts()).isBetween(8, 16);
      assertThat(seen.weir().attempts()).isBetween(8, 16);
    }
    assertThat(Pair.differences(cases, Map.of(), UnaryOperator.identity())).isEmpty();
  }
}
