package dev.weir.exporter.otlphttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.exporter.testing.TestContext;
import dev.weir.exporter.testing.TestYaml;
import dev.weir.pdata.Item;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.otlp.ExportResponse;
import dev.weir.pdata.otlp.OtlpJson;
import dev.weir.pdata.otlp.OtlpProtobuf;
import dev.weir.pdata.otlp.RpcStatus;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.testing.LifecycleContract;
import dev.weir.transport.testing.HttpSink;
import dev.weir.transport.testing.SectionText;
import dev.weir.transport.testing.TestAuthority;
import dev.weir.transport.tls.TlsContext;
import dev.weir.transport.tls.TlsServerConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a real HTTP server, whose answers are those of collector.md 4. */
final class OtlpHttpExporterTest {
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
  private static final String ONCE =
      "sending_queue: {enabled: false}, retry_on_failure: {enabled: false}";

  @TempDir Path directory;
  private final TestContext context = new TestContext();
  private HttpSink sink;

  @BeforeEach
  void open() throws IOException {
    sink = HttpSink.start();
  }

  @AfterEach
  void close() {
    sink.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"none", "gzip", "zstd", "snappy", "x-snappy-framed", "zlib", "deflate", "lz4"})
  void everySignalArrivesWhateverPacksIt(String compression) throws Exception {
    for (Signal<?> signal : Signal.ALL) {
      arrives(signal, compression);
    }
  }

  private <T extends Item> void arrives(Signal<T> signal, String compression) throws Exception {
    Telemetry<T> batch = LifecycleContract.batch(signal);
    byte[] expected = OtlpProtobuf.encode(batch);
    assertThat(send(signal, "compression: " + compression)).isEqualTo(Outcome.accepted());
    HttpSink.Request request = sink.requests().getLast();
    assertThat(request.body()).isEqualTo(expected);
    assertThat(request.path()).isEqualTo("/v1/" + signal.signalName());
    assertThat(request.header("Content-Type")).isEqualTo("application/x-protobuf");
    assertThat(request.header("Content-Encoding"))
        .isEqualTo(compression.equals("none") ? null : compression);
    assertThat(request.header("User-Agent")).startsWith("weir/0.1.0 (linux/");
    assertThat(request.header("Upgrade")).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "gzip"})
  void largeGroupsThatNobodyOpenedArriveAsTheyCame(String compression) throws Exception {
    String group =
        "{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"%s\"}}]}]}"
            .formatted("weir".repeat(100_000));
    String json = "{\"resourceLogs\":[" + group + "," + group + "," + group + "]}";
    byte[] bytes =
        OtlpProtobuf.encode(OtlpJson.decode(Signal.LOGS, json.getBytes(StandardCharsets.UTF_8)));
    Telemetry<LogRecord> batch = OtlpProtobuf.decode(Signal.LOGS, bytes);
    assertThat(batch.resources()).hasSize(3).allMatch(each -> each.encoded() != null);
    Exporter<LogRecord> exporter =
        exporter(
            Signal.LOGS,
            "endpoint: \"http://127.0.0.1:"
                + sink.port()
                + "\", compression: "
                + compression
                + ", "
                + ONCE);
    exporter.start(TestContext.host());
    try {
      assertThat(exporter.consume(batch)).isEqualTo(Outcome.accepted());
    } finally {
      exporter.stop(GRACE);
    }
    assertThat(sink.requests().getFirst().body()).isEqualTo(bytes);
  }

  @Test
  void jsonIsJson() throws Exception {
    assertThat(send(Signal.TRACES, "encoding: json, compression_params: {level: 9}"))
        .isEqualTo(Outcome.accepted());
    HttpSink.Request request = sink.requests().getFirst();
    assertThat(request.header("Content-Type")).isEqualTo("application/json");
    assertThat(request.header("Content-Encoding")).isEqualTo("gzip");
    assertThat(request.body()).isEqualTo(OtlpJson.encode(LifecycleContract.batch(Signal.TRACES)));
  }

  @Test
  void aSignalMayHaveItsOwnUrl() throws Exception {
    sendTo(
        Signal.LOGS,
        "endpoint: \"http://nowhere.invalid\", logs_endpoint: \"http://127.0.0.1:%d/in/logs\", "
                .formatted(sink.port())
            + ONCE);
    sendTo(Signal.LOGS, "endpoint: \"http://127.0.0.1:%d/base/\", ".formatted(sink.port()) + ONCE);
    assertThat(sink.requests().stream().map(HttpSink.Request::path))
        .containsExactly("/in/logs", "/base/v1/logs");
  }

  @Test
  void headersGoWithEachRequest() throws Exception {
    send(Signal.LOGS, "headers: {X-Tenant: river, User-Agent: mine}");
    assertThat(sink.requests().getFirst().header("X-Tenant")).isEqualTo("river");
    assertThat(sink.requests().getFirst().header("User-Agent")).isEqualTo("mine");
  }

  @ParameterizedTest
  @CsvSource({
    "400, INVALID_ARGUMENT, InvalidArgument",
    "401, UNAUTHENTICATED, Unauthenticated",
    "403, PERMISSION_DENIED, PermissionDenied",
    "404, UNIMPLEMENTED, Unimplemented",
    "413, UNKNOWN, Unknown",
    "500, UNKNOWN, Unknown",
    "501, UNKNOWN, Unknown"
  })
  void theseStatusesMeanNever(int status, Code code, String name) throws Exception {
    sink.answer(request -> HttpSink.Answer.of(status));
    assertThat(send(Signal.LOGS, ""))
        .isEqualTo(
            new Outcome.Refused(
                "Permanent error: rpc error: code = "
                    + name
                    + " desc = error exporting items, request to http://127.0.0.1:"
                    + sink.port()
                    + "/v1/logs responded with HTTP Status Code "
                    + status
                    + ", Message=, Details=[]",
                code));
  }

  /** They make a GET of a POST, and whoever answers that well never got the data. */
  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303})
  void aRedirectionThatDropsTheBodyIsTheAnswerItself(int status) throws Exception {
    sink.answer(
        request ->
            request.path().equals("/v1/logs")
                ? new HttpSink.Answer(status, Map.of("Location", "/elsewhere"), new byte[0])
                : HttpSink.Answer.of(200));
    assertThat(send(Signal.LOGS, ""))
        .isInstanceOfSatisfying(
            Outcome.Refused.class,
            refused ->
                assertThat(refused.reason())
                    .contains("/v1/logs responded with HTTP Status Code " + status));
    assertThat(sink.requests())
        .filteredOn(request -> request.path().equals("/elsewhere"))
        .allSatisfy(request -> assertThat(request.body()).isEmpty());
    assertThat(context.sum("otelcol_exporter_sent_log_records")).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {307, 308})
  void aRedirectionThatKeepsTheBodyIsFollowed(int status) throws Exception {
    sink.answer(
        request ->
            request.path().equals("/v1/logs")
                ? new HttpSink.Answer(status, Map.of("Location", "/elsewhere"), new byte[0])
                : HttpSink.Answer.of(200));
    assertThat(send(Signal.LOGS, "compression: zstd, headers: {X-Tenant: river}"))
        .isEqualTo(Outcome.accepted());
    HttpSink.Request last = sink.requests().getLast();
    assertThat(last.path()).isEqualTo("/elsewhere");
    assertThat(last.body()).isEqualTo(OtlpProtobuf.encode(LifecycleContract.batch(Signal.LOGS)));
    assertThat(last.header("Content-Type")).isEqualTo("application/x-protobuf");
    assertThat(last.header("Content-Encoding")).isEqualTo("zstd");
    assertThat(last.header("X-Tenant")).isEqualTo("river");
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 307})
  void aRedirectionInACircleIsNoSuccess(int status) throws Exception {
    sink.answer(
        request -> new HttpSink.Answer(status, Map.of("Location", "/v1/logs"), new byte[0]));
    assertThat(send(Signal.LOGS, "").taken()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "429, RESOURCE_EXHAUSTED",
    "502, UNAVAILABLE",
    "503, UNAVAILABLE",
    "504, UNAVAILABLE"
  })
  void theseStatusesMeanToTryAgain(int status, Code code) throws Exception {
    sink.answer(request -> HttpSink.Answer.of(status));
    assertThat(send(Signal.LOGS, ""))
        .isEqualTo(
            new Outcome.Retry(
                "error exporting items, request to http://127.0.0.1:"
                    + sink.port()
                    + "/v1/logs responded with HTTP Status Code "
                    + status
                    + ", Message=, Details=[]",
                code,
                null));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "429 | 7 | 7",
        "503 | 7 | 7",
        "503 | Fri, 20 Nov 2026 10:00:30 GMT | 30",
        "503 | Fri, 20 Nov 2026 09:00:00 GMT | 0",
        "503 | soon | -1",
        "503 | -5 | -1",
        "502 | 7 | -1"
      })
  void aServerThatSaysWhenIsHeard(int status, String retryAfter, long seconds) throws Exception {
    sink.answer(
        request -> new HttpSink.Answer(status, Map.of("Retry-After", retryAfter), new byte[0]));
    assertThat(send(Signal.LOGS, ""))
        .isInstanceOfSatisfying(
            Outcome.Retry.class,
            retry ->
                assertThat(retry.after())
                    .isEqualTo(seconds < 0 ? null : Duration.ofSeconds(seconds)));
  }

  @Test
  void whatAServerSaysOfARefusalIsHandedOn() throws Exception {
    RpcStatus status = RpcStatus.of(3, "no such tenant").withRetryAfter(Duration.ofSeconds(1));
    for (String type : List.of("application/x-protobuf", "application/json; charset=utf-8")) {
      byte[] body = type.contains("json") ? status.toJson() : status.toProtobuf();
      sink.answer(request -> new HttpSink.Answer(400, Map.of("Content-Type", type), body));
      assertThat(((Outcome.Refused) send(Signal.LOGS, "")).reason())
          .as(type)
          .contains("Status Code 400, Message=no such tenant, Details=[");
    }
    sink.answer(
        request -> new HttpSink.Answer(400, Map.of(), "go away".getBytes(StandardCharsets.UTF_8)));
    assertThat(((Outcome.Refused) send(Signal.LOGS, "")).reason()).endsWith("Status Code 400");
  }

  @Test
  void aPartialSuccessIsSaidAndCounted() throws Exception {
    ExportResponse partial = new ExportResponse(3, "no");
    for (String type : List.of("application/x-protobuf", "application/json")) {
      byte[] body = type.contains("json") ? partial.toJson(Signal.LOGS) : partial.toProtobuf();
      sink.answer(request -> new HttpSink.Answer(200, Map.of("Content-Type", type), body));
      assertThat(send(Signal.LOGS, "").taken()).isTrue();
    }
    assertThat(context.logger().messages())
        .filteredOn(message -> message.text().equals("Partial success response"))
        .hasSize(2)
        .allSatisfy(
            message ->
                assertThat(message.fields()).contains("message=no", "dropped_log_records=3"));
    assertThat(context.sum("weir_exporter_rejected_log_records")).isEqualTo(6);
  }

  @Test
  void anAnswerThatIsNoneIsAnErrorAndUnknownTypesAreNot() throws Exception {
    byte[] junk = {10, 99};
    sink.answer(
        request ->
            new HttpSink.Answer(200, Map.of("Content-Type", "application/x-protobuf"), junk));
    assertThat(((Outcome.Refused) send(Signal.LOGS, "")).reason())
        .contains("error parsing protobuf response: ");
    sink.answer(request -> new HttpSink.Answer(200, Map.of("Content-Type", "text/plain"), junk));
    assertThat(send(Signal.LOGS, "")).isEqualTo(Outcome.accepted());
    sink.answer(request -> HttpSink.Answer.of(204));
    assertThat(send(Signal.LOGS, "")).isEqualTo(Outcome.accepted());
  }

  @Test
  void aLongAnswerIsNotReadToItsEnd() throws Exception {
    sink.answer(
        request ->
            new HttpSink.Answer(200, Map.of("Content-Type", "text/plain"), new byte[8 << 20]));
    assertThat(send(Signal.LOGS, "")).isEqualTo(Outcome.accepted());
  }

  @Test
  void aDeadServerIsSaidInTheCollectorsWords() throws Exception {
    sink.close();
    assertThat(send(Signal.LOGS, ""))
        .isEqualTo(
            new Outcome.Retry(
                "failed to make an HTTP request: Post \"http://127.0.0.1:%1$d/v1/logs\": dial tcp"
                        .formatted(sink.port())
                    + " 127.0.0.1:%d: connect: connection refused".formatted(sink.port()),
                Code.UNAVAILABLE,
                null));
    assertThat(context.sum("otelcol_exporter_send_failed_log_records", "error.type", "_OTHER"))
        .isEqualTo(1);
    assertThat(context.sum("otelcol_exporter_send_failed_log_records", "url.path", "/v1/logs"))
        .isEqualTo(1);
  }

  @Test
  void anAttemptEndsWithItsTimeoutEvenInTheMiddleOfTheAnswer() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    sink.answer(
        request -> {
          try {
            never.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return HttpSink.Answer.of(200);
        });
    assertThat(((Outcome.Retry) send(Signal.LOGS, "timeout: 50ms")).reason())
        .endsWith("/v1/logs\": context deadline exceeded");
    never.countDown();
  }

  @Test
  void bothSidesShowTheirCertificates() throws Exception {
    TestAuthority authority = new TestAuthority("authority");
    Files.writeString(directory.resolve("ca.crt"), authority.certificate());
    authority.issue("server", "gateway.example").write(directory, "server");
    authority.issue("client", "client").write(directory, "client");
    TlsContext server =
        TlsContext.server(
            SectionText.decode(
                TlsServerConfig.class,
                TlsServerConfig.SCHEMA,
                "{cert_file: %1$s/server.crt, key_file: %1$s/server.key, client_ca_file: %1$s/ca.crt}"
                    .formatted(directory)),
            InstantSource.system(),
            context.logger());
    try (HttpSink secure = HttpSink.start(server)) {
      String ca = "ca_file: %s/ca.crt".formatted(directory);
      String own = ", cert_file: %1$s/client.crt, key_file: %1$s/client.key".formatted(directory);
      String to = "endpoint: \"https://127.0.0.1:" + secure.port() + "\", ";
      String named = ", server_name_override: gateway.example";
      assertThat(sendTo(Signal.LOGS, to + "tls: {" + ca + own + named + "}, " + ONCE))
          .isEqualTo(Outcome.accepted());
      assertThat(sendTo(Signal.LOGS, to + "tls: {insecure_skip_verify: true" + own + "}, " + ONCE))
          .isEqualTo(Outcome.accepted());
      Outcome otherName = sendTo(Signal.LOGS, to + "tls: {" + ca + own + "}, " + ONCE);
      assertThat(((Outcome.Retry) otherName).reason()).contains("tls: ").contains("127.0.0.1");
      assertThat(sendTo(Signal.LOGS, to + "tls: {" + ca + named + "}, " + ONCE))
          .isInstanceOf(Outcome.Retry.class);
      assertThat(secure.requests()).hasSize(2);
    }
  }

  @Test
  void aSignalWithoutAnEndpointCannotStart() {
    Exporter<LogRecord> exporter = exporter(Signal.LOGS, "traces_endpoint: \"http://a\"");
    assertThatThrownBy(() -> exporter.start(TestContext.host()))
        .isInstanceOf(StartException.class)
        .hasMessage("either endpoint or logs_endpoint must be specified");
    exporter.stop(GRACE);
  }

  @Test
  void itKeepsTheLifecycle() throws Exception {
    var factory = OtlpHttpExporterFactory.create();
    var config =
        (OtlpHttpExporterConfig)
            TestYaml.config(
                factory,
                "exporters: {otlp_http: {endpoint: \"http://127.0.0.1:%d\"}}\n"
                    .formatted(sink.port()));
    LifecycleContract.of(factory, config).check();
    assertThat(sink.requests()).hasSize(9);
  }

  private <T extends Item> Outcome send(Signal<T> signal, String more) throws StartException {
    return sendTo(
        signal,
        "endpoint: \"http://127.0.0.1:"
            + sink.port()
            + "\", "
            + (more.isEmpty() ? "" : more + ", ")
            + ONCE);
  }

  private <T extends Item> Outcome sendTo(Signal<T> signal, String body) throws StartException {
    Exporter<T> exporter = exporter(signal, body);
    exporter.start(TestContext.host());
    try {
      return exporter.consume(LifecycleContract.batch(signal));
    } finally {
      exporter.stop(GRACE);
    }
  }

  private <T extends Item> Exporter<T> exporter(Signal<T> signal, String body) {
    var factory = OtlpHttpExporterFactory.create();
    var config =
        (OtlpHttpExporterConfig)
            TestYaml.config(factory, "exporters: {otlp_http: {" + body + "}}\n");
    return Objects.requireNonNull(factory.maker(signal))
        .make(context.exporter("otlp_http", () -> NOW), config);
  }
}
