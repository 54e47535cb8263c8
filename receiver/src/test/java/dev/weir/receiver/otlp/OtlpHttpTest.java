package dev.weir.receiver.otlp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.pdata.Signal;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import dev.weir.pipeline.testing.Measurements;
import dev.weir.transport.compression.Compression;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The cases of oracle/observed/http-input.md and refusals.md, and the server around them. */
final class OtlpHttpTest {
  private static final String JSON = "application/json";
  private static final String PROTOBUF = "application/x-protobuf";
  private static final String PLAIN = "text/plain";
  private static final String NOT_FOUND = "text/plain; charset=utf-8";
  private static final String BAD_TYPE =
      "415 unsupported media type, supported: [application/json, application/x-protobuf]";
  private static final String CHUNKED =
      String.join(
          "\r\n",
          "POST /v1/logs HTTP/1.1",
          "Host: x",
          "Content-Type: application/json",
          "Transfer-Encoding: chunked",
          "",
          "");
  private static final byte[] NOTHING = new byte[0];

  private Served served;

  @BeforeEach
  void start() throws Exception {
    served =
        Served.start(
            "{protocols: {http: {endpoint: '127.0.0.1:0', max_request_body_size: 2000}}}",
            Signal.METRICS,
            Signal.LOGS);
  }

  @AfterEach
  void stop() {
    served.close();
  }

  private int port() {
    return served.receiver.httpPort();
  }

  static Stream<Arguments> observed() {
    byte[] good = Samples.json(Signal.METRICS);
    byte[] gzip = Compression.GZIP.compress(good, 0, good.length, -1).toArray();
    byte[] big =
        ("{\"resourceMetrics\":[{\"schemaUrl\":\"" + "x".repeat(3000) + "\"}]}").getBytes(UTF_8);
    byte[] bigPacked = Compression.GZIP.compress(big, 0, big.length, -1).toArray();
    String success = "{\"partialSuccess\":{}}";
    String tooLarge = "{\"code\":3, \"message\":\"http: request body too large\"}";
    return Stream.of(
        Arguments.of("good JSON", "POST /v1/metrics", JSON, "", good, 200, JSON, success),
        Arguments.of("{}", "POST /v1/metrics", JSON, "", bytes("{}"), 200, JSON, success),
        Arguments.of(
            "empty protobuf", "POST /v1/metrics", PROTOBUF, "", NOTHING, 200, PROTOBUF, "\n\0"),
        Arguments.of(
            "charset",
            "POST /v1/metrics",
            "application/json; charset=utf-8",
            "",
            good,
            200,
            JSON,
            success),
        Arguments.of(
            "wrong Content-Type", "POST /v1/metrics", PLAIN, "", good, 415, PLAIN, BAD_TYPE),
        Arguments.of("no Content-Type", "POST /v1/metrics", "", "", good, 415, PLAIN, BAD_TYPE),
        Arguments.of(
            "bad Content-Type", "POST /v1/metrics", "application/", "", good, 415, PLAIN, BAD_TYPE),
        Arguments.of(
            "malformed protobuf",
            "POST /v1/metrics",
            PROTOBUF,
            "",
            new byte[] {'\n', (byte) 0xff, (byte) 0xff},
            400,
            PROTOBUF,
            "\u0008\u0003\u0012\u000eunexpected EOF"),
        Arguments.of(
            "wrong wire type",
            "POST /v1/metrics",
            PROTOBUF,
            "",
            new byte[] {8, 1},
            400,
            PROTOBUF,
            "\u0008\u0003\u00123proto: wrong wireType = 0 for field ResourceMetrics"),
        Arguments.of(
            "unknown field",
            "POST /v1/metrics",
            JSON,
            "",
            bytes("{\"foo\":1,\"resourceMetrics\":[]}"),
            200,
            JSON,
            success),
        Arguments.of("too big", "POST /v1/metrics", JSON, "", big, 400, JSON, tooLarge),
        Arguments.of(
            "too big once unzipped",
            "POST /v1/metrics",
            JSON,
            "gzip",
            bigPacked,
            400,
            JSON,
            tooLarge),
        Arguments.of("gzip", "POST /v1/metrics", JSON, "gzip", gzip, 200, JSON, success),
        Arguments.of(
            "not gzip",
            "POST /v1/metrics",
            JSON,
            "gzip",
            good,
            400,
            JSON,
            "{\"code\":3, \"message\":\"gzip: invalid header\"}"),
        Arguments.of(
            "unknown encoding",
            "POST /v1/metrics",
            JSON,
            "br",
            good,
            400,
            JSON,
            "{\"code\":3, \"message\":\"unsupported Content-Encoding: br\"}"),
        Arguments.of(
            "identity",
            "POST /v1/metrics",
            JSON,
            "identity",
            good,
            400,
            JSON,
            "{\"code\":3, \"message\":\"unsupported Content-Encoding: identity\"}"),
        Arguments.of(
            "upper case",
            "POST /v1/metrics",
            JSON,
            "GZIP",
            gzip,
            400,
            JSON,
            "{\"code\":3, \"message\":\"unsupported Content-Encoding: GZIP\"}"),
        Arguments.of("GET", "GET /v1/metrics", "", "", NOTHING, 405, PLAIN, notAllowed()),
        Arguments.of("PUT", "PUT /v1/metrics", JSON, "", good, 405, PLAIN, notAllowed()),
        Arguments.of("OPTIONS", "OPTIONS /v1/metrics", "", "", NOTHING, 405, PLAIN, notAllowed()),
        Arguments.of("HEAD", "HEAD /v1/metrics", "", "", NOTHING, 405, PLAIN, ""),
        Arguments.of(
            "no pipeline", "POST /v1/traces", JSON, "", bytes("{}"), 404, NOT_FOUND, notFound()),
        Arguments.of("unknown", "POST /v1/nosuch", JSON, "", good, 404, NOT_FOUND, notFound()),
        Arguments.of("slash", "POST /v1/metrics/", JSON, "", good, 404, NOT_FOUND, notFound()),
        Arguments.of("root", "GET /", "", "", NOTHING, 404, NOT_FOUND, notFound()));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static String notAllowed() {
    return "405 method not allowed, supported: [POST]";
  }

  private static String notFound() {
    return "404 page not found\n";
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("observed")
  void answersAsTheCollectorWasSeenTo(
      String name,
      String line,
      String type,
      String encoding,
      byte[] body,
      int status,
      String answerType,
      String answer)
      throws Exception {
    Map<String, String> headers = new java.util.LinkedHashMap<>();
    if (!type.isEmpty()) {
      headers.put("Content-Type", type);
    }
    if (!encoding.isEmpty()) {
      headers.put("Content-Encoding", encoding);
    }
    String[] parts = line.split(" ", 2);
    Http.Reply reply = Http.ask(port(), parts[0], parts[1], headers, body);
    assertThat(reply.status()).isEqualTo(status);
    assertThat(reply.header("Content-Type")).isEqualTo(answerType);
    assertThat(reply.text()).isEqualTo(answer);
    if (status == 404) {
      assertThat(reply.header("X-Content-Type-Options")).isEqualTo("nosniff");
    }
    if (parts[0].equals("HEAD")) {
      assertThat(reply.header("Content-Length")).isEqualTo("41");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"resourceMetrics\":[", "{\"resourceMetrics\":7}", "[]", ""})
  void malformedJsonIsABadRequest(String body) throws Exception {
    Http.Reply reply = Http.post(port(), "/v1/metrics", JSON, bytes(body));
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.header("Content-Type")).isEqualTo(JSON);
    assertThat(reply.text()).startsWith("{\"code\":3, \"message\":\"").endsWith("\"}");
    assertThat(served.got).isEmpty();
  }

  @Test
  void whatIsSentReachesThePipeline() throws Exception {
    assertThat(Http.post(port(), "/v1/metrics", JSON, Samples.json(Signal.METRICS)).status())
        .isEqualTo(200);
    assertThat(Http.post(port(), "/v1/logs", PROTOBUF, Samples.protobuf(Signal.LOGS)).status())
        .isEqualTo(200);
    assertThat(served.got).hasSize(2);
    assertThat(served.got.get(0).signal()).isEqualTo(Signal.METRICS);
    assertThat(served.got.get(0).count()).isEqualTo(1);
    assertThat(served.got.get(1).signal()).isEqualTo(Signal.LOGS);
    assertThat(served.got.get(1).count()).isEqualTo(1);
  }

  @Test
  void anEmptyRequestIsAcceptedWithoutThePipeline() throws Exception {
    assertThat(Http.post(port(), "/v1/metrics", JSON, bytes("{}")).status()).isEqualTo(200);
    assertThat(served.got).isEmpty();
  }

  /** oracle/observed/refusals.md. */
  @ParameterizedTest
  @CsvSource({
    "CANCELLED, 1, 503",
    "UNKNOWN, 2, 500",
    "INVALID_ARGUMENT, 3, 400",
    "DEADLINE_EXCEEDED, 4, 503",
    "NOT_FOUND, 5, 500",
    "PERMISSION_DENIED, 7, 403",
    "RESOURCE_EXHAUSTED, 8, 429",
    "UNIMPLEMENTED, 12, 404",
    "INTERNAL, 13, 500",
    "UNAVAILABLE, 14, 503",
    "DATA_LOSS, 15, 503",
    "UNAUTHENTICATED, 16, 401",
  })
  void aRefusalIsAnsweredWithItsStatus(Code code, int number, int status) throws Exception {
    served.pipelines = batch -> new Outcome.Refused("refused by the sink", code);
    Http.Reply json = Http.post(port(), "/v1/logs", JSON, Samples.json(Signal.LOGS));
    assertThat(json.status()).isEqualTo(status);
    assertThat(json.text())
        .isEqualTo("{\"code\":" + number + ", \"message\":\"refused by the sink\"}");
    assertThat(json.header("Retry-After")).isNull();
    Http.Reply protobuf = Http.post(port(), "/v1/logs", PROTOBUF, Samples.protobuf(Signal.LOGS));
    assertThat(protobuf.status()).isEqualTo(status);
    assertThat(protobuf.header("Content-Type")).isEqualTo(PROTOBUF);
    assertThat(protobuf.text())
        .isEqualTo("\u0008" + (char) number + "\u0012\u0013refused by the sink");
  }

  @Test
  void aDelayIsRetryAfterInWholeSeconds() throws Exception {
    served.pipelines =
        batch -> new Outcome.Retry("slow down", Code.UNAVAILABLE, Duration.ofMillis(7900));
    Http.Reply reply = Http.post(port(), "/v1/logs", JSON, Samples.json(Signal.LOGS));
    assertThat(reply.status()).isEqualTo(503);
    assertThat(reply.header("Retry-After")).isEqualTo("7");
    assertThat(reply.text()).contains("google.rpc.RetryInfo", "7.900s");
  }

  @Test
  void whatWasTakenInPartIsAPartialSuccess() throws Exception {
    served.pipelines = batch -> new Outcome.Partial(3, "too old");
    Http.Reply reply = Http.post(port(), "/v1/logs", JSON, Samples.json(Signal.LOGS));
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.text()).contains("rejectedLogRecords", "3", "too old");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "zstd", "zlib", "snappy", "deflate", "lz4", "x-snappy-framed"})
  void bodiesMayBePacked(String encoding) throws Exception {
    byte[] body = Samples.protobuf(Signal.LOGS);
    byte[] packed =
        Compression.named(encoding).orElseThrow().compress(body, 0, body.length, -1).toArray();
    Http.Reply reply =
        Http.ask(
            port(),
            "POST",
            "/v1/logs",
            Map.of("Content-Type", PROTOBUF, "Content-Encoding", encoding),
            packed);
    assertThat(reply.status()).isEqualTo(200);
    assertThat(served.got).hasSize(1);
  }

  @Test
  void bodiesMayComeInChunks() throws Exception {
    byte[] body = Samples.json(Signal.LOGS);
    try (Http http = Http.to(port())) {
      http.send(CHUNKED);
      for (int i = 0; i < body.length; i += 10) {
        byte[] chunk = Arrays.copyOfRange(body, i, Math.min(body.length, i + 10));
        http.send(Integer.toHexString(chunk.length) + "\r\n" + new String(chunk, UTF_8) + "\r\n");
      }
      http.send("0\r\n\r\n");
      assertThat(http.reply().status()).isEqualTo(200);
    }
    assertThat(served.got).hasSize(1);
  }

  @Test
  void aConnectionCarriesManyRequestsAlsoOnesSentAhead() throws Exception {
    try (Http http = Http.to(port())) {
      for (int i = 0; i < 5; i++) {
        assertThat(
                http.ask(
                        "POST", "/v1/logs", Map.of("Content-Type", JSON), Samples.json(Signal.LOGS))
                    .status())
            .isEqualTo(200);
        assertThat(http.ask("GET", "/", Map.of(), NOTHING).status()).isEqualTo(404);
      }
      byte[] body = Samples.json(Signal.LOGS);
      for (int i = 0; i < 20; i++) {
        http.send(Http.head("POST", "/v1/logs", Map.of("Content-Type", JSON), body.length));
        http.send(body);
      }
      for (int i = 0; i < 20; i++) {
        assertThat(http.reply().status()).isEqualTo(200);
      }
    }
    assertThat(served.got).hasSize(25);
  }

  /** Sends requests as fast as they go, until the server has closed the connection. */
  private static Thread sending(Http http, int requests) {
    byte[] body = Samples.json(Signal.LOGS);
    byte[] head = Http.head("POST", "/v1/logs", Map.of("Content-Type", JSON), body.length);
    return Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                for (int i = 0; i < requests; i++) {
                  http.send(head);
                  http.send(body);
                }
              } catch (IOException e) {
                return; // the server has closed it
              }
            });
  }

  /** Waits until nothing more comes, and returns how much came. */
  private static int stalled(Served at) {
    AtomicInteger last = new AtomicInteger();
    await()
        .pollInterval(Duration.ofMillis(500))
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              int now = at.got.size();
              return last.getAndSet(now) == now && now > 0;
            });
    return last.get();
  }

  @Test
  void aClientThatReadsNoAnswersIsNotReadFromUntilItDoes() throws Exception {
    int requests = 6_000;
    try (Served large =
            Served.start(
                "{protocols: {http: {endpoint: '127.0.0.1:0', response_headers: {x-large: "
                    + "x".repeat(8_000)
                    + "}}}}");
        Socket socket = new Socket()) {
      socket.setReceiveBufferSize(4096);
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), large.receiver.httpPort()));
      Thread sending = sending(Http.over(socket), requests);
      // Answers wait in the kernel's buffer, of a few MB, and hardly any in the server's.
      assertThat(stalled(large)).isLessThan(requests / 2);
      byte[] answers = new byte[1 << 20];
      while (large.got.size() < requests) {
        assertThat(socket.getInputStream().read(answers)).isPositive();
      }
      sending.join();
    }
  }

  @Test
  void aClientThatNeverReadsAnswersIsCutOff() throws Exception {
    Measurements measurements = new Measurements();
    try (Served large =
            Served.start(
                "{protocols: {http: {endpoint: '127.0.0.1:0', write_timeout: 300ms,"
                    + " response_headers: {x-large: "
                    + "x".repeat(8_000)
                    + "}}}}",
                measurements.meter(),
                InstantSource.system());
        Socket socket = new Socket()) {
      socket.setReceiveBufferSize(4096);
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), large.receiver.httpPort()));
      Thread sending = sending(Http.over(socket), 1_000_000);
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> large.got.size() > 10 && !sending.isAlive());
      await()
          .untilAsserted(
              () ->
                  assertThat(measurements.values())
                      .containsEntry("weir_receiver_otlp_connections{receiver=otlp}", "0")
                      .containsEntry("weir_receiver_otlp_in_flight_bytes{receiver=otlp}", "0"));
    }
  }

  @Test
  void aClientThatAsksToContinueIsToldTo() throws Exception {
    byte[] body = Samples.json(Signal.LOGS);
    try (Http http = Http.to(port())) {
      http.send(
          Http.head(
              "POST",
              "/v1/logs",
              Map.of("Content-Type", JSON, "Expect", "100-continue"),
              body.length));
      assertThat(http.reply().status()).isEqualTo(100);
      http.send(body);
      assertThat(http.reply().status()).isEqualTo(200);
    }
  }

  @Test
  void aClientThatAsksToContinueInVainIsRefusedAtOnce() throws Exception {
    try (Http http = Http.to(port())) {
      http.send(
          Http.head(
              "POST",
              "/v1/logs",
              Map.of("Content-Type", JSON, "Expect", "100-continue"),
              1_000_000));
      Http.Reply reply = http.reply();
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.header("Connection")).isEqualTo("close");
    }
  }

  @Test
  void aBodyThatIsTooLargeIsRefusedWhileItStillComes() throws Exception {
    try (Http http = Http.to(port())) {
      http.send(CHUNKED);
      http.send("7a120\r\n" + "x".repeat(500_000));
      Http.Reply reply = http.reply();
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.text()).contains("http: request body too large");
      assertThat(http.atEnd()).isTrue();
    }
  }

  @Test
  void aPathThatIsNotCleanIsRedirected() throws Exception {
    Http.Reply reply = Http.post(port(), "//v1/./metrics?x=1", JSON, bytes("{}"));
    assertThat(reply.status()).isEqualTo(307);
    assertThat(reply.header("Location")).isEqualTo("/v1/metrics?x=1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "garbage\r\n\r\n",
        "POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
      })
  void whatIsNotHttpGetsABadRequest(String text) throws Exception {
    try (Http http = Http.to(port())) {
      http.send(text);
      Http.Reply reply = http.reply();
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.text()).isEqualTo("400 Bad Request");
      assertThat(http.atEnd()).isTrue();
    }
  }

  @Test
  void aChunkWithoutLengthIsABadRequest() throws Exception {
    try (Http http = Http.to(port())) {
      http.send(CHUNKED + "zz\r\n");
      assertThat(http.reply().text())
          .isEqualTo("{\"code\":3, \"message\":\"invalid byte in chunk length\"}");
    }
  }

  @Test
  void otherVersionsAndRequestsWithoutHostAreRefused() throws Exception {
    try (Http http = Http.to(port())) {
      http.send("POST /v1/logs HTTP/9.9\r\nHost: x\r\n\r\n");
      assertThat(http.reply().text())
          .isEqualTo("505 HTTP Version Not Supported: unsupported protocol version");
    }
    try (Http http = Http.to(port())) {
      http.send("POST /v1/logs HTTP/1.1\r\n\r\n");
      assertThat(http.reply().text()).isEqualTo("400 Bad Request: missing required Host header");
    }
  }

  /** Found by comparing with the real Collector, request by request. */
  @ParameterizedTest
  @CsvSource({
    "application/json; charset, 415",
    "application/json; a=b; a=c, 415",
    "application/json;, 200",
    "'application/json; a=\";b\"', 200",
    "Application/JSON, 200",
    "application/protobuf, 415",
  })
  void aContentTypeIsReadAsGoDoes(String type, int status) throws Exception {
    assertThat(Http.post(port(), "/v1/logs", type, Samples.json(Signal.LOGS)).status())
        .isEqualTo(status);
  }

  @Test
  void aPathMayBePercentEncoded() throws Exception {
    assertThat(Http.post(port(), "/v1/l%6fgs", JSON, Samples.json(Signal.LOGS)).status())
        .isEqualTo(200);
    assertThat(Http.post(port(), "/v1/l%zz", JSON, Samples.json(Signal.LOGS)).status())
        .isEqualTo(400);
  }

  @Test
  void aConnectionSurvivesABodyThatIsALittleTooLarge() throws Exception {
    try (Http http = Http.to(port())) {
      assertThat(
              http.ask("POST", "/v1/logs", Map.of("Content-Type", JSON), new byte[30_000]).text())
          .contains("http: request body too large");
      assertThat(
              http.ask("POST", "/v1/logs", Map.of("Content-Type", JSON), Samples.json(Signal.LOGS))
                  .status())
          .isEqualTo(200);
    }
  }

  @Test
  void anUnknownExpectationFails() throws Exception {
    Map<String, String> headers = Map.of("Content-Type", JSON, "Expect", "miracles");
    assertThat(Http.ask(port(), "POST", "/v1/logs", headers, NOTHING).status()).isEqualTo(417);
  }

  @Test
  void anUnknownTransferEncodingIsNotImplemented() throws Exception {
    try (Http http = Http.to(port())) {
      http.send(CHUNKED.replace("chunked", "gzip"));
      assertThat(http.reply().status()).isEqualTo(501);
    }
  }

  @Test
  void headersThatAreTooLongAreRefused() throws Exception {
    try (Http http = Http.to(port())) {
      http.send("POST /v1/logs HTTP/1.1\r\nHost: x\r\nX: " + "y".repeat(70_000));
      assertThat(http.reply().status()).isEqualTo(431);
    }
  }

  @Test
  void theJdksClientIsServed() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<byte[]> response =
          client.send(
              HttpRequest.newBuilder(URI.create(served.http() + "/v1/logs"))
                  .header("Content-Type", PROTOBUF)
                  .POST(BodyPublishers.ofByteArray(Samples.protobuf(Signal.LOGS)))
                  .build(),
              BodyHandlers.ofByteArray());
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(new String(response.body(), ISO_8859_1)).isEqualTo("\n\0");
      assertThat(response.headers().firstValue("Date")).isPresent();
    }
  }

  @Test
  void tooManyAtOnceAreToldToTryAgain() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    try (Served small =
        Served.start(
            "{protocols: {http: {endpoint: '127.0.0.1:0'}}, max_concurrent_requests: 1}")) {
      small.pipelines =
          batch -> {
            try {
              go.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return Outcome.accepted();
          };
      int port = small.receiver.httpPort();
      try (Http first = Http.to(port)) {
        byte[] body = Samples.json(Signal.LOGS);
        first.send(Http.head("POST", "/v1/logs", Map.of("Content-Type", JSON), body.length));
        first.send(body);
        await().until(() -> small.got.size() == 1);
        Http.Reply refused = Http.post(port, "/v1/logs", JSON, body);
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.header("Retry-After")).isEqualTo("1");
        assertThat(refused.text()).contains("\"code\":14");
        go.countDown();
        assertThat(first.reply().status()).isEqualTo(200);
      }
    }
  }

  @Test
  void tooManyBytesAtOnceAreToldToTryAgain() throws Exception {
    try (Served small =
        Served.start("{protocols: {http: {endpoint: '127.0.0.1:0'}}, max_in_flight_mib: 1}")) {
      int port = small.receiver.httpPort();
      Http.Reply reply = Http.post(port, "/v1/logs", PROTOBUF, Samples.largeLogs(2_000_000));
      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.header("Retry-After")).isEqualTo("1");
      assertThat(Http.post(port, "/v1/logs", PROTOBUF, Samples.largeLogs(500_000)).status())
          .isEqualTo(200);
    }
  }

  @Test
  void tooManyConnectionsAreClosed() throws Exception {
    try (Served small =
        Served.start("{protocols: {http: {endpoint: '127.0.0.1:0'}}, max_connections: 2}")) {
      int port = small.receiver.httpPort();
      try (Http first = Http.to(port);
          Http second = Http.to(port)) {
        assertThat(first.ask("GET", "/", Map.of(), NOTHING).status()).isEqualTo(404);
        assertThat(second.ask("GET", "/", Map.of(), NOTHING).status()).isEqualTo(404);
        try (Http third = Http.to(port)) {
          assertThat(third.atEnd()).isTrue();
        }
      }
      await()
          .ignoreExceptions()
          .until(() -> Http.ask(port, "GET", "/", Map.of(), NOTHING).status() == 404);
    }
  }

  @Test
  void aHeadThatDoesNotComeEndsTheConnection() throws Exception {
    try (Served strict =
        Served.start("{protocols: {http: {endpoint: '127.0.0.1:0', read_header_timeout: 50ms}}}")) {
      try (Http http = Http.to(strict.receiver.httpPort())) {
        http.send("POST /v1/logs HT");
        assertThat(http.atEnd()).isTrue();
      }
    }
  }

  @Test
  void aBodyThatDoesNotComeIsABadRequest() throws Exception {
    try (Served strict =
        Served.start("{protocols: {http: {endpoint: '127.0.0.1:0', read_timeout: 100ms}}}")) {
      try (Http http = Http.to(strict.receiver.httpPort())) {
        http.send(Http.head("POST", "/v1/logs", Map.of("Content-Type", JSON), 100));
        assertThat(http.reply().status()).isEqualTo(400);
        assertThat(http.atEnd()).isTrue();
      }
    }
  }

  @Test
  void anIdleConnectionEnds() throws Exception {
    try (Served strict =
        Served.start("{protocols: {http: {endpoint: '127.0.0.1:0', idle_timeout: 50ms}}}")) {
      try (Http http = Http.to(strict.receiver.httpPort())) {
        assertThat(http.ask("GET", "/", Map.of(), NOTHING).status()).isEqualTo(404);
        assertThat(http.atEnd()).isTrue();
      }
    }
  }

  @Test
  void withoutKeepAliveEachConnectionServesOneRequest() throws Exception {
    try (Served strict =
        Served.start(
            "{protocols: {http: {endpoint: '127.0.0.1:0', keep_alives_enabled: false}}}")) {
      try (Http http = Http.to(strict.receiver.httpPort())) {
        Http.Reply reply =
            http.ask("POST", "/v1/logs", Map.of("Content-Type", JSON), Samples.json(Signal.LOGS));
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.header("Connection")).isEqualTo("close");
        assertThat(http.atEnd()).isTrue();
      }
    }
  }

  @Test
  void stopLetsARequestAtWorkFinish() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    served.pipelines =
        batch -> {
          try {
            go.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return Outcome.accepted();
        };
    int port = port();
    try (Http http = Http.to(port);
        Http idle = Http.to(port)) {
      idle.ask("GET", "/", Map.of(), NOTHING);
      byte[] body = Samples.json(Signal.LOGS);
      http.send(Http.head("POST", "/v1/logs", Map.of("Content-Type", JSON), body.length));
      http.send(body);
      await().until(() -> served.got.size() == 1);
      Thread stopping = Thread.ofPlatform().start(() -> served.close());
      assertThat(idle.atEnd()).isTrue();
      go.countDown();
      Http.Reply reply = http.reply();
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.header("Connection")).isEqualTo("close");
      stopping.join();
    }
  }

  @Test
  void stopCutsOffWhatDoesNotFinishInItsGrace() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    served.pipelines =
        batch -> {
          try {
            go.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return Outcome.accepted();
        };
    try (Http http = Http.to(port())) {
      byte[] body = Samples.json(Signal.LOGS);
      http.send(Http.head("POST", "/v1/logs", Map.of("Content-Type", JSON), body.length));
      http.send(body);
      await().until(() -> served.got.size() == 1);
      served.receiver.stop(Duration.ofMillis(50));
      assertThat(http.atEnd()).isTrue();
    } finally {
      go.countDown();
    }
  }

  @Test
  void metadataIsKeptWhenAskedFor() throws Exception {
    try (Served keeping =
        Served.start("{protocols: {http: {endpoint: '127.0.0.1:0', include_metadata: true}}}")) {
      Http.ask(
          keeping.receiver.httpPort(),
          "POST",
          "/v1/logs",
          Map.of("Content-Type", JSON, "X-Tenant", "blue"),
          Samples.json(Signal.LOGS));
      assertThat(keeping.got.getFirst().metadata())
          .containsEntry("x-tenant", java.util.List.of("blue"))
          .containsKey("host");
    }
    Http.post(port(), "/v1/logs", JSON, Samples.json(Signal.LOGS));
    assertThat(served.got.getFirst().metadata()).isEmpty();
  }

  @Test
  void browsersOfAllowedOriginsMaySend() throws Exception {
    try (Served open =
        Served.start(
            "{protocols: {http: {endpoint: '127.0.0.1:0', response_headers: {X-Extra: yes-it-is},"
                + " cors: {allowed_origins: ['https://*.example.com'],"
                + " allowed_headers: [X-Tenant], exposed_headers: [X-Extra], max_age: 7200}}}}")) {
      int port = open.receiver.httpPort();
      Map<String, String> asks =
          Map.of(
              "Origin", "https://shop.example.com",
              "Access-Control-Request-Method", "POST",
              "Access-Control-Request-Headers", "x-tenant");
      Http.Reply preflight = Http.ask(port, "OPTIONS", "/v1/logs", asks, NOTHING);
      assertThat(preflight.status()).isEqualTo(204);
      assertThat(preflight.headers())
          .containsEntry("access-control-allow-origin", "https://shop.example.com")
          .containsEntry("access-control-allow-methods", "POST")
          .containsEntry("access-control-allow-headers", "x-tenant")
          .containsEntry("access-control-allow-credentials", "true")
          .containsEntry("access-control-max-age", "7200")
          .containsEntry(
              "vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
          .containsEntry("x-extra", "yes-it-is");
      Http.Reply post =
          Http.ask(
              port,
              "POST",
              "/v1/logs",
              Map.of("Content-Type", JSON, "Origin", "https://shop.example.com"),
              Samples.json(Signal.LOGS));
      assertThat(post.status()).isEqualTo(200);
      assertThat(post.headers())
          .containsEntry("access-control-allow-origin", "https://shop.example.com")
          .containsEntry("access-control-expose-headers", "X-Extra");
      Http.Reply stranger =
          Http.ask(
              port,
              "OPTIONS",
              "/v1/logs",
              Map.of("Origin", "https://evil.test", "Access-Control-Request-Method", "POST"),
              NOTHING);
      assertThat(stranger.status()).isEqualTo(204);
      assertThat(stranger.headers()).doesNotContainKey("access-control-allow-origin");
    }
  }
}
