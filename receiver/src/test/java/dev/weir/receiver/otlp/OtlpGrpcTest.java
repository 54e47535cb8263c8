package dev.weir.receiver.otlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.weir.pdata.Signal;
import dev.weir.pdata.otlp.ExportResponse;
import dev.weir.pdata.otlp.OtlpProtobuf;
import dev.weir.pdata.otlp.RpcStatus;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import dev.weir.pipeline.testing.Measurements;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Statuses and texts are those of oracle/observed.md, observed/http-input.md and refusals.md. */
final class OtlpGrpcTest {
  private static final String SERVED = "{protocols: {grpc: {endpoint: '127.0.0.1:0'}}}";
  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private Served served;
  private Grpc client;

  @BeforeEach
  void start() throws Exception {
    served = Served.start(SERVED, Signal.METRICS, Signal.LOGS);
    client = Grpc.to(served.receiver.grpcPort());
  }

  @AfterEach
  void stop() {
    client.close();
    served.close();
  }

  private static StatusRuntimeException failure(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    return catchThrowableOfType(StatusRuntimeException.class, call);
  }

  private void assertRefused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, Status.Code code, String text) {
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(call)
        .satisfies(
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(code);
              assertThat(e.getStatus().getDescription()).isEqualTo(text);
            });
  }

  @Test
  void whatIsSentReachesThePipeline() throws Exception {
    byte[] answer = client.call(Grpc.METRICS, Samples.protobuf(Signal.METRICS));
    assertThat(ExportResponse.ofProtobuf(answer)).isEqualTo(ExportResponse.SUCCESS);
    client.call(Grpc.LOGS, Samples.protobuf(Signal.LOGS));
    assertThat(served.got)
        .extracting(batch -> batch.signal().signalName())
        .containsExactly("metrics", "logs");
    assertThat(served.got).allSatisfy(batch -> assertThat(batch.count()).isEqualTo(1));
  }

  @Test
  void anEmptyRequestIsAcceptedWithoutThePipeline() {
    client.call(Grpc.METRICS, new byte[0]);
    assertThat(served.got).isEmpty();
  }

  @Test
  void theSignalOfNoPipelineIsAnUnknownService() {
    assertRefused(
        () -> client.call(Grpc.TRACES, new byte[0]),
        Status.Code.UNIMPLEMENTED,
        "unknown service opentelemetry.proto.collector.trace.v1.TraceService");
    assertRefused(
        () -> client.call(Grpc.LOGS.replace("Export", "Import"), new byte[0]),
        Status.Code.UNIMPLEMENTED,
        "unknown method Import for service opentelemetry.proto.collector.logs.v1.LogsService");
  }

  @Test
  void aMessageThatIsTooLargeIsRefusedWithBothSizes() {
    byte[] large = new byte[10_536_180];
    assertRefused(
        () -> client.call(Grpc.METRICS, large),
        Status.Code.RESOURCE_EXHAUSTED,
        "grpc: received message larger than max (10536180 vs. 4194304)");
  }

  @Test
  void aMessageThatIsFarTooLargeIsRefusedUnread() {
    byte[] huge = new byte[30 << 20];
    assertThat(failure(() -> client.call(Grpc.METRICS, huge)).getStatus().getCode())
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "zstd", "snappy"})
  void aMessageThatIsTooLargeOnceUnpackedIsRefused(String compression) {
    byte[] zeros = new byte[5 << 20];
    assertRefused(
        () -> client.call(Grpc.METRICS, zeros, compression),
        Status.Code.RESOURCE_EXHAUSTED,
        "grpc: received message after decompression larger than max 4194304");
  }

  @Test
  void theLargestMessageCanBeChosen() throws Exception {
    try (Served large =
            Served.start(
                "{protocols: {grpc: {endpoint: '127.0.0.1:0', max_recv_msg_size_mib: 12}}}");
        Grpc to = Grpc.to(large.receiver.grpcPort())) {
      to.call(Grpc.LOGS, Samples.largeLogs(10_000_000));
      assertThat(large.got).hasSize(1);
    }
  }

  /** Frames of several large messages, interleaved on one connection, cut anywhere by the reads. */
  @Test
  void largeMessagesArriveWholeSideBySide() throws Exception {
    List<byte[]> sent = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      sent.add(Samples.largeLogs(40_000 + i * 170_001));
    }
    try (ExecutorService senders = Executors.newFixedThreadPool(6)) {
      List<Callable<byte[]>> calls = new ArrayList<>();
      for (byte[] each : sent) {
        calls.add(() -> client.call(Grpc.LOGS, each));
      }
      for (Future<byte[]> answer : senders.invokeAll(calls)) {
        answer.get();
      }
    }
    assertThat(served.got)
        .extracting(OtlpProtobuf::encode)
        .containsExactlyInAnyOrderElementsOf(sent);
  }

  @Test
  void aMalformedMessageIsRefusedInTheCollectorsWords() {
    assertRefused(
        () -> client.call(Grpc.METRICS, new byte[] {'\n', (byte) 0xff, (byte) 0xff}),
        Status.Code.INTERNAL,
        "grpc: error unmarshalling request: unexpected EOF");
  }

  @ParameterizedTest
  @ValueSource(strings = {"identity", "gzip", "zstd", "snappy"})
  void messagesMayBePacked(String compression) {
    client.call(Grpc.LOGS, Samples.protobuf(Signal.LOGS), compression);
    client.call(Grpc.LOGS, Samples.largeLogs(1_000_000), compression);
    assertThat(served.got).hasSize(2);
  }

  @Test
  void anUnknownCompressionIsRefused() {
    assertThat(
            failure(() -> client.call(Grpc.LOGS, Samples.protobuf(Signal.LOGS), "deflate"))
                .getStatus()
                .getCode())
        .isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  @ParameterizedTest
  @CsvSource({
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
  })
  void aRefusalIsAnsweredWithItsCodeAndText(Code code) {
    served.pipelines = batch -> new Outcome.Refused("refused by the sink", code);
    StatusRuntimeException e = failure(() -> client.call(Grpc.LOGS, Samples.protobuf(Signal.LOGS)));
    assertThat(e.getStatus().getCode().name()).isEqualTo(code.name());
    assertThat(e.getStatus().getDescription()).isEqualTo("refused by the sink");
    assertThat(e.getTrailers()).isNotNull().satisfies(t -> assertThat(t.get(DETAILS)).isNull());
  }

  @Test
  void aDelayIsARetryInfo() throws Exception {
    served.pipelines =
        batch -> new Outcome.Retry("slow down", Code.UNAVAILABLE, Duration.ofMillis(2500));
    StatusRuntimeException e = failure(() -> client.call(Grpc.LOGS, Samples.protobuf(Signal.LOGS)));
    assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(e.getStatus().getDescription()).isEqualTo("slow down");
    assertThat(details(e).code()).isEqualTo(14);
    assertThat(details(e).retryAfter()).isEqualTo(Duration.ofMillis(2500));
  }

  private static RpcStatus details(StatusRuntimeException e) throws Exception {
    Metadata trailers = e.getTrailers();
    assertThat(trailers).isNotNull();
    byte[] details = trailers == null ? null : trailers.get(DETAILS);
    assertThat(details).isNotNull();
    return RpcStatus.ofProtobuf(details == null ? new byte[0] : details);
  }

  @Test
  void whatWasTakenInPartIsAPartialSuccess() throws Exception {
    served.pipelines = batch -> new Outcome.Partial(3, "too old");
    assertThat(ExportResponse.ofProtobuf(client.call(Grpc.LOGS, Samples.protobuf(Signal.LOGS))))
        .isEqualTo(new ExportResponse(3, "too old"));
  }

  @Test
  void metadataIsKeptWhenAskedFor() throws Exception {
    try (Served keeping =
            Served.start("{protocols: {grpc: {endpoint: '127.0.0.1:0', include_metadata: true}}}");
        Grpc to = Grpc.to(keeping.receiver.grpcPort())) {
      to.call(Grpc.LOGS, Samples.protobuf(Signal.LOGS));
      assertThat(keeping.got.getFirst().metadata())
          .containsKeys("user-agent", ":authority", "host")
          .containsEntry("content-type", List.of("application/grpc"));
    }
  }

  @Test
  void tooManyAtOnceAreToldToTryAgain() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    try (Served small =
            Served.start(
                "{protocols: {grpc: {endpoint: '127.0.0.1:0', max_concurrent_streams: 5}},"
                    + " max_concurrent_requests: 1}");
        Grpc to = Grpc.to(small.receiver.grpcPort())) {
      small.pipelines =
          batch -> {
            try {
              go.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return Outcome.accepted();
          };
      AtomicReference<Status> first = new AtomicReference<>();
      ClientCall<byte[], byte[]> call =
          to.channel().newCall(Grpc.descriptor(Grpc.LOGS), CallOptions.DEFAULT);
      call.start(
          new ClientCall.Listener<>() {
            @Override
            public void onClose(Status status, Metadata trailers) {
              first.set(status);
            }
          },
          new Metadata());
      call.request(1);
      call.sendMessage(Samples.protobuf(Signal.LOGS));
      call.halfClose();
      await().until(() -> small.got.size() == 1);
      StatusRuntimeException e = failure(() -> to.call(Grpc.LOGS, Samples.protobuf(Signal.LOGS)));
      assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(details(e).retryAfter()).isEqualTo(Duration.ofSeconds(1));
      go.countDown();
      await().until(() -> first.get() != null);
      assertThat(first.get().isOk()).isTrue();
    }
  }

  @Test
  void tooManyBytesAtOnceAreToldToTryAgain() throws Exception {
    try (Served small =
            Served.start("{protocols: {grpc: {endpoint: '127.0.0.1:0'}}, max_in_flight_mib: 1}");
        Grpc to = Grpc.to(small.receiver.grpcPort())) {
      assertThat(
              failure(() -> to.call(Grpc.LOGS, Samples.largeLogs(2_000_000))).getStatus().getCode())
          .isIn(Status.Code.UNAVAILABLE, Status.Code.RESOURCE_EXHAUSTED);
      to.call(Grpc.LOGS, Samples.largeLogs(500_000));
      assertThat(small.got).hasSize(1);
    }
  }

  private static final String BYTES = "weir_receiver_otlp_in_flight_bytes{receiver=otlp}";
  private static final String REQUESTS = "weir_receiver_otlp_in_flight_requests{receiver=otlp}";

  private static ClientCall<byte[], byte[]> begun(Grpc to, byte[] message) {
    ClientCall<byte[], byte[]> call =
        to.channel().newCall(Grpc.descriptor(Grpc.LOGS), CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.request(1);
    call.sendMessage(message);
    call.halfClose();
    return call;
  }

  @Test
  void theBytesOfACancelledCallCountUntilTheyAreLetGo() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    Measurements measurements = new Measurements();
    try (Served held =
            Served.start(SERVED, measurements.meter(), InstantSource.system(), Signal.LOGS);
        Grpc to = Grpc.to(held.receiver.grpcPort())) {
      held.pipelines =
          batch -> {
            try {
              go.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return Outcome.accepted();
          };
      ClientCall<byte[], byte[]> call = begun(to, Samples.largeLogs(1_000_000));
      await().until(() -> held.got.size() == 1);
      call.cancel("not wanted any more", null);
      // The server has seen the cancellation when it counts the call by its status.
      await()
          .until(
              () -> measurements.values().keySet().stream().anyMatch(k -> k.contains("CANCELLED")));
      assertThat(Long.parseLong(String.valueOf(measurements.values().get(BYTES))))
          .isGreaterThan(1_000_000);
      assertThat(measurements.values()).containsEntry(REQUESTS, "1");
      go.countDown();
      await()
          .untilAsserted(
              () ->
                  assertThat(measurements.values())
                      .containsEntry(BYTES, "0")
                      .containsEntry(REQUESTS, "0"));
    }
  }

  @Test
  void callsThatAreCancelledAtAnyMomentGiveTheirBytesBackOnce() throws Exception {
    Random random = new Random(20261120);
    Measurements measurements = new Measurements();
    byte[] message = Samples.largeLogs(20_000);
    try (Served held =
            Served.start(SERVED, measurements.meter(), InstantSource.system(), Signal.LOGS);
        Grpc to = Grpc.to(held.receiver.grpcPort())) {
      for (int round = 0; round < 300; round++) {
        ClientCall<byte[], byte[]> call = begun(to, message);
        LockSupport.parkNanos(random.nextInt(1_500_000)); // any moment will do
        call.cancel("not wanted any more", null);
      }
      to.call(Grpc.LOGS, message);
      await()
          .untilAsserted(
              () ->
                  assertThat(measurements.values())
                      .containsEntry(BYTES, "0")
                      .containsEntry(REQUESTS, "0"));
      assertThat(held.got).isNotEmpty();
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
    AtomicReference<byte[]> answer = new AtomicReference<>();
    Thread calling =
        Thread.ofPlatform()
            .start(() -> answer.set(client.call(Grpc.LOGS, Samples.protobuf(Signal.LOGS))));
    await().until(() -> served.got.size() == 1);
    Thread stopping = Thread.ofPlatform().start(() -> served.close());
    await().until(() -> stopping.getState() == Thread.State.TIMED_WAITING);
    go.countDown();
    stopping.join();
    calling.join();
    assertThat(answer.get()).isNotNull();
  }

  @Test
  void bothProtocolsAreServedByOneReceiver() throws Exception {
    try (Served both = Served.start();
        Grpc to = Grpc.to(both.receiver.grpcPort())) {
      to.call(Grpc.TRACES, Samples.protobuf(Signal.TRACES));
      Http.post(
          both.receiver.httpPort(), "/v1/traces", "application/json", Samples.json(Signal.TRACES));
      assertThat(both.got).hasSize(2);
    }
  }
}
