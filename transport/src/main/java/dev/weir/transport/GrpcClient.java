package dev.weir.transport;

import dev.weir.pdata.otlp.Pieces;
import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.Outcome.Code;
import dev.weir.transport.compression.Compression;
import dev.weir.transport.tls.TlsContext;
import dev.weir.transport.tls.TlsException;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Codec;
import io.grpc.CompressorRegistry;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NegotiationType;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.buffer.PooledByteBufAllocator;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.netty.shaded.io.netty.channel.IoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioSocketChannel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Calls one gRPC server: one connection for each of its addresses, one thread that only moves
 * bytes, pooled buffers on the heap. Messages are packed on the caller's thread. Thread safe.
 *
 * <p>A server that cannot be reached is no error of {@link #open}: calls fail until it can.
 */
public final class GrpcClient implements SharedInstances.Instance {
  private static final Duration LEAST_PING = Duration.ofSeconds(10); // Go's
  private static final Duration PING_TIMEOUT = Duration.ofSeconds(20); // Go's
  private static final int PAGE = 8192;
  private static final int ORDER = 7; // chunks of 8 KiB << 7 = 1 MiB

  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private static final MethodDescriptor.Marshaller<byte[]> ANSWER =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] message) {
          return new ByteArrayInputStream(message);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  private static final MethodDescriptor.Marshaller<Pieces> REQUEST =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(Pieces message) {
          return new Sent(message);
        }

        @Override
        public Pieces parse(InputStream stream) {
          return Pieces.of(ANSWER.parse(stream));
        }
      };

  private final IoEventLoopGroup loop;
  private final ManagedChannel channel;
  private final CallOptions options;
  private final boolean packs;
  private final Metadata headers;
  private final String address;

  private GrpcClient(
      IoEventLoopGroup loop,
      ManagedChannel channel,
      CallOptions options,
      Metadata headers,
      String address) {
    this.loop = loop;
    this.channel = channel;
    this.options = options;
    this.packs = options.getCompressor() != null;
    this.headers = headers;
    this.address = address;
  }

  /** Returns a method of the server, such as {@code package.Service/Method}. */
  public static MethodDescriptor<Pieces, byte[]> method(String fullName) {
    return MethodDescriptor.<Pieces, byte[]>newBuilder()
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName(fullName)
        .setRequestMarshaller(REQUEST)
        .setResponseMarshaller(ANSWER)
        .build();
  }

  /**
   * Makes a client; connects with the first call.
   *
   * @param name what its thread is called
   * @param build the agent, for the header {@code user-agent}
   * @param clock says when files of TLS are read again
   * @throws TlsException if a certificate or key cannot be used
   */
  public static GrpcClient open(
      String name, GrpcClientConfig config, BuildInfo build, InstantSource clock, Logger logger)
      throws TlsException {
    NettySettings.apply();
    GrpcTarget target = GrpcTarget.of(config.endpoint());
    TlsContext tls =
        switch (target.encryption()) {
          case OFF -> null;
          case ON -> TlsContext.encryptedClient(config.tls(), clock, logger);
          case AS_CONFIGURED -> TlsContext.client(config.tls(), clock, logger);
        };
    IoEventLoopGroup loop =
        new MultiThreadIoEventLoopGroup(
            1,
            (ThreadFactory) task -> Thread.ofPlatform().daemon().name(name + "-io").unstarted(task),
            NioIoHandler.newFactory());
    NettyChannelBuilder builder;
    if (target.socket() == null) {
      builder =
          NettyChannelBuilder.forTarget(target.target())
              .channelFactory(NioSocketChannel::new)
              .defaultLoadBalancingPolicy(config.balancerName());
    } else {
      builder =
          NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(target.socket()))
              .channelFactory(NioDomainSocketChannel::new)
              .overrideAuthority("localhost");
    }
    if (tls == null) {
      builder.negotiationType(NegotiationType.PLAINTEXT);
    } else {
      builder.negotiationType(NegotiationType.TLS).sslContext(tls.grpc());
    }
    String authority =
        config.authority().isEmpty() ? config.tls().serverNameOverride() : config.authority();
    if (!authority.isEmpty()) {
      builder.overrideAuthority(authority);
    }
    CallOptions options = CallOptions.DEFAULT;
    if (config.waitForReady()) {
      options = options.withWaitForReady();
    }
    if (config.compression() != Compression.NONE) {
      String encoding = encoding(config.compression());
      CompressorRegistry compressors = CompressorRegistry.newEmptyInstance();
      compressors.register(Codec.Identity.NONE);
      compressors.register(
          new PackingCompressor(encoding, config.compression(), config.compressionLevel()));
      builder.compressorRegistry(compressors);
      options = options.withCompression(encoding);
    }
    GrpcClientConfig.Keepalive keepalive = config.keepalive();
    if (keepalive != null && keepalive.time().isPositive()) {
      Duration time = keepalive.time().compareTo(LEAST_PING) < 0 ? LEAST_PING : keepalive.time();
      Duration timeout = keepalive.timeout().isZero() ? PING_TIMEOUT : keepalive.timeout();
      builder
          .keepAliveTime(time.toMillis(), TimeUnit.MILLISECONDS)
          .keepAliveTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
          .keepAliveWithoutCalls(keepalive.permitWithoutStream());
    }
    ManagedChannel channel =
        builder
            .eventLoopGroup(loop)
            .withOption(
                ChannelOption.ALLOCATOR,
                new PooledByteBufAllocator(false, 1, 0, PAGE, ORDER, 0, 0, false))
            .directExecutor()
            .offloadExecutor(task -> Thread.ofVirtual().name(name + "-lookup").start(task))
            .disableServiceConfigLookUp()
            .disableRetry() // ours is on the outside, where data is counted
            .maxTraceEvents(0)
            .userAgent(config.userAgent().isEmpty() ? userAgent(build) : config.userAgent())
            .build();
    String address = target.socket() == null ? target.host() + ":" + target.port() : "";
    return new GrpcClient(loop, channel, options, metadata(config.headers()), address);
  }

  /** Returns the agent's name for servers, in the form that the Collector has. */
  public static String userAgent(BuildInfo build) {
    String architecture = System.getProperty("os.arch", "");
    return "%s/%s (%s/%s)"
        .formatted(
            build.command(),
            build.version(),
            System.getProperty("os.name", "").toLowerCase(Locale.ROOT),
            architecture.equals("aarch64") ? "arm64" : architecture);
  }

  private static String encoding(Compression compression) {
    return compression == Compression.SNAPPY_FRAMED ? "snappy" : compression.configName();
  }

  private static Metadata metadata(Map<String, String> headers) {
    Metadata metadata = new Metadata();
    headers.forEach(
        (name, value) -> {
          String lower = name.toLowerCase(Locale.ROOT);
          if (lower.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
            metadata.put(
                Metadata.Key.of(lower, Metadata.BINARY_BYTE_MARSHALLER),
                value.getBytes(StandardCharsets.UTF_8));
          } else {
            metadata.put(Metadata.Key.of(lower, Metadata.ASCII_STRING_MARSHALLER), value);
          }
        });
    return metadata;
  }

  /**
   * Calls a method and waits for the answer.
   *
   * @param message handed over: its arrays must not change until this returns
   * @param timeout how long it may take, zero for as long as it likes
   * @throws InterruptedException if the thread is interrupted; the call is cancelled
   */
  public GrpcAnswer call(MethodDescriptor<Pieces, byte[]> method, Pieces message, Duration timeout)
      throws InterruptedException {
    CallOptions now =
        timeout.isZero()
            ? options
            : options.withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
    ClientCall<Pieces, byte[]> call = channel.newCall(method, now);
    Unary unary = new Unary();
    Metadata sent = new Metadata();
    sent.merge(headers); // the call adds its own to it
    call.start(unary, sent);
    call.request(2); // a second message would be an error that wants to be seen
    try {
      call.sendMessage(packs ? Pieces.of(message.toArray()) : message);
      call.halfClose();
    } catch (RuntimeException e) {
      call.cancel("the request could not be written", e);
      throw e;
    }
    try {
      return answer(unary.end.get());
    } catch (InterruptedException e) {
      call.cancel("the agent stops", e);
      throw e;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // nobody completes it with one
    }
  }

  private GrpcAnswer answer(Ended ended) {
    Status status = ended.status();
    if (status.isOk()) {
      byte[] message = ended.message();
      return message == null
          ? new GrpcAnswer.Failed(Code.INTERNAL, "the server sent no answer", null)
          : new GrpcAnswer.Message(message);
    }
    byte[] details = ended.trailers() == null ? null : ended.trailers().get(DETAILS);
    return new GrpcAnswer.Failed(
        Code.valueOf(status.getCode().name()), description(status), details);
  }

  /** Returns the text of a status; Go's words where a connection failed. */
  private String description(Status status) {
    String text = status.getDescription() == null ? "" : status.getDescription();
    Throwable cause = status.getCause();
    if (status.getCode() == Status.Code.DEADLINE_EXCEEDED && ownDeadline(text)) {
      return "context deadline exceeded";
    }
    if (cause == null) {
      return text;
    }
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each instanceof SSLException) {
        return handshake(each);
      }
      if (each instanceof ConnectException) {
        return dialing(each);
      }
      if (each instanceof UnknownHostException) {
        return "name resolver error: produced zero addresses: " + each.getMessage();
      }
    }
    return text + ": " + cause.getMessage();
  }

  /** Returns whether the time limit of the call, and not the server, ended it. */
  private static boolean ownDeadline(String text) {
    return text.startsWith("CallOptions deadline")
        || text.startsWith("ClientCall started after")
        || text.startsWith("deadline exceeded after");
  }

  private static String handshake(Throwable cause) {
    String reason = String.valueOf(cause.getMessage());
    if (reason.startsWith("not an SSL/TLS record")) {
      reason =
          "tls: first record does not look like a TLS handshake (the server speaks plain text: set"
              + " tls::insecure: true)";
    }
    return "connection error: desc = \"transport: authentication handshake failed: "
        + reason
        + "\"";
  }

  /** The text of the JDK is "Connection refused: /127.0.0.1:4317". */
  private String dialing(Throwable cause) {
    String text = String.valueOf(cause.getMessage());
    int colon = text.indexOf(": ");
    String reason = colon < 0 ? text : text.substring(0, colon);
    String where = address;
    int slash = text.lastIndexOf('/');
    if (slash >= 0 && text.indexOf(':', slash) > 0) {
      where = text.substring(slash + 1);
    }
    return "connection error: desc = \"transport: Error while dialing: dial tcp "
        + where
        + ": connect: "
        + reason.toLowerCase(Locale.ROOT)
        + "\"";
  }

  /** Closes connections at once, so that calls under way fail, and waits at most this long. */
  @Override
  public void close(Duration atMost) {
    channel.shutdownNow();
    try {
      channel.awaitTermination(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    loop.shutdownGracefully(0, Math.max(1, atMost.toMillis()), TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(Math.max(1, atMost.toMillis()), TimeUnit.MILLISECONDS);
  }

  /** How a call ended. */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  private record Ended(Status status, @Nullable Metadata trailers, byte @Nullable [] message) {}

  /** Keeps the answer until the call ends. Called by the event loop. */
  private static final class Unary extends ClientCall.Listener<byte[]> {
    final CompletableFuture<Ended> end = new CompletableFuture<>();
    private byte @Nullable [] message;

    @Override
    public void onMessage(byte[] received) {
      message = received;
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      end.complete(new Ended(status, trailers, message));
    }
  }

  /**
   * A message as a stream that gives itself away, a write for each piece. Packing wants all of it
   * in one write ({@link PackingCompressor}).
   */
  private static final class Sent extends InputStream implements Drainable, KnownLength {
    private @Nullable Pieces message;

    /** For who reads instead of draining. */
    private @Nullable ByteArrayInputStream whole;

    Sent(Pieces message) {
      this.message = message;
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      Pieces all = message;
      if (all == null) {
        return whole == null ? 0 : (int) whole.transferTo(target);
      }
      message = null;
      all.writeTo(target);
      return all.size();
    }

    @Override
    public int available() {
      return message == null ? whole == null ? 0 : whole.available() : message.size();
    }

    @Override
    public int read() {
      ByteArrayInputStream from = whole();
      return from == null ? -1 : from.read();
    }

    @Override
    public int read(byte[] into, int offset, int length) {
      ByteArrayInputStream from = whole();
      return from == null ? -1 : from.read(into, offset, length);
    }

    private @Nullable ByteArrayInputStream whole() {
      if (message != null) {
        whole = new ByteArrayInputStream(message.toArray());
        message = null;
      }
      return whole;
    }
  }
}
