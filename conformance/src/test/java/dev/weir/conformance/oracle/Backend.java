package dev.weir.conformance.oracle;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * An OTLP back end that keeps what it gets and answers as it is told: gRPC and HTTP on ports of the
 * loopback address. It takes plain requests and gzip.
 */
final class Backend implements AutoCloseable {
  /** The key of the trailer in which a status of gRPC has its details. */
  static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  /** What came. */
  record Arrival(
      boolean grpc, String path, Map<String, String> headers, ByteString body, long nanoTime) {}

  /** What it says to one request. */
  sealed interface Answer {}

  /**
   * An answer over gRPC.
   *
   * @param retryAfter what RetryInfo says, null for none
   * @param body the message, if the code is OK
   */
  record GrpcAnswer(
      Status.Code code, String message, @Nullable Duration retryAfter, ByteString body)
      implements Answer {}

  /** An answer over HTTP. */
  record HttpAnswer(int status, Map<String, String> headers, ByteString body) implements Answer {}

  private static final byte[] NOTHING = {};

  private final List<Arrival> arrivals = new CopyOnWriteArrayList<>();
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final Server grpc;
  private final HttpServer http;
  private volatile Function<Arrival, Answer> answers;

  private Backend() throws IOException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    answers = Backend::accept;
    grpc =
        NettyServerBuilder.forAddress(new InetSocketAddress(loopback, 0))
            .executor(executor)
            .maxInboundMessageSize(64 << 20)
            .fallbackHandlerRegistry(new AnyMethod())
            .build()
            .start();
    http = HttpServer.create(new InetSocketAddress(loopback, 0), 0);
    http.setExecutor(executor);
    http.createContext("/", this::handle);
    http.start();
  }

  /** Starts one that accepts everything. */
  static Backend start() {
    try {
      return new Backend();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int grpcPort() {
    return grpc.getPort();
  }

  int httpPort() {
    return http.getAddress().getPort();
  }

  /** Fills {@code @backend_grpc@} and {@code @backend_http@} of a configuration in. */
  String filledIn(String configuration) {
    return configuration
        .replace("@backend_grpc@", Integer.toString(grpcPort()))
        .replace("@backend_http@", Integer.toString(httpPort()));
  }

  /** Forgets what came, and answers so from now on. */
  void answer(Function<Arrival, Answer> next) {
    arrivals.clear();
    answers = next;
  }

  /** Forgets what came, and answers with these in turn, with the last one ever after. */
  void answer(List<? extends Answer> script) {
    List<Answer> copy = List.copyOf(script);
    int[] at = {0};
    answer(
        arrival -> {
          synchronized (at) {
            return copy.get(Math.min(at[0]++, copy.size() - 1));
          }
        });
  }

  /** Forgets what came, and accepts everything from now on. */
  void acceptAll() {
    answer(Backend::accept);
  }

  /** Returns what came since the answers were last set. */
  List<Arrival> arrivals() {
    return List.copyOf(arrivals);
  }

  /** Success, in the transport in which the request came. */
  static Answer accept(Arrival arrival) {
    return arrival.grpc ? grpc(Status.Code.OK, "") : http(200);
  }

  static GrpcAnswer grpc(Status.Code code, String message) {
    return new GrpcAnswer(code, message, null, ByteString.EMPTY);
  }

  static GrpcAnswer grpc(Status.Code code, String message, Duration retryAfter) {
    return new GrpcAnswer(code, message, retryAfter, ByteString.EMPTY);
  }

  static HttpAnswer http(int status, String... headers) {
    return http(status, ByteString.EMPTY, headers);
  }

  static HttpAnswer http(int status, ByteString body, String... headers) {
    Map<String, String> map = new TreeMap<>();
    for (int i = 0; i < headers.length; i += 2) {
      map.put(headers[i], headers[i + 1]);
    }
    return new HttpAnswer(status, map, body);
  }

  /** An export response that says that some items were rejected. */
  static ByteString partialSuccess(long rejected, String message) {
    ByteString inner =
        encoded(
            out -> {
              out.writeInt64(1, rejected);
              out.writeString(2, message);
            });
    return encoded(out -> out.writeBytes(1, inner));
  }

  /** {@code google.rpc.Status}, with RetryInfo if there is a delay. */
  static ByteString rpcStatus(int code, String message, @Nullable Duration retryAfter) {
    return encoded(
        out -> {
          out.writeInt32(1, code);
          out.writeString(2, message);
          if (retryAfter != null) {
            ByteString delay =
                encoded(
                    d -> {
                      d.writeInt64(1, retryAfter.getSeconds());
                      d.writeInt32(2, retryAfter.getNano());
                    });
            ByteString retryInfo = encoded(r -> r.writeBytes(1, delay));
            out.writeBytes(
                3,
                encoded(
                    any -> {
                      any.writeString(1, "type.googleapis.com/google.rpc.RetryInfo");
                      any.writeBytes(2, retryInfo);
                    }));
          }
        });
  }

  private interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  private static ByteString encoded(Fields fields) {
    try {
      ByteString.Output bytes = ByteString.newOutput();
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      fields.write(out);
      out.flush();
      return bytes.toByteString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      exchange.getRequestHeaders().forEach((k, v) -> headers.put(k, String.join(", ", v)));
      boolean gzip = "gzip".equals(headers.get("Content-Encoding"));
      ByteString body =
          ByteString.readFrom(
              gzip ? new GZIPInputStream(exchange.getRequestBody()) : exchange.getRequestBody());
      Arrival arrival =
          new Arrival(false, exchange.getRequestURI().getPath(), headers, body, System.nanoTime());
      Answer answer = arrive(arrival);
      if (!(answer instanceof HttpAnswer h)) {
        throw new AssertionError("an answer over HTTP was expected, not " + answer);
      }
      if (h.status == 200 && h.body.isEmpty() && !h.headers.containsKey("Content-Type")) {
        exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
      }
      h.headers.forEach((k, v) -> exchange.getResponseHeaders().set(k, v));
      exchange.sendResponseHeaders(h.status, h.body.isEmpty() ? -1 : h.body.size());
      if (!h.body.isEmpty()) {
        h.body.writeTo(exchange.getResponseBody());
      }
    }
  }

  private Answer arrive(Arrival arrival) {
    // Chosen first: an answer that blocks is one to a request that has not arrived.
    Answer answer = answers.apply(arrival);
    arrivals.add(arrival);
    return answer;
  }

  /** Takes every method there is, as one request and one response of bytes. */
  private final class AnyMethod extends HandlerRegistry {
    @Override
    public ServerMethodDefinition<?, ?> lookupMethod(String name, @Nullable String authority) {
      MethodDescriptor<byte[], byte[]> method = OtlpClient.method(name);
      ServerCallHandler<byte[], byte[]> handler =
          (call, headers) -> {
            call.request(1);
            return new ServerCall.Listener<>() {
              private byte[] message = NOTHING;

              @Override
              public void onMessage(byte[] received) {
                message = received;
              }

              @Override
              public void onHalfClose() {
                reply(call, name, headers, message);
              }
            };
          };
      return ServerMethodDefinition.create(method, handler);
    }
  }

  private void reply(
      ServerCall<byte[], byte[]> call, String name, Metadata headers, byte[] message) {
    Map<String, String> map = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String key : headers.keys()) {
      if (!key.endsWith("-bin")) {
        String value = headers.get(Metadata.Key.of(key, Metadata.ASCII_STRING_MARSHALLER));
        map.put(key, value == null ? "" : value);
      }
    }
    Answer answer =
        arrive(new Arrival(true, name, map, ByteString.copyFrom(message), System.nanoTime()));
    if (!(answer instanceof GrpcAnswer g)) {
      throw new AssertionError("an answer over gRPC was expected, not " + answer);
    }
    Metadata trailers = new Metadata();
    if (g.code == Status.Code.OK) {
      call.sendHeaders(new Metadata());
      call.sendMessage(g.body.toByteArray());
    } else if (g.retryAfter != null) {
      trailers.put(DETAILS, rpcStatus(g.code.value(), g.message, g.retryAfter).toByteArray());
    }
    call.close(g.code.toStatus().withDescription(g.message), trailers);
  }

  /** Returns a body as text. */
  static ByteString text(String text) {
    return ByteString.copyFromUtf8(text);
  }

  @Override
  public void close() {
    http.stop(0);
    grpc.shutdownNow();
    executor.shutdownNow();
    try {
      if (!grpc.awaitTermination(10, TimeUnit.SECONDS)) {
        throw new AssertionError("the back end does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
