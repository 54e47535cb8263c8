package dev.weir.exporter.otlpgrpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.exporter.testing.TestContext;
import dev.weir.exporter.testing.TestYaml;
import dev.weir.pdata.Item;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.otlp.OtlpJson;
import dev.weir.pdata.otlp.OtlpProtobuf;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.testing.LifecycleContract;
import dev.weir.transport.testing.GrpcSink;
import dev.weir.transport.testing.SectionText;
import dev.weir.transport.testing.TestAuthority;
import dev.weir.transport.tls.TlsContext;
import dev.weir.transport.tls.TlsServerConfig;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a real gRPC server, whose answers are those of collector.md 4. */
final class OtlpGrpcExporterTest {
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final String ONCE =
      "sending_queue: {enabled: false}, retry_on_failure: {enabled: false}";

  @TempDir Path directory;
  private final TestContext context = new TestContext();
  private GrpcSink sink;

  @BeforeEach
  void open() throws IOException {
    sink = GrpcSink.start();
  }

  @AfterEach
  void close() {
    sink.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "gzip", "zstd", "snappy"})
  void everySignalArrivesWhateverPacksIt(String compression) throws Exception {
    for (Signal<?> signal : Signal.ALL) {
      arrives(signal, compression);
    }
    assertThat(sink.requests()).hasSize(3);
  }

  private <T extends Item> void arrives(Signal<T> signal, String compression) throws Exception {
    Telemetry<T> batch = LifecycleContract.batch(signal);
    byte[] expected = OtlpProtobuf.encode(batch);
    assertThat(send(signal, "compression: " + compression + ", " + ONCE))
        .isEqualTo(Outcome.accepted());
    GrpcSink.Request request = sink.requests().getLast();
    assertThat(request.body()).isEqualTo(expected);
    assertThat(request.service())
        .contains(
            signal.equals(Signal.TRACES)
                ? "Trace"
                : signal.equals(Signal.LOGS) ? "Logs" : "Metrics");
    assertThat(request.header("grpc-encoding"))
        .isEqualTo(compression.equals("none") ? null : compression);
    assertThat(request.header("user-agent")).startsWith("weir/0.1.0 (linux/");
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
            "endpoint: \""
                + sink.endpoint()
                + "\", tls: {insecure: true}, compression: "
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
  void gzipIsTheDefault() throws Exception {
    send(Signal.LOGS, ONCE);
    assertThat(sink.requests().getFirst().header("grpc-encoding")).isEqualTo("gzip");
  }

  @Test
  void headersGoWithEachRequest() throws Exception {
    send(Signal.LOGS, "headers: {X-Tenant: river, a-bin: raw}, authority: other.example, " + ONCE);
    GrpcSink.Request request = sink.requests().getFirst();
    assertThat(request.header("x-tenant")).isEqualTo("river");
    assertThat(request.headers().get(Metadata.Key.of("a-bin", Metadata.BINARY_BYTE_MARSHALLER)))
        .isEqualTo("raw".getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @EnumSource(
      value = Status.Code.class,
      names = {
        "CANCELLED",
        "DEADLINE_EXCEEDED",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNAVAILABLE",
        "DATA_LOSS"
      })
  void theseStatusesMeanToTryAgain(Status.Code code) throws Exception {
    sink.refuse(code.toStatus().withDescription("refused by the sink"));
    assertThat(send(Signal.LOGS, ONCE))
        .isEqualTo(new Outcome.Retry("refused by the sink", code(code), null));
  }

  @ParameterizedTest
  @CsvSource({
    "UNKNOWN, Unknown",
    "INVALID_ARGUMENT, InvalidArgument",
    "NOT_FOUND, NotFound",
    "ALREADY_EXISTS, AlreadyExists",
    "PERMISSION_DENIED, PermissionDenied",
    "RESOURCE_EXHAUSTED, ResourceExhausted",
    "FAILED_PRECONDITION, FailedPrecondition",
    "UNIMPLEMENTED, Unimplemented",
    "INTERNAL, Internal",
    "UNAUTHENTICATED, Unauthenticated"
  })
  void allOthersMeanNever(Status.Code code, String name) throws Exception {
    sink.refuse(code.toStatus().withDescription("refused by the sink"));
    assertThat(send(Signal.LOGS, ONCE))
        .isEqualTo(
            new Outcome.Refused(
                "Permanent error: rpc error: code = " + name + " desc = refused by the sink",
                code(code)));
  }

  @Test
  void aServerThatSaysWhenIsTriedAgainThen() throws Exception {
    for (Status status : List.of(Status.RESOURCE_EXHAUSTED, Status.UNAVAILABLE)) {
      sink.answer(
          request -> {
            throw status.withDescription("later").asRuntimeException(retryInfo());
          });
      assertThat(send(Signal.LOGS, ONCE))
          .isEqualTo(
              new Outcome.Retry(
                  "Throttle (7.5s), error: rpc error: code = "
                      + (status.getCode() == Status.Code.UNAVAILABLE
                          ? "Unavailable"
                          : "ResourceExhausted")
                      + " desc = later",
                  code(status.getCode()),
                  Duration.ofMillis(7500)));
    }
  }

  /** gRPC's codes have the same names here. */
  private static Code code(Status.Code code) {
    return Code.valueOf(code.name());
  }

  /** A Status of code 8 with RetryInfo{retry_delay 7.5 s}, as Go's grpc writes it. */
  private static Metadata retryInfo() {
    byte[] type = "type.googleapis.com/google.rpc.RetryInfo".getBytes(StandardCharsets.UTF_8);
    String delay = "0a08" + "0807" + "1080cab5ee01"; // retry_delay{seconds 7, nanos 500000000}
    String any = "0a28" + HexFormat.of().formatHex(type) + "120a" + delay;
    byte[] details = HexFormat.of().parseHex("0808" + "1a36" + any);
    Metadata trailers = new Metadata();
    trailers.put(
        Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER), details);
    return trailers;
  }

  @Test
  void aPartialSuccessIsSaidAndCounted() throws Exception {
    // partial_success{rejected 3, error_message "no"}
    sink.answer(request -> HexFormat.of().parseHex("0a06080312026e6f"));
    assertThat(send(Signal.LOGS, ONCE).taken()).isTrue();
    assertThat(context.logger().messages())
        .anySatisfy(
            message -> {
              assertThat(message.text()).isEqualTo("Partial success response");
              assertThat(message.fields()).contains("message=no", "dropped_log_records=3");
            });
    assertThat(context.sum("weir_exporter_rejected_log_records")).isEqualTo(3);
  }

  @Test
  void anAnswerThatIsNoneIsAnError() throws Exception {
    sink.answer(request -> new byte[] {10, 99});
    assertThat(send(Signal.LOGS, ONCE))
        .isEqualTo(
            new Outcome.Refused(
                "Permanent error: rpc error: code = Internal desc = grpc: failed to unmarshal the"
                    + " received message: unexpected EOF",
                Code.INTERNAL));
  }

  @Test
  void aDeadServerIsSaidInTheCollectorsWords() throws Exception {
    sink.close();
    assertThat(send(Signal.LOGS, ONCE))
        .isEqualTo(
            new Outcome.Retry(
                "connection error: desc = \"transport: Error while dialing: dial tcp 127.0.0.1:"
                    + sink.port()
                    + ": connect: connection refused\"",
                Code.UNAVAILABLE,
                null));
    assertThat(context.sum("otelcol_exporter_send_failed_log_records", "error.type", "Unavailable"))
        .isEqualTo(1);
  }

  @Test
  void itRecoversByItselfWhenTheServerComesBack() throws Exception {
    int port = sink.port();
    sink.close();
    Exporter<LogRecord> exporter =
        exporter(
            Signal.LOGS,
            ("endpoint: \"127.0.0.1:%d\", tls: {insecure: true}, retry_on_failure:"
                    + " {initial_interval: 10ms, max_interval: 50ms}")
                .formatted(port));
    exporter.start(TestContext.host());
    try {
      assertThat(exporter.consume(LifecycleContract.batch(Signal.LOGS)).taken()).isTrue();
      await()
          .until(
              () ->
                  context.logger().messages().stream()
                      .anyMatch(m -> m.text().startsWith("Exporting failed. Will retry")));
      sink = GrpcSink.onPort(port, null);
      await().atMost(Duration.ofSeconds(20)).until(() -> sink.requests().size() == 1);
    } finally {
      exporter.stop(GRACE);
    }
    assertThat(context.sum("otelcol_exporter_sent_log_records")).isEqualTo(1);
  }

  @Test
  void anAttemptEndsWithItsTimeout() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    sink.answer(
        request -> {
          try {
            never.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return new byte[0];
        });
    assertThat(send(Signal.LOGS, "timeout: 50ms, " + ONCE))
        .isEqualTo(new Outcome.Retry("context deadline exceeded", Code.DEADLINE_EXCEEDED, null));
    never.countDown();
  }

  @Test
  void waitingForAConnectionEndsWithTheTimeoutToo() throws Exception {
    sink.close();
    assertThat(send(Signal.LOGS, "wait_for_ready: true, timeout: 50ms, " + ONCE))
        .isEqualTo(new Outcome.Retry("context deadline exceeded", Code.DEADLINE_EXCEEDED, null));
  }

  @Test
  void aUnixSocketIsReached() throws Exception {
    Path path = directory.resolve("weir.sock");
    try (GrpcSink local = GrpcSink.start(UnixDomainSocketAddress.of(path))) {
      assertThat(
              sendTo(
                  Signal.LOGS, "endpoint: \"unix://" + path + "\", tls: {insecure: true}, " + ONCE))
          .isEqualTo(Outcome.accepted());
      assertThat(local.requests()).hasSize(1);
    }
  }

  @Test
  void everyFormOfAnEndpointIsReached() throws Exception {
    for (String endpoint :
        List.of(
            "http://127.0.0.1:%d",
            "http://127.0.0.1:%d/", "dns:///localhost:%d", "localhost:%d", ":%d")) {
      String insecure = endpoint.startsWith("http:") ? "" : "tls: {insecure: true}, ";
      assertThat(
              sendTo(
                  Signal.LOGS,
                  "endpoint: \"" + endpoint.formatted(sink.port()) + "\", " + insecure + ONCE))
          .as(endpoint)
          .isEqualTo(Outcome.accepted());
    }
    assertThat(
            sendTo(
                Signal.LOGS,
                "balancer_name: pick_first, tls: {insecure: true}, endpoint: \""
                    + sink.endpoint()
                    + "\", "
                    + ONCE))
        .isEqualTo(Outcome.accepted());
  }

  @Test
  void tlsIsTheDefaultAndAPlainServerIsTold() throws Exception {
    Outcome outcome = sendTo(Signal.LOGS, "endpoint: \"" + sink.endpoint() + "\", " + ONCE);
    assertThat(outcome).isInstanceOf(Outcome.Retry.class);
    assertThat(((Outcome.Retry) outcome).reason())
        .startsWith(
            "connection error: desc = \"transport: authentication handshake failed: tls: first"
                + " record does not look like a TLS handshake")
        .contains("tls::insecure: true");
  }

  @Test
  void bothSidesShowTheirCertificates() throws Exception {
    TestAuthority authority = new TestAuthority("authority");
    Files.writeString(directory.resolve("ca.crt"), authority.certificate());
    authority.issue("server", "localhost", "127.0.0.1").write(directory, "server");
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
    try (GrpcSink secure = GrpcSink.start(server)) {
      String ca = "ca_file: %s/ca.crt".formatted(directory);
      String own = ", cert_file: %1$s/client.crt, key_file: %1$s/client.key".formatted(directory);
      String to = "endpoint: \"https://127.0.0.1:" + secure.port() + "\", ";
      assertThat(sendTo(Signal.LOGS, to + "tls: {" + ca + own + "}, " + ONCE))
          .isEqualTo(Outcome.accepted());
      assertThat(sendTo(Signal.LOGS, to + "tls: {insecure_skip_verify: true" + own + "}, " + ONCE))
          .isEqualTo(Outcome.accepted());
      assertThat(sendTo(Signal.LOGS, to + "tls: {" + ca + "}, " + ONCE))
          .isInstanceOf(Outcome.Retry.class);
      Outcome stranger = sendTo(Signal.LOGS, to + ONCE);
      assertThat(stranger).isInstanceOf(Outcome.Retry.class);
      assertThat(((Outcome.Retry) stranger).reason())
          .contains("authentication handshake failed")
          .contains("PKIX path");
      assertThat(secure.requests()).hasSize(2);
    }
  }

  @Test
  void aCertificateThatCannotBeReadStopsTheStart() {
    Exporter<LogRecord> exporter =
        exporter(Signal.LOGS, "endpoint: \"localhost:1\", tls: {ca_file: /nowhere}");
    assertThatThrownBy(() -> exporter.start(TestContext.host()))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("failed to load TLS config")
        .hasMessageContaining("/nowhere");
    exporter.stop(GRACE);
  }

  @Test
  void theSignalsOfOneExporterShareAConnection() throws Exception {
    var factory = OtlpGrpcExporterFactory.create();
    var config =
        (OtlpGrpcExporterConfig)
            TestYaml.config(
                factory,
                "exporters: {otlp_grpc: {endpoint: \"%s\", tls: {insecure: true}, %s}}\n"
                    .formatted(sink.endpoint(), ONCE));
    var logs =
        Objects.requireNonNull(factory.maker(Signal.LOGS))
            .make(context.exporter("otlp_grpc", InstantSource.system()), config);
    var traces =
        Objects.requireNonNull(factory.maker(Signal.TRACES))
            .make(context.exporter("otlp_grpc", InstantSource.system()), config);
    logs.start(TestContext.host());
    traces.start(TestContext.host());
    assertThat(logs.consume(LifecycleContract.batch(Signal.LOGS))).isEqualTo(Outcome.accepted());
    logs.stop(GRACE);
    assertThat(traces.consume(LifecycleContract.batch(Signal.TRACES)))
        .isEqualTo(Outcome.accepted());
    assertThat(threads()).isEqualTo(1);
    traces.stop(GRACE);
    await().until(() -> threads() == 0);
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("otlp_grpc-io"))
        .count();
  }

  @Test
  void itKeepsTheLifecycle() throws Exception {
    var factory = OtlpGrpcExporterFactory.create();
    var config =
        (OtlpGrpcExporterConfig)
            TestYaml.config(
                factory,
                "exporters: {otlp_grpc: {endpoint: \"%s\", tls: {insecure: true}}}\n"
                    .formatted(sink.endpoint()));
    LifecycleContract.of(factory, config).check();
    assertThat(sink.requests()).hasSize(9);
  }

  private <T extends Item> Outcome send(Signal<T> signal, String more) throws StartException {
    return sendTo(signal, "endpoint: \"" + sink.endpoint() + "\", tls: {insecure: true}, " + more);
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
    var factory = OtlpGrpcExporterFactory.create();
    var config =
        (OtlpGrpcExporterConfig)
            TestYaml.config(factory, "exporters: {otlp_grpc: {" + body + "}}\n");
    return Objects.requireNonNull(factory.maker(signal))
        .make(context.exporter("otlp_grpc", InstantSource.system()), config);
  }
}
