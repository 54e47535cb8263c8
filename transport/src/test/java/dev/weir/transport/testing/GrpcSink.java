package dev.weir.transport.testing;

import dev.weir.transport.GrpcClient;
import dev.weir.transport.compression.Compression;
import dev.weir.transport.compression.CompressionException;
import dev.weir.transport.tls.TlsContext;
import io.grpc.Codec;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Decompressor;
import io.grpc.DecompressorRegistry;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An OTLP receiver over grpc-java that keeps what it is sent and answers as it is told. Its threads
 * and sockets are gone when {@link #close} returns.
 */
public final class GrpcSink implements AutoCloseable {
  /**
   * A request.
   *
   * @param service the full name of its service
   * @param body its message, unpacked
   * @param headers its headers
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Request(String service, byte[] body, Metadata headers) {
    /** Returns a header, or null. */
    public @Nullable String header(String name) {
      return headers.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
    }
  }

  /** Answers a request: with a message, or by throwing a {@link StatusRuntimeException}. */
  @FunctionalInterface
  public interface Answer {
    /** Returns the message of the answer. */
    byte[] to(Request request);
  }

  private static final Context.Key<Metadata> HEADERS = Context.key("headers");

  private final Server server;
  private final int port;
  private final MultiThreadIoEventLoopGroup loops;
  private final Queue<Request> requests = new ConcurrentLinkedQueue<>();
  private volatile Answer answer = request -> new byte[0];

  private GrpcSink(SocketAddress at, @Nullable TlsContext tls) throws IOException {
    loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(at)
            .bossEventLoopGroup(loops)
            .workerEventLoopGroup(loops)
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .maxInboundMessageSize(64 << 20)
            .decompressorRegistry(
                DecompressorRegistry.emptyInstance()
                    .with(Codec.Identity.NONE, true)
                    .with(new Unpacker("gzip"), true)
                    .with(new Unpacker("zstd"), true)
                    .with(new Unpacker("snappy"), true))
            .intercept(new HeaderKeeper());
    if (at instanceof UnixDomainSocketAddress) {
      builder.channelFactory(NioServerDomainSocketChannel::new);
    } else {
      builder.channelFactory(NioServerSocketChannel::new);
    }
    if (tls != null) {
      builder.sslContext(tls.grpc());
    }
    for (String service :
        List.of("trace.v1.TraceService", "metrics.v1.MetricsService", "logs.v1.LogsService")) {
      String name = "opentelemetry.proto.collector." + service;
      builder.addService(
          ServerServiceDefinition.builder(name)
              .addMethod(
                  GrpcClient.method(name + "/Export"),
                  ServerCalls.asyncUnaryCall(
                      (body, observer) -> take(name, body.toArray(), observer)))
              .build());
    }
    server = builder.build().start();
    port = server.getPort();
  }

  /** Starts a server on a free port of loopback. */
  public static GrpcSink start() throws IOException {
    return onPort(0, null);
  }

  /** Starts a server with TLS. */
  public static GrpcSink start(TlsContext tls) throws IOException {
    return onPort(0, tls);
  }

  /** Starts a server on this port of loopback. */
  public static GrpcSink onPort(int port, @Nullable TlsContext tls) throws IOException {
    return new GrpcSink(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), tls);
  }

  /** Starts a server on a unix socket. */
  public static GrpcSink start(UnixDomainSocketAddress socket) throws IOException {
    return new GrpcSink(socket, null);
  }

  /** Returns the port, after the end too. */
  public int port() {
    return port;
  }

  /** Returns {@code host:port}. */
  public String endpoint() {
    return "127.0.0.1:" + port();
  }

  /** Answers all requests from now on. */
  public void answer(Answer with) {
    answer = with;
  }

  /** Refuses all requests from now on. */
  public void refuse(Status status) {
    answer =
        request -> {
          throw status.asRuntimeException();
        };
  }

  /** Returns all requests so far. */
  public List<Request> requests() {
    return List.copyOf(requests);
  }

  private void take(String service, byte[] body, StreamObserver<byte[]> observer) {
    Request request = new Request(service, body, HEADERS.get());
    requests.add(request);
    byte[] said;
    try {
      said = answer.to(request);
    } catch (StatusRuntimeException e) {
      observer.onError(e);
      return;
    }
    observer.onNext(said);
    observer.onCompleted();
  }

  @Override
  public void close() {
    server.shutdownNow();
    try {
      server.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }

  private static final class HeaderKeeper implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      return Contexts.interceptCall(
          Context.current().withValue(HEADERS, headers), call, headers, next);
    }
  }

  private record Unpacker(String name) implements Decompressor {
    @Override
    public String getMessageEncoding() {
      return name;
    }

    @Override
    public InputStream decompress(InputStream in) throws IOException {
      byte[] packed = in.readAllBytes();
      try {
        return Compression.grpcNamed(name)
            .orElseThrow()
            .decompress(packed, 0, packed.length, 64 << 20)
            .stream();
      } catch (CompressionException e) {
        throw new IOException(e);
      }
    }
  }
}
