package dev.weir.bench;

import dev.weir.pdata.Signal;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * Agents that push: requests made beforehand, sent over gRPC or HTTP, by a few senders that each
 * wait for the answer before they send the next (closed loop), or so many a second.
 */
final class RelayLoad implements AutoCloseable {
  private static final int SENDERS = 4;

  /** Sends one request; false if the receiver asks to come again later. */
  @FunctionalInterface
  private interface Sender {
    boolean send(byte[] request) throws IOException, InterruptedException;
  }

  private final Sender sender;
  private final Runnable end;
  private final List<byte[]> requests;

  private RelayLoad(Sender sender, Runnable end, List<byte[]> requests) {
    this.sender = sender;
    this.end = end;
    this.requests = requests;
  }

  static RelayLoad grpc(Signal<?> signal, int port, List<byte[]> requests) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    MethodDescriptor<byte[], byte[]> method = method(signal);
    return new RelayLoad(
        request -> {
          try {
            byte[] _ = ClientCalls.blockingUnaryCall(channel, method, CallOptions.DEFAULT, request);
            return true;
          } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.UNAVAILABLE
                || e.getStatus().getCode() == Status.Code.RESOURCE_EXHAUSTED) {
              return false;
            }
            throw new IOException(e);
          }
        },
        channel::shutdownNow,
        requests);
  }

  static RelayLoad http(Signal<?> signal, int port, List<byte[]> requests) {
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    URI uri = URI.create("http://127.0.0.1:" + port + path(signal));
    return new RelayLoad(
        request -> {
          HttpResponse<Void> answer =
              client.send(
                  HttpRequest.newBuilder(uri)
                      .header("Content-Type", "application/x-protobuf")
                      .POST(HttpRequest.BodyPublishers.ofByteArray(request))
                      .build(),
                  HttpResponse.BodyHandlers.discarding());
          if (answer.statusCode() == 503 || answer.statusCode() == 429) {
            return false;
          }
          if (answer.statusCode() != 200) {
            throw new IOException("status " + answer.statusCode());
          }
          return true;
        },
        client::close,
        requests);
  }

  /**
   * Sends for so long, and returns how many requests were taken.
   *
   * @param perSecond requests a second in all; 0 as fast as answers come
   */
  long run(double seconds, int perSecond) throws IOException, InterruptedException {
    long begin = System.nanoTime();
    long end = begin + (long) (seconds * 1e9);
    LongAdder taken = new LongAdder();
    AtomicLong number = new AtomicLong();
    List<Thread> threads = new ArrayList<>();
    List<Exception> failures = java.util.Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < SENDERS; i++) {
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      while (failures.isEmpty()) {
                        long n = number.getAndIncrement();
                        if (perSecond > 0) {
                          long due = begin + n * 1_000_000_000L / perSecond;
                          if (due >= end) {
                            return;
                          }
                          LockSupport.parkNanos(due - System.nanoTime());
                        } else if (System.nanoTime() >= end) {
                          return;
                        }
                        if (sender.send(requests.get((int) (n % requests.size())))) {
                          taken.increment();
                        } else {
                          LockSupport.parkNanos(1_000_000);
                        }
                      }
                    } catch (IOException | InterruptedException | RuntimeException e) {
                      failures.add(e);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    if (!failures.isEmpty()) {
      throw new IOException("a request failed", failures.getFirst());
    }
    return taken.sum();
  }

  /** Sends one request until it is taken. */
  void once(byte[] request) throws IOException, InterruptedException {
    while (!sender.send(request)) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** Returns OTLP's method of a signal, over bytes. */
  static MethodDescriptor<byte[], byte[]> method(Signal<?> signal) {
    String name = signal == Signal.METRICS ? "Metrics" : signal == Signal.LOGS ? "Logs" : "Trace";
    String room = signal == Signal.TRACES ? "trace" : signal == Signal.LOGS ? "logs" : "metrics";
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName(
            "opentelemetry.proto.collector." + room + ".v1." + name + "Service/Export")
        .setRequestMarshaller(new BytesMarshaller())
        .setResponseMarshaller(new BytesMarshaller())
        .build();
  }

  /** Returns OTLP's path of a signal. */
  static String path(Signal<?> signal) {
    return signal == Signal.METRICS
        ? "/v1/metrics"
        : signal == Signal.LOGS ? "/v1/logs" : "/v1/traces";
  }

  @Override
  public void close() {
    end.run();
  }

  private static final class BytesMarshaller implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
