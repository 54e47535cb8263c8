package dev.weir.transport;

import dev.weir.pipeline.StartException;
import dev.weir.transport.tls.TlsContext;
import dev.weir.transport.tls.TlsException;
import dev.weir.transport.tls.TlsServerConfig;
import io.grpc.netty.shaded.io.netty.bootstrap.ServerBootstrap;
import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelFuture;
import io.grpc.netty.shaded.io.netty.channel.ChannelInitializer;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.netty.shaded.io.netty.channel.group.ChannelGroup;
import io.grpc.netty.shaded.io.netty.channel.group.DefaultChannelGroup;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpDecoderConfig;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpServerCodec;
import io.grpc.netty.shaded.io.netty.handler.flow.FlowControlHandler;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * Serves HTTP/1.1 to several paths.
 *
 * <p>It runs on the event loops that gRPC has anyway: the JDK's server knows no unix sockets and
 * would need threads and buffers of its own. Event loops collect the body; unpacking it and the
 * handler run on one virtual thread a request. Errors are worded as the Collector and Go's HTTP
 * server word them. Thread safe.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a close that fails has closed all the same
public final class HttpServer {
  private static final int LINE = 16 << 10;
  private static final int HEADERS = 64 << 10;
  private static final int CHUNK = 64 << 10;

  private final HttpServerConfig config;
  private final Map<String, HttpHandler> handlers;
  private final HttpErrors errors;
  private final ServerSetting setting;
  private final @Nullable Cors cors;
  private final @Nullable TlsContext tls;
  private final ServerMetrics metrics;
  private final ChannelGroup connections;
  private volatile boolean stopping;
  private @Nullable Channel socket;

  private HttpServer(
      HttpServerConfig config,
      Map<String, HttpHandler> handlers,
      HttpErrors errors,
      ServerSetting setting,
      @Nullable TlsContext tls) {
    this.config = config;
    this.handlers = Map.copyOf(handlers);
    this.errors = errors;
    this.setting = setting;
    this.cors = Cors.of(config.cors());
    this.tls = tls;
    this.metrics = new ServerMetrics(setting.meter(), config.listener());
    this.connections = new DefaultChannelGroup(setting.loops().group().next(), true);
  }

  /**
   * Binds and begins to serve.
   *
   * @param handlers by path
   * @throws StartException if certificates cannot be read or the address cannot be bound
   */
  public static HttpServer start(
      HttpServerConfig config,
      Map<String, HttpHandler> handlers,
      HttpErrors errors,
      ServerSetting setting)
      throws StartException {
    HttpServerConfig.CorsConfig cors = config.cors();
    if (cors != null && cors.allowedOrigins().isEmpty() && !cors.allowedHeaders().isEmpty()) {
      setting
          .logger()
          .warn(
              "The CORS configuration specifies allowed headers but no allowed origins, and is"
                  + " therefore ignored.");
    }
    TlsContext tls = null;
    TlsServerConfig tlsConfig = config.tls();
    if (tlsConfig != null) {
      try {
        tls = TlsContext.server(tlsConfig, setting.clock(), setting.logger());
      } catch (TlsException e) {
        throw new StartException(String.valueOf(e.getMessage()), e);
      }
    }
    HttpServer server = new HttpServer(config, handlers, errors, setting, tls);
    server.bind();
    return server;
  }

  private void bind() throws StartException {
    Listener listener = config.listener();
    ConnectionGate gate = new ConnectionGate(setting.admission());
    ChannelFuture bound =
        new ServerBootstrap()
            .group(setting.loops().group())
            .channelFactory(gate.guard(listener.channels()))
            .option(ChannelOption.ALLOCATOR, setting.loops().buffers())
            .option(ChannelOption.SO_BACKLOG, 1024)
            .childOption(ChannelOption.ALLOCATOR, setting.loops().buffers())
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accept(channel);
                  }
                })
            .bind(listener.address())
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      Throwable cause = bound.cause();
      throw listener.failure(cause == null ? new IllegalStateException("cancelled") : cause);
    }
    socket = bound.channel();
  }

  private void accept(Channel channel) {
    if (!config.listener().isUnix()) {
      channel.config().setOption(ChannelOption.TCP_NODELAY, true);
      channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
    }
    connections.add(channel);
    TlsContext encrypted = tls;
    if (encrypted != null) {
      channel.pipeline().addLast(new SslHandler(engine(encrypted)));
    }
    HttpConnection connection = new HttpConnection(this, encrypted != null);
    channel
        .pipeline()
        .addLast(connection.arrivals())
        .addLast(
            new HttpServerCodec(
                new HttpDecoderConfig()
                    .setMaxInitialLineLength(LINE)
                    .setMaxHeaderSize(HEADERS)
                    .setMaxChunkSize(CHUNK)))
        .addLast(new FlowControlHandler())
        .addLast(connection);
  }

  private static SSLEngine engine(TlsContext tls) {
    SSLEngine engine = tls.jdk().createSSLEngine();
    engine.setUseClientMode(false);
    SSLParameters parameters = tls.parameters();
    parameters.setApplicationProtocols(new String[] {"http/1.1"});
    engine.setSSLParameters(parameters);
    return engine;
  }

  HttpServerConfig config() {
    return config;
  }

  Map<String, HttpHandler> handlers() {
    return handlers;
  }

  HttpErrors errors() {
    return errors;
  }

  ServerSetting setting() {
    return setting;
  }

  @Nullable Cors cors() {
    return cors;
  }

  ServerMetrics metrics() {
    return metrics;
  }

  /** Returns whether connections must be closed after the request that they are at. */
  boolean stopping() {
    return stopping;
  }

  /** Returns the port that is really bound, or -1 for a unix socket. */
  public int port() {
    return socket != null && socket.localAddress() instanceof InetSocketAddress address
        ? address.getPort()
        : -1;
  }

  /** Stops listening and closes idle connections; requests at work go on. */
  public void shutdown() {
    stopping = true;
    Channel listening = socket;
    if (listening != null) {
      listening.close().awaitUninterruptibly();
    }
    for (Channel each : connections) {
      each.pipeline().fireUserEventTriggered(HttpConnection.Stop.NOW);
    }
  }

  /** Waits until the requests at work have ended, at most this long, and then cuts them off. */
  public void stop(Duration grace) {
    shutdown();
    connections.newCloseFuture().awaitUninterruptibly(grace.toNanos(), TimeUnit.NANOSECONDS);
    connections.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
    config.listener().removeSocket();
  }
}
