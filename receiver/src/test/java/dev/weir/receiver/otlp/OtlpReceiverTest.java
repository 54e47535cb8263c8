package dev.weir.receiver.otlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.pdata.Signal;
import dev.weir.pipeline.Components;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.config.ConfigLoader;
import dev.weir.pipeline.config.ConfigSource;
import dev.weir.pipeline.config.LoadResult;
import dev.weir.pipeline.config.Schema;
import dev.weir.pipeline.config.SchemaTable;
import dev.weir.pipeline.testing.LifecycleContract;
import dev.weir.pipeline.testing.OpenThings;
import dev.weir.transport.testing.SectionText;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.CollectionRegistration;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class OtlpReceiverTest {
  private static final Path README =
      Path.of(Files.isDirectory(Path.of("receiver")) ? "receiver" : ".")
          .resolve("src/main/java/dev/weir/receiver/otlp/README.md");
  private static final long SEED = 20261120;

  @TempDir private Path directory;

  @Test
  void theReadmeNamesEachKeyAndItsDefault() throws Exception {
    assertThat(SchemaTable.of(OtlpReceiverConfig.SCHEMA).differences(Files.readString(README)))
        .isEmpty();
  }

  @Test
  void theExampleOfTheReadmeIsGood() throws Exception {
    String readme = Files.readString(README);
    int begin = readme.indexOf("receivers:\n  otlp:\n");
    String example = readme.substring(begin, readme.indexOf("```", begin));
    ExporterFactory<String> nowhere =
        ExporterFactory.of(Factory.Type.of("nowhere", Factory.Stability.STABLE, Schema.empty("")))
            .withLogs((context, config) -> batch -> Outcome.accepted());
    LoadResult<String> result =
        new ConfigLoader<>(
                new Components(List.of(OtlpReceiverFactory.create(), nowhere)),
                Schema.empty(""),
                name -> null)
            .load(
                List.of(
                    new ConfigSource.Text(
                        "README.md",
                        example
                            + "exporters: {nowhere: {}}\n"
                            + "service: {pipelines: {logs: {receivers: [otlp],"
                            + " exporters: [nowhere]}}}\n")));
    assertThat(result).isInstanceOf(LoadResult.Loaded.class);
  }

  @Test
  void aKeyWithoutValueTurnsAProtocolOnWithTheCollectorsDefaults() {
    OtlpReceiverConfig config =
        SectionText.decode(
            OtlpReceiverConfig.class, OtlpReceiverConfig.SCHEMA, "{protocols: {grpc: , http: }}");
    assertThat(config.protocols().grpc()).isNotNull();
    assertThat(config.protocols().http()).isNotNull();
    OtlpReceiverConfig.Http http = config.protocols().http();
    if (http != null) {
      assertThat(http.server().listener().endpoint()).isEqualTo("localhost:4318");
      assertThat(http.server().maxRequestBodySize()).isEqualTo(20 << 20);
      assertThat(http.tracesPath()).isEqualTo("/v1/traces");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|must specify at least one protocol when using the OTLP receiver",
        "{protocols: {thrift: {}}}|unknown key \"thrift\"",
        "{protocols: {grpc: {end_point: x}}}|did you mean \"endpoint\"",
        "{protocols: {http: {max_request_body_siz: 1}}}|did you mean \"max_request_body_size\"",
        "{protocols: {grpc: {endpoint: localhost}}}|missing port in address",
        "{protocols: {grpc: {endpoint: 'localhost:99999'}}}|invalid port",
        "{protocols: {grpc: {max_recv_msg_size_mib: -1}}}|invalid max_recv_msg_size_mib value",
        "{protocols: {grpc: {transport: udp}}}|must be tcp, tcp4, tcp6 or unix",
        "{protocols: {grpc: {auth: {authenticator: oidc}}}}|no authenticator can be had yet",
        "{protocols: {http: {auth: {authenticator: oidc}}}}|no authenticator can be had yet",
        "{protocols: {http: {middlewares: [{id: x}]}}}|no extension can be a middleware yet",
        "{protocols: {http: {compression_algorithms: [brotli]}}}|each must be",
        "{protocols: {http: {traces_url_path: 'a b'}}}|invalid HTTP URL path set for signal",
        "{protocols: {grpc: {tls: {}}}}|must include both certificate and key",
        "{protocols: {grpc: }, max_connections: 0}|must be between 1 and 1000000",
      })
  void aBadConfigIsRefusedWithAClearError(String body, String message) {
    assertThat(SectionText.errors(OtlpReceiverConfig.SCHEMA, body)).contains(message);
  }

  @Test
  void pathsMayBeChosenAndGetTheirSlash() throws Exception {
    try (Served served =
        Served.start("{protocols: {http: {endpoint: '127.0.0.1:0', logs_url_path: in/logs}}}")) {
      byte[] logs = Samples.json(Signal.LOGS);
      int port = served.receiver.httpPort();
      assertThat(Http.post(port, "/in/logs", "application/json", logs).status()).isEqualTo(200);
      assertThat(Http.post(port, "/v1/logs", "application/json", logs).status()).isEqualTo(404);
    }
  }

  @Test
  void aPortThatIsTakenIsNamedInTheCollectorsWords() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      OpenThings before = OpenThings.now();
      for (String body :
          new String[] {
            "{protocols: {grpc: {endpoint: '127.0.0.1:%d'}}}",
            "{protocols: {grpc: {endpoint: '127.0.0.1:0'}, http: {endpoint: '127.0.0.1:%d'}}}"
          }) {
        assertThatThrownBy(() -> Served.start(body.formatted(port)))
            .isInstanceOf(StartException.class)
            .hasMessageStartingWith(
                "listen tcp 127.0.0.1:" + port + ": bind: address already in use");
      }
      await()
          .pollInSameThread()
          .untilAsserted(() -> assertThat(OpenThings.now().moreThan(before)).isEmpty());
    }
  }

  @Test
  void nothingIsLeftAfterTwoRuns() throws Exception {
    LifecycleContract.of(
            OtlpReceiverFactory.create(),
            SectionText.decode(OtlpReceiverConfig.class, OtlpReceiverConfig.SCHEMA, Served.BOTH))
        .check();
  }

  @Test
  void nothingIsLeftAfterRequestsHaveBeenServed() throws Exception {
    exchange();
    OpenThings before = OpenThings.now();
    exchange();
    await()
        .pollInSameThread()
        .untilAsserted(() -> assertThat(OpenThings.now().moreThan(before)).isEmpty());
  }

  private static void exchange() throws Exception {
    try (Served served = Served.start();
        Grpc client = Grpc.to(served.receiver.grpcPort())) {
      client.call(Grpc.LOGS, Samples.protobuf(Signal.LOGS));
      Http.post(
          served.receiver.httpPort(), "/v1/logs", "application/json", Samples.json(Signal.LOGS));
      assertThat(served.got).hasSize(2);
    }
  }

  @Test
  void bothProtocolsListenOnUnixSocketsAlsoOnesLeftBehind() throws Exception {
    Path grpc = directory.resolve("grpc.sock");
    Path http = directory.resolve("http.sock");
    try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(http)); // closing leaves the file
    }
    assertThat(http).exists();
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    try (Served served =
        Served.start(
            ("{protocols: {grpc: {transport: unix, endpoint: '%s'},"
                    + " http: {transport: unix, endpoint: '%s'}}}")
                .formatted(grpc, http))) {
      try (Grpc client =
          new Grpc(
              NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(grpc))
                  .eventLoopGroup(loop)
                  .channelFactory(NioDomainSocketChannel::new)
                  .usePlaintext())) {
        client.call(Grpc.LOGS, Samples.protobuf(Signal.LOGS));
      }
      try (SocketChannel socket = SocketChannel.open(UnixDomainSocketAddress.of(http))) {
        byte[] body = Samples.json(Signal.LOGS);
        socket.write(
            ByteBuffer.wrap(
                Http.head(
                    "POST", "/v1/logs", Map.of("Content-Type", "application/json"), body.length)));
        socket.write(ByteBuffer.wrap(body));
        ByteBuffer answer = ByteBuffer.allocate(1000);
        socket.read(answer);
        assertThat(new String(answer.array(), 0, answer.position(), StandardCharsets.US_ASCII))
            .startsWith("HTTP/1.1 200 OK");
      }
      assertThat(served.got).hasSize(2);
    } finally {
      assertThat(loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(5, TimeUnit.SECONDS))
          .isTrue();
    }
    assertThat(grpc).doesNotExist();
    assertThat(http).doesNotExist();
  }

  @Test
  void whatIsTurnedAwayIsCounted() throws Exception {
    Reader reader = new Reader();
    try (SdkMeterProvider meters = SdkMeterProvider.builder().registerMetricReader(reader).build();
        Served served =
            Served.start(
                "{protocols: {http: {endpoint: '127.0.0.1:0'}}, max_in_flight_mib: 1}",
                meters.get("test"),
                InstantSource.system())) {
      Http.post(
          served.receiver.httpPort(),
          "/v1/logs",
          "application/x-protobuf",
          Samples.largeLogs(2_000_000));
      assertThat(reader.sum("weir_receiver_otlp_rejected_requests")).isEqualTo(1);
      assertThat(reader.sum("weir_receiver_otlp_in_flight_bytes")).isZero();
    }
  }

  @Test
  void requestsThatStopHalfWayEndAndGiveTheirBytesBack() throws Exception {
    Reader reader = new Reader();
    try (SdkMeterProvider meters = SdkMeterProvider.builder().registerMetricReader(reader).build();
        Served served = Served.impatient(meters.get("test"));
        Http body = Http.to(served.receiver.httpPort());
        Http head = Http.to(served.receiver.httpPort());
        Http unwanted = Http.to(served.receiver.httpPort());
        Grpc client = Grpc.to(served.receiver.grpcPort())) {
      Map<String, String> json = Map.of("Content-Type", "application/json");
      head.send("POST /v1/logs HTTP/1.1\r\nHos");
      unwanted.send(Http.head("POST", "/v1/nothing", json, 100));
      body.send(Http.head("POST", "/v1/logs", json, 1_000_000));
      body.send("{".repeat(300_000));
      AtomicReference<Status> ended = new AtomicReference<>();
      ClientCall<byte[], byte[]> call =
          client.channel().newCall(Grpc.descriptor(Grpc.LOGS), CallOptions.DEFAULT);
      call.start(
          new ClientCall.Listener<>() {
            @Override
            public void onClose(Status status, Metadata trailers) {
              ended.set(status);
            }
          },
          new Metadata());
      call.request(1);
      call.sendMessage(new byte[700_000]); // all of the message, and no end of the request

      Http.Reply late = body.reply();
      assertThat(late.status()).isEqualTo(408);
      assertThat(late.text()).contains("\"code\":4", "the request stopped half way");
      assertThat(late.header("Connection")).isEqualTo("close");
      assertThat(head.reply().status()).isEqualTo(408);
      assertThat(unwanted.reply().status()).isEqualTo(404);
      await().until(() -> ended.get() != null);
      assertThat(ended.get().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      assertThat(ended.get().getDescription()).contains("the request stopped half way");
      assertThat(reader.sum("weir_receiver_otlp_rejected_requests")).isEqualTo(4);
      await().until(() -> reader.sum("weir_receiver_otlp_in_flight_bytes") == 0);

      // The connection of gRPC goes on.
      client.call(Grpc.LOGS, Samples.protobuf(Signal.LOGS));
      assertThat(served.got).hasSize(1);
    }
  }

  @Test
  void aRequestAtWorkAndAnIdleConnectionDoNotStandStill() throws Exception {
    Reader reader = new Reader();
    CountDownLatch go = new CountDownLatch(1);
    try (SdkMeterProvider meters = SdkMeterProvider.builder().registerMetricReader(reader).build();
        Served served = Served.impatient(meters.get("test"));
        Http idle = Http.to(served.receiver.httpPort());
        Http atWork = Http.to(served.receiver.httpPort());
        Http stalled = Http.to(served.receiver.httpPort())) {
      Map<String, String> json = Map.of("Content-Type", "application/json");
      byte[] request = Samples.json(Signal.LOGS);
      assertThat(idle.ask("POST", "/v1/logs", json, request).status()).isEqualTo(200);
      served.pipelines =
          batch -> {
            try {
              go.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return Outcome.accepted();
          };
      atWork.send(Http.head("POST", "/v1/logs", json, request.length));
      atWork.send(request);
      await().until(() -> served.got.size() == 2);
      stalled.send("POST /");
      // Whoever began later is ended, and the others are not.
      assertThat(stalled.reply().status()).isEqualTo(408);
      go.countDown();
      assertThat(atWork.reply().status()).isEqualTo(200);
      assertThat(idle.ask("POST", "/v1/logs", json, request).status()).isEqualTo(200);
      assertThat(reader.sum("weir_receiver_otlp_rejected_requests")).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(Encoding.class)
  void tinyItemsAreCountedWithWhatTheyTakeAsObjects(Encoding encoding) throws Exception {
    Reader reader = new Reader();
    CountDownLatch go = new CountDownLatch(1);
    try (SdkMeterProvider meters = SdkMeterProvider.builder().registerMetricReader(reader).build();
        Served served =
            Served.start(
                "{protocols: {http: {endpoint: '127.0.0.1:0'}, grpc: {endpoint: '127.0.0.1:0'}},"
                    + " max_in_flight_mib: 1}",
                meters.get("test"),
                InstantSource.system());
        Http first = Http.to(served.receiver.httpPort())) {
      served.pipelines =
          batch -> {
            try {
              go.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return Outcome.accepted();
          };
      int port = served.receiver.httpPort();
      // Six tenths of a megabyte.
      byte[] half = Samples.emptyLogs(encoding == Encoding.JSON ? 16_667 : 25_000, encoding);
      first.send(
          Http.head(
              "POST", "/v1/logs", Map.of("Content-Type", encoding.contentType()), half.length));
      first.send(half);
      await().until(() -> served.got.size() == 1);
      assertThat(reader.sum("weir_receiver_otlp_in_flight_bytes")).isBetween(600_000L, 620_000L);

      Http.Reply later = Http.post(port, "/v1/logs", encoding.contentType(), half);
      assertThat(later.status()).isEqualTo(503);
      assertThat(later.header("Retry-After")).isEqualTo("1");
      assertThat(later.text()).contains("would take too much memory, try later");
      if (encoding == Encoding.PROTOBUF) {
        try (Grpc client = Grpc.to(served.receiver.grpcPort())) {
          assertThatThrownBy(() -> client.call(Grpc.LOGS, half))
              .hasMessage(
                  "UNAVAILABLE: the objects of this request would take too much memory, try"
                      + " later");
        }
      }
      go.countDown();
      assertThat(first.reply().status()).isEqualTo(200);

      // Less than a fifth of what may be in flight as bytes, twice as much as objects.
      byte[] always = Samples.emptyLogs(90_000, Encoding.PROTOBUF);
      Http.Reply never = Http.post(port, "/v1/logs", "application/x-protobuf", always);
      assertThat(never.status()).isEqualTo(400);
      assertThat(never.text()).contains("would take too much memory, always");
      assertThat(served.got).hasSize(1);
      assertThat(reader.sum("weir_receiver_otlp_rejected_requests"))
          .isEqualTo(encoding == Encoding.PROTOBUF ? 3 : 2);
      assertThat(reader.sum("weir_receiver_otlp_in_flight_bytes")).isZero();
    }
  }

  /** oracle/observed/own-metrics.md, level detailed. */
  @Test
  void eachRequestIsMeasuredUnderTheCollectorsNames() throws Exception {
    Reader reader = new Reader();
    try (SdkMeterProvider meters = SdkMeterProvider.builder().registerMetricReader(reader).build();
        Served served =
            Served.start(Served.BOTH, meters.get("test"), InstantSource.system(), Signal.LOGS);
        Grpc client = Grpc.to(served.receiver.grpcPort())) {
      byte[] json = Samples.json(Signal.LOGS);
      int port = served.receiver.httpPort();
      Http.post(port, "/v1/logs", "application/json", json);
      client.call(Grpc.LOGS, Samples.protobuf(Signal.LOGS));
      assertThatThrownBy(() -> client.call(Grpc.TRACES, new byte[0])).isNotNull();
      await()
          .untilAsserted(
              () ->
                  assertThat(reader.histogram("rpc.server.call.duration"))
                      .singleElement()
                      .satisfies(
                          point -> {
                            assertThat(point.getCount()).isEqualTo(1);
                            assertThat(point.getBoundaries()).hasSize(14);
                            assertThat(point.getAttributes().toString())
                                .isEqualTo(
                                    "{rpc.method=\""
                                        + Grpc.LOGS
                                        + "\", rpc.response.status_code=\"OK\","
                                        + " rpc.system.name=\"grpc\"}");
                          }));
      String labels =
          "{http.request.method=\"POST\", http.response.status_code=200,"
              + " http.route=\"/v1/logs\", network.protocol.name=\"http\","
              + " network.protocol.version=\"1.1\", server.address=\"127.0.0.1\","
              + " server.port="
              + port
              + ", url.scheme=\"http\"}";
      assertThat(reader.histogram("http.server.request.duration"))
          .singleElement()
          .satisfies(
              point -> {
                assertThat(point.getAttributes().toString()).isEqualTo(labels);
                assertThat(point.getBoundaries()).hasSize(14);
              });
      assertThat(reader.histogram("http.server.request.body.size"))
          .singleElement()
          .satisfies(point -> assertThat(point.getSum()).isEqualTo(json.length));
      assertThat(reader.histogram("http.server.response.body.size"))
          .singleElement()
          .satisfies(point -> assertThat(point.getSum()).isEqualTo(21));
    }
  }

  @Test
  void whateverABodyHoldsTheAnswerIsOneOfTheExpected() throws Exception {
    Random random = new Random(SEED);
    byte[][] seeds = {
      Samples.protobuf(Signal.LOGS), Samples.protobuf(Signal.METRICS), Samples.json(Signal.TRACES)
    };
    String[] encodings = {"", "", "gzip", "zstd", "snappy", "lz4", "deflate", "x-snappy-framed"};
    try (Served served = Served.start();
        Grpc client = Grpc.to(served.receiver.grpcPort());
        Http http = Http.to(served.receiver.httpPort())) {
      for (int i = 0; i < 2000; i++) {
        byte[] body = seeds[random.nextInt(seeds.length)].clone();
        for (int c = random.nextInt(6); c > 0; c--) {
          body[random.nextInt(body.length)] = (byte) random.nextInt();
        }
        String encoding = encodings[random.nextInt(encodings.length)];
        Map<String, String> headers = new java.util.HashMap<>();
        headers.put(
            "Content-Type", random.nextBoolean() ? "application/json" : "application/x-protobuf");
        if (!encoding.isEmpty()) {
          headers.put("Content-Encoding", encoding);
        }
        String path = new String[] {"/v1/logs", "/v1/metrics", "/v1/traces"}[random.nextInt(3)];
        assertThat(http.ask("POST", path, headers, body).status())
            .as("seed %d, case %d", SEED, i)
            .isIn(200, 400);
        try {
          client.call(Grpc.LOGS, body);
        } catch (io.grpc.StatusRuntimeException e) {
          assertThat(e.getStatus().getDescription())
              .as("seed %d, case %d", SEED, i)
              .startsWith("grpc: error unmarshalling request: ");
        }
      }
    }
  }

  @Test
  void stoppingWhatWasNeverStartedDoesNothing() {
    Served.made(Served.BOTH, MeterProvider.noop().get("x"), InstantSource.system())
        .receiver
        .stop(Duration.ofSeconds(1));
  }

  /** Reads own metrics when asked. */
  private static final class Reader implements io.opentelemetry.sdk.metrics.export.MetricReader {
    private CollectionRegistration registration = CollectionRegistration.noop();

    @Override
    public void register(CollectionRegistration given) {
      registration = given;
    }

    @Override
    public io.opentelemetry.sdk.common.CompletableResultCode forceFlush() {
      return io.opentelemetry.sdk.common.CompletableResultCode.ofSuccess();
    }

    @Override
    public io.opentelemetry.sdk.common.CompletableResultCode shutdown() {
      return io.opentelemetry.sdk.common.CompletableResultCode.ofSuccess();
    }

    @Override
    public io.opentelemetry.sdk.metrics.data.AggregationTemporality getAggregationTemporality(
        io.opentelemetry.sdk.metrics.InstrumentType type) {
      return io.opentelemetry.sdk.metrics.data.AggregationTemporality.CUMULATIVE;
    }

    List<HistogramPointData> histogram(String name) {
      return registration.collectAllMetrics().stream()
          .filter(metric -> metric.getName().equals(name))
          .flatMap(metric -> metric.getHistogramData().getPoints().stream())
          .toList();
    }

    long sum(String name) {
      long sum = 0;
      for (MetricData metric : registration.collectAllMetrics()) {
        if (metric.getName().equals(name)) {
          sum +=
              switch (metric.getType()) {
                case LONG_SUM ->
                    metric.getLongSumData().getPoints().stream().mapToLong(p -> p.getValue()).sum();
                default ->
                    metric.getLongGaugeData().getPoints().stream()
                        .mapToLong(p -> p.getValue())
                        .sum();
              };
        }
      }
      return sum;
    }
  }
}
