package dev.weir.transport;

import dev.weir.pipeline.Outcome.Code;
import dev.weir.pipeline.StartException;
import dev.weir.transport.compression.ByteSlice;
import dev.weir.transport.tls.TlsContext;
import dev.weir.transport.tls.TlsException;
import dev.weir.transport.tls.TlsServerConfig;
import io.grpc.Codec;
import io.grpc.Context;
import io.grpc.Decompressor;
import io.grpc.DecompressorRegistry;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Serves unary gRPC methods over messages of bytes.
 *
 * <p>gRPC's callbacks run on the event loops and only collect the message as it came; unpacking it
 * and the method itself run on one virtual thread a request. Statuses and their texts are those of
 * grpc-go, which the Collector uses. Thread safe.
 */
public final class GrpcServer {
  /** A method. */
  @FunctionalInterface
  public interface Method {
    /**
     * Answers one request, on a virtual thread of its own; may block.
     *
     * @param request the message, unpacked, which is given away
     * @param metadata what the client said besides, by key in lower case; empty without {@code
     *     include_metadata}
     */
    Answer call(ByteSlice request, Map<String, List<String>> metadata);
  }

  /** What a method answers. */
  public sealed interface Answer {
    /** The message of an answer. */
    @SuppressWarnings("ArrayRecordComponent") // for hand-over, never compared
    record Message(byte[] bytes) implements Answer {}

    /** A status other than OK. */
    record Failure(ServerStatus status) implements Answer {}
  }

  /**
   * A service.
   *
   * @param name with its package
   * @param methods by name
   */
  public record Service(String name, Map<String, Method> methods) {
    /** Copies the map. */
    public Service {
      methods = Map.copyOf(methods);
    }
  }

  /**
   * How much longer than allowed a message may be so that it is still received and refused in
   * grpc-go's words; the transport itself refuses longer ones unread.
   */
  private static final int SLACK = 16 << 20;

  private static final int HEADERS = 64 << 10;

  /** How soon who was turned away may come again. */
  private static final Duration BACK_OFF = Duration.ofSeconds(1);

  private static final Metadata.Key<String> ENCODING =
      Metadata.Key.of("grpc-encoding", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  /** Where the transport logs each message that it refuses, with its stack. */
  private static final String REFUSALS = "io.grpc.netty.shaded.io.grpc.netty.NettyServerStream";

  /** Where the transport logs options that a kind of socket does not have. */
  private static final String OPTIONS = "io.grpc.netty.shaded.io.netty.bootstrap.ServerBootstrap";

  private final Server server;
  private final Listener listener;

  /** Kept because a logger that nobody holds forgets its level. */
  @SuppressWarnings("UnusedVariable")
  private final List<java.util.logging.Logger> quiet;

  private GrpcServer(Server server, Listener listener) {
    this.server = server;
    this.listener = listener;
    // What a client does wrong is told to the client, and must not fill the log; nor must a unix
    // socket that has no option for TCP.
    this.quiet =
        listener.isUnix() ? List.of(quiet(REFUSALS), quiet(OPTIONS)) : List.of(quiet(REFUSALS));
  }

  private static java.util.logging.Logger quiet(String name) {
    java.util.logging.Logger logger = java.util.logging.Logger.getLogger(name);
    logger.setLevel(java.util.logging.Level.OFF);
    return logger;
  }

  /**
   * Binds and begins to serve.
   *
   * @throws StartException if certificates cannot be read or the address cannot be bound
   */
  public static GrpcServer start(
      GrpcServerConfig config, List<Service> services, ServerSetting setting)
      throws StartException {
    Listener listener = config.listener();
    SocketAddress address = listener.address();
    ServerMetrics metrics = new ServerMetrics(setting.meter(), listener);
    Set<String> known = new HashSet<>();
    for (Service service : services) {
      service.methods().keySet().forEach(name -> known.add(service.name() + "/" + name));
    }
    ConnectionGate gate = new ConnectionGate(setting.admission(), FramesInPlace::new);
    int maxMessage = config.maxMessageSize();
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(address)
            .bossEventLoopGroup(setting.loops().group())
            .workerEventLoopGroup(setting.loops().group())
            .channelFactory(gate.guard(listener.channels()))
            .withOption(ChannelOption.ALLOCATOR, setting.loops().buffers())
            .withChildOption(ChannelOption.ALLOCATOR, setting.loops().buffers())
            .directExecutor()
            .decompressorRegistry(asTheyCame())
            .maxInboundMetadataSize(HEADERS)
            .maxInboundMessageSize((int) Math.min((long) maxMessage + SLACK, Integer.MAX_VALUE))
            .maxConcurrentCallsPerConnection(
                config.maxConcurrentStreams() == 0
                    ? setting.admission().maxRequests()
                    : (int) config.maxConcurrentStreams())
            .addStreamTracerFactory(new ByteCounts(setting.admission(), metrics, known));
    keepalive(builder, config.keepalive());
    TlsServerConfig tls = config.tls();
    if (tls != null) {
      try {
        builder.sslContext(TlsContext.server(tls, setting.clock(), setting.logger()).grpc());
      } catch (TlsException e) {
        throw new StartException(String.valueOf(e.getMessage()), e);
      }
    }
    Map<String, Service> byName = new HashMap<>();
    for (Service service : services) {
      byName.put(service.name(), service);
      ServerServiceDefinition.Builder definition = ServerServiceDefinition.builder(service.name());
      service
          .methods()
          .forEach(
              (name, method) ->
                  definition.addMethod(
                      descriptor(service.name() + "/" + name),
                      new Requests(method, config, setting)));
      builder.addService(definition.build());
    }
    builder.fallbackHandlerRegistry(new Unknown(byName));
    try {
      return new GrpcServer(builder.build().start(), listener);
    } catch (IOException e) {
      throw listener.failure(e.getCause() == null ? e : e.getCause());
    }
  }

  private static void keepalive(
      NettyServerBuilder builder, GrpcServerConfig.@Nullable Keepalive config) {
    GrpcServerConfig.ServerParameters server = config == null ? null : config.server();
    if (server != null) {
      if (server.time().isPositive()) {
        builder.keepAliveTime(server.time().toNanos(), TimeUnit.NANOSECONDS);
      }
      if (server.timeout().isPositive()) {
        builder.keepAliveTimeout(server.timeout().toNanos(), TimeUnit.NANOSECONDS);
      }
      if (server.maxConnectionIdle().isPositive()) {
        builder.maxConnectionIdle(server.maxConnectionIdle().toNanos(), TimeUnit.NANOSECONDS);
      }
      if (server.maxConnectionAge().isPositive()) {
        builder.maxConnectionAge(server.maxConnectionAge().toNanos(), TimeUnit.NANOSECONDS);
      }
      if (server.maxConnectionAgeGrace().isPositive()) {
        builder.maxConnectionAgeGrace(
            server.maxConnectionAgeGrace().toNanos(), TimeUnit.NANOSECONDS);
      }
    }
    GrpcServerConfig.Enforcement enforcement = config == null ? null : config.enforcement();
    if (enforcement != null) {
      if (enforcement.minTime().isPositive()) {
        builder.permitKeepAliveTime(enforcement.minTime().toNanos(), TimeUnit.NANOSECONDS);
      }
      builder.permitKeepAliveWithoutCalls(enforcement.permitWithoutStream());
    }
  }

  /** Returns the port that is really bound, or -1 for a unix socket. */
  public int port() {
    return server.getListenSockets().getFirst() instanceof InetSocketAddress address
        ? address.getPort()
        : -1;
  }

  /** Stops listening and tells clients to go away; requests at work go on. */
  public void shutdown() {
    server.shutdown();
  }

  /** Waits until the requests at work have ended, at most this long, and then cuts them off. */
  public void stop(Duration grace) {
    server.shutdown();
    try {
      if (!server.awaitTermination(grace.toNanos(), TimeUnit.NANOSECONDS)) {
        server.shutdownNow();
        server.awaitTermination(1, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
    listener.removeSocket();
  }

  private static MethodDescriptor<Received, byte[]> descriptor(String fullName) {
    return MethodDescriptor.<Received, byte[]>newBuilder()
        .setType(MethodType.UNARY)
        .setFullMethodName(fullName)
        .setRequestMarshaller(new ReceivedMarshaller())
        .setResponseMarshaller(new BytesMarshaller())
        .build();
  }

  /**
   * Returns decompressors that leave messages as they came, so that unpacking neither happens on
   * the event loop nor reports its errors in words of its own.
   */
  private static DecompressorRegistry asTheyCame() {
    return DecompressorRegistry.emptyInstance()
        .with(Codec.Identity.NONE, false)
        .with(new AsItCame("gzip"), true)
        .with(new AsItCame("zstd"), true)
        .with(new AsItCame("snappy"), true);
  }

  private record AsItCame(String name) implements Decompressor {
    @Override
    public String getMessageEncoding() {
      return name;
    }

    @Override
    public InputStream decompress(InputStream stream) {
      return stream;
    }
  }

  /**
   * A message as it came.
   *
   * @param bytes all of it
   * @param packed whether it is in the request's encoding
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Received(byte[] bytes, boolean packed) {}

  private static final class ReceivedMarshaller implements MethodDescriptor.Marshaller<Received> {
    @Override
    public InputStream stream(Received value) {
      throw new UnsupportedOperationException("a server does not send requests");
    }

    @Override
    public Received parse(InputStream stream) {
      try {
        // A message that is not packed knows its length; one that is comes through another stream.
        if (stream instanceof io.grpc.KnownLength) {
          return new Received(whole(stream, stream.available()), false);
        }
        return new Received(stream.readAllBytes(), true);
      } catch (IOException e) {
        throw Status.INTERNAL.withDescription(e.getMessage()).withCause(e).asRuntimeException();
      }
    }
  }

  /** In one piece: readNBytes() collects pieces of 16 KiB and copies them together. */
  private static byte[] whole(InputStream stream, int length) throws IOException {
    byte[] bytes = new byte[length];
    int n = 0;
    while (n < length) {
      int more = stream.read(bytes, n, length - n);
      if (more < 0) {
        throw new EOFException("the message ends after " + n + " of " + length + " bytes");
      }
      n += more;
    }
    return bytes;
  }

  private static final class BytesMarshaller implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new java.io.ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      throw new UnsupportedOperationException("a server does not receive answers");
    }
  }

  /** Counts the bytes of each request from their arrival to its end, and how long it took. */
  private static final class ByteCounts extends ServerStreamTracer.Factory {
    private final Admission admission;
    private final ServerMetrics metrics;
    private final Set<String> known;

    ByteCounts(Admission admission, ServerMetrics metrics, Set<String> known) {
      this.admission = admission;
      this.metrics = metrics;
      this.known = known;
    }

    @Override
    public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
      return new ServerStreamTracer() {
        private final Held held = new Held(admission);

        @Override
        public Context filterContext(Context context) {
          return context.withValue(Held.KEY, held);
        }

        private final long begun = System.nanoTime();

        @Override
        public void inboundWireSize(long bytes) {
          if (!admission.takeBytes(bytes)) {
            // The transport ends the stream with this status.
            throw Status.UNAVAILABLE.withDescription(TOO_MANY_BYTES).asRuntimeException();
          }
          held.received(bytes);
        }

        @Override
        public void streamClosed(Status status) {
          held.whole();
          held.release();
          if (known.contains(fullMethodName)) {
            double seconds = (System.nanoTime() - begun) / 1e9;
            metrics.rpc(fullMethodName, status.getCode().name(), seconds);
          }
        }
      };
    }
  }

  /**
   * The bytes of one request, given back when neither the stream nor a thread needs them: a client
   * may cancel a call whose bytes are still at work.
   */
  private static final class Held {
    static final Context.Key<Held> KEY = Context.key("weir-held");

    private final AtomicLong bytes = new AtomicLong();
    private final Admission admission;
    private final AtomicInteger users = new AtomicInteger(1);

    // Of the event loop alone.
    private StallWatch.@Nullable Incoming incoming;

    Held(Admission admission) {
      this.admission = admission;
    }

    /** Has the request ended if it stops half way. */
    void watch(StallWatch.Incoming request) {
      incoming = request;
    }

    void received(long n) {
      bytes.addAndGet(n);
      if (incoming != null) {
        incoming.received(n);
      }
    }

    /** Nothing more of the request will come. */
    void whole() {
      if (incoming != null) {
        incoming.done();
        incoming = null;
      }
    }

    /** Returns false if they were given back already. */
    boolean retain() {
      return users.getAndUpdate(n -> n == 0 ? 0 : n + 1) > 0;
    }

    void release() {
      if (users.decrementAndGet() == 0) {
        admission.releaseBytes(bytes.getAndSet(0));
      }
    }
  }

  static final String TOO_MANY_BYTES = "too many bytes of requests are being received, try later";
  static final String TOO_MANY_REQUESTS = "too many requests are at work, try later";

  /** Answers for services and methods that are not there, in grpc-go's words. */
  private static final class Unknown extends HandlerRegistry {
    private final Map<String, Service> services;

    Unknown(Map<String, Service> services) {
      this.services = services;
    }

    @Override
    public ServerMethodDefinition<?, ?> lookupMethod(String name, @Nullable String authority) {
      int slash = name.lastIndexOf('/');
      String service = slash < 0 ? "" : name.substring(0, slash);
      String text =
          slash < 0
              ? "malformed method name: \"/" + name + "\""
              : services.containsKey(service)
                  ? "unknown method " + name.substring(slash + 1) + " for service " + service
                  : "unknown service " + service;
      Status status = Status.UNIMPLEMENTED.withDescription(text);
      return ServerMethodDefinition.create(
          descriptor(name),
          (call, headers) -> {
            call.close(status, new Metadata());
            return new ServerCall.Listener<>() {};
          });
    }
  }

  /** Collects the message of each request of one method and hands it to a virtual thread. */
  private static final class Requests implements ServerCallHandler<Received, byte[]> {
    private final Method method;
    private final int maxMessage;
    private final boolean withMetadata;
    private final ServerSetting setting;
    private final Thread.Builder.OfVirtual threads = Thread.ofVirtual().name("grpc-request");

    Requests(Method method, GrpcServerConfig config, ServerSetting setting) {
      this.method = method;
      this.maxMessage = config.maxMessageSize();
      this.withMetadata = config.includeMetadata();
      this.setting = setting;
    }

    @Override
    public ServerCall.Listener<Received> startCall(
        ServerCall<Received, byte[]> call, Metadata headers) {
      if (setting.admission().full()) {
        close(call, new ServerStatus(Code.RESOURCE_EXHAUSTED, TOO_MANY_BYTES, BACK_OFF));
        return new ServerCall.Listener<>() {};
      }
      Held held = Held.KEY.get();
      // Whoever sets it decides what the client is told: an event loop, or the watch.
      AtomicBoolean whole = new AtomicBoolean();
      if (held != null) {
        held.watch(
            setting
                .stalls()
                .begin(
                    request -> {
                      if (whole.compareAndSet(false, true)) {
                        close(
                            call,
                            ServerStatus.of(Code.DEADLINE_EXCEEDED, setting.stalls().message()));
                      }
                    }));
      }
      String encoding = headers.get(ENCODING);
      Map<String, List<String>> metadata =
          withMetadata ? metadata(headers, call.getAuthority()) : Map.of();
      call.request(2); // one more than there may be, to notice it
      return new ServerCall.Listener<>() {
        private @Nullable Received received;

        @Override
        public void onMessage(Received message) {
          if (received != null && whole.compareAndSet(false, true)) {
            call.close(
                Status.INTERNAL.withDescription(
                    "cardinality violation: received multiple request messages for"
                        + " non-client-streaming RPC"),
                new Metadata());
          }
          received = message;
        }

        @Override
        public void onHalfClose() {
          Received message = received;
          received = null;
          if (!whole.compareAndSet(false, true)) {
            return;
          }
          if (held != null) {
            held.whole();
          }
          if (message == null) {
            call.close(
                Status.INTERNAL.withDescription(
                    "cardinality violation: received no request message from"
                        + " non-client-streaming RPC"),
                new Metadata());
            return;
          }
          if (!setting.admission().takeRequest()) {
            close(call, new ServerStatus(Code.RESOURCE_EXHAUSTED, TOO_MANY_REQUESTS, BACK_OFF));
            return;
          }
          if (held == null || !held.retain()) {
            setting.admission().releaseRequest(); // cancelled meanwhile
            return;
          }
          threads.start(
              () -> {
                try {
                  run(call, message, encoding, metadata);
                } finally {
                  held.release();
                }
              });
        }
      };
    }

    private void run(
        ServerCall<Received, byte[]> call,
        Received message,
        @Nullable String encoding,
        Map<String, List<String>> metadata) {
      try {
        answer(call, answer(message, encoding, metadata));
      } finally {
        setting.admission().releaseRequest();
      }
    }

    private Answer answer(
        Received message, @Nullable String encoding, Map<String, List<String>> metadata) {
      int length = message.bytes().length;
      if (length > maxMessage) {
        return failure(
            Code.RESOURCE_EXHAUSTED,
            "grpc: received message larger than max (" + length + " vs. " + maxMessage + ")");
      }
      if (!message.packed()) {
        return call(ByteSlice.of(message.bytes()), metadata);
      }
      ByteSlice unpacked;
      try {
        unpacked = Unpacking.grpc(message.bytes(), encoding, maxMessage);
      } catch (Unpacking.Failed e) {
        return new Answer.Failure(e.status());
      }
      if (!setting.admission().takeBytes(unpacked.length())) {
        return new Answer.Failure(
            new ServerStatus(Code.RESOURCE_EXHAUSTED, TOO_MANY_BYTES, BACK_OFF));
      }
      try {
        return call(unpacked, metadata);
      } finally {
        setting.admission().releaseBytes(unpacked.length());
      }
    }

    private Answer call(ByteSlice request, Map<String, List<String>> metadata) {
      try {
        return method.call(request, metadata);
      } catch (RuntimeException e) {
        setting.logger().error("a request failed because of a bug", e);
        return failure(Code.INTERNAL, "internal error: " + e);
      }
    }

    /** Returns all headers; those in base64 are decoded, as in grpc-go. */
    private static Map<String, List<String>> metadata(
        Metadata headers, @Nullable String authority) {
      Map<String, List<String>> all = new HashMap<>();
      for (String name : headers.keys()) {
        List<String> values = new ArrayList<>();
        if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
          Metadata.Key<byte[]> key = Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER);
          Iterable<byte[]> found = headers.getAll(key);
          if (found != null) {
            found.forEach(each -> values.add(new String(each, StandardCharsets.ISO_8859_1)));
          }
        } else {
          Metadata.Key<String> key = Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
          Iterable<String> found = headers.getAll(key);
          if (found != null) {
            found.forEach(values::add);
          }
        }
        all.put(name, values);
      }
      if (authority != null) {
        all.put(":authority", List.of(authority));
        all.putIfAbsent("host", List.of(authority));
      }
      return all;
    }

    private static Answer failure(Code code, String message) {
      return new Answer.Failure(ServerStatus.of(code, message));
    }

    private static void answer(ServerCall<Received, byte[]> call, Answer answer) {
      try {
        switch (answer) {
          case Answer.Message message -> {
            call.sendHeaders(new Metadata());
            call.sendMessage(message.bytes());
            call.close(Status.OK, new Metadata());
          }
          case Answer.Failure failure -> close(call, failure.status());
        }
      } catch (IllegalStateException e) {
        // The client has gone, or the server has cut it off: nobody to tell.
      }
    }

    private static void close(ServerCall<Received, byte[]> call, ServerStatus status) {
      Metadata trailers = new Metadata();
      if (status.retryAfter() != null) {
        trailers.put(DETAILS, status.toRpc().toProtobuf());
      }
      call.close(Status.fromCodeValue(status.number()).withDescription(status.message()), trailers);
    }
  }
}
