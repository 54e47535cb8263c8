package dev.weir.conformance.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.weir.conformance.oracle.OtlpClient.Reply;
import dev.weir.conformance.oracle.OtlpClient.Signal;
import io.grpc.StatusRuntimeException;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * SIGTERM while clients send and the back end is slow: what a client was told is accepted arrives,
 * or the log says how much was dropped.
 */
class StopUnderLoadTest {
  private static final int ITEMS = 5;
  private static final Pattern DROPPED = Pattern.compile("dropped_items\"?[:=] ?(\\d+)");

  private static final String CONFIGURATION =
      """
      receivers:
        otlp: {protocols: {grpc: {endpoint: 'localhost:@grpc@'}, http: {endpoint: 'localhost:@http@'}}}
      processors:
        batch: {timeout: 20ms, send_batch_size: 50}
      exporters:
        otlp_grpc: {endpoint: '127.0.0.1:@backend_grpc@', tls: {insecure: true}, compression: none@queue@}
        otlp_http: {endpoint: 'http://127.0.0.1:@backend_http@', compression: none@queue@}
      service:
        telemetry: {metrics: {level: none}}
        pipelines:
          logs: {receivers: [otlp], processors: [@processor@], exporters: [@exporter@]}
      """;

  @ParameterizedTest
  @CsvSource({
    "otlp_grpc, batch, false",
    "otlp_http, '', false",
    "otlp_grpc, '', true",
  })
  void whatWasAcceptedIsDeliveredOrCounted(String exporter, String processor, boolean batching)
      throws InvalidProtocolBufferException {
    String queue = batching ? ", sending_queue: {batch: {flush_timeout: 50ms, min_size: 100}}" : "";
    String configuration =
        CONFIGURATION
            .replace("@exporter@", exporter)
            .replace("@queue@", queue)
            .replace("@processor@", processor);
    try (Backend backend = Backend.start();
        Subject weir = Subject.start(Subject.Kind.WEIR, backend.filledIn(configuration))) {
      backend.answer(
          arrival -> {
            pause();
            return Backend.accept(arrival);
          });
      Set<Integer> accepted = ConcurrentHashMap.newKeySet();
      AtomicInteger next = new AtomicInteger();
      AtomicBoolean over = new AtomicBoolean();
      List<Thread> clients = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        boolean grpc = i % 2 == 0;
        clients.add(Thread.startVirtualThread(() -> send(weir, grpc, next, accepted, over)));
      }
      Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> accepted.size() > 200);
      weir.terminate();
      int exitCode = weir.exitCode();
      over.set(true);
      for (Thread client : clients) {
        join(client);
      }
      assertThat(exitCode).as(weir::toString).isZero();
      Set<Integer> delivered = delivered(backend);
      Set<Integer> missing = new HashSet<>();
      for (int request : accepted) {
        for (int item = request * ITEMS; item < (request + 1) * ITEMS; item++) {
          if (!delivered.contains(item)) {
            missing.add(item);
          }
        }
      }
      int counted = 0;
      Matcher dropped = DROPPED.matcher(weir.log());
      while (dropped.find()) {
        counted += Integer.parseInt(dropped.group(1));
      }
      assertThat(missing.size())
          .as(() -> accepted.size() * ITEMS + " accepted\n" + weir)
          .isLessThanOrEqualTo(counted);
    }
  }

  /** Sends until nobody takes it any more. */
  private static void send(
      Subject weir, boolean grpc, AtomicInteger next, Set<Integer> accepted, AtomicBoolean over) {
    try (OtlpClient client = new OtlpClient(weir.port("grpc"), weir.port("http"))) {
      while (!over.get()) {
        int request = next.getAndIncrement();
        byte[] body = Requests.of(Signal.LOGS, request * ITEMS, ITEMS);
        Reply reply =
            grpc
                ? client.grpc(Signal.LOGS, body)
                : client.http(Signal.LOGS, body, "application/x-protobuf");
        if (reply.status().equals("OK") || reply.status().equals("200")) {
          accepted.add(request);
        } else if (reply.status().equals("UNAVAILABLE") && !reply.message().contains("queue")) {
          return;
        }
      }
    } catch (UncheckedIOException | StatusRuntimeException e) {
      // It listens no more.
    }
  }

  private static Set<Integer> delivered(Backend backend) throws InvalidProtocolBufferException {
    Set<Integer> delivered = new HashSet<>();
    for (Backend.Arrival arrival : backend.arrivals()) {
      ExportLogsServiceRequest.parseFrom(arrival.body())
          .getResourceLogsList()
          .forEach(
              resource ->
                  resource
                      .getScopeLogsList()
                      .forEach(
                          scope ->
                              scope
                                  .getLogRecordsList()
                                  .forEach(
                                      item ->
                                          delivered.add(
                                              (int)
                                                  item.getAttributes(0)
                                                      .getValue()
                                                      .getIntValue()))));
    }
    return delivered;
  }

  /** This is the slow back end: time itself is what the test is about. */
  private static void pause() {
    try {
      Thread.sleep(Duration.ofMillis(20));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void join(Thread thread) {
    try {
      assertThat(thread.join(Duration.ofSeconds(30))).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
