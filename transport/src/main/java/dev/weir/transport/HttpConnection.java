package dev.weir.transport;

import dev.weir.transport.compression.ByteSlice;
import dev.weir.transport.compression.Compression;
import dev.weir.transport.compression.CompressionException;
import io.grpc.netty.shaded.io.netty.buffer.ByteBuf;
import io.grpc.netty.shaded.io.netty.buffer.Unpooled;
import io.grpc.netty.shaded.io.netty.channel.ChannelFutureListener;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandler;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelInboundHandlerAdapter;
import io.grpc.netty.shaded.io.netty.channel.socket.DuplexChannel;
import io.grpc.netty.shaded.io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.grpc.netty.shaded.io.netty.handler.codec.http.FullHttpResponse;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpContent;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpHeaderNames;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpRequest;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpResponseStatus;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpUtil;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpVersion;
import io.grpc.netty.shaded.io.netty.handler.codec.http.LastHttpContent;
import io.grpc.netty.shaded.io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.grpc.netty.shaded.io.netty.handler.codec.http.TooLongHttpLineException;
import io.grpc.netty.shaded.io.netty.util.ReferenceCountUtil;
import io.grpc.netty.shaded.io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection: one request after another. All fields belong to its event loop; while a request
 * is at work nothing is read.
 */
@SuppressWarnings("FutureReturnValueIgnored") // who must know of a failure is told by a listener
final class HttpConnection extends ChannelInboundHandlerAdapter {
  /** The event that says that the server stops. */
  enum Stop {
    NOW
  }

  /** As much of a body that nobody wants is read so that the connection can be kept, as in Go. */
  private static final int DISCARDED = 256 << 10;

  /** So long a client may go on sending after it was told that the connection ends, as in Go. */
  private static final Duration LINGER = Duration.ofMillis(500);

  /** Nothing may hold a connection for good. */
  private static final Duration NO_LIMIT = Duration.ofHours(1);

  private static final int FIRST_BUFFER = 64 << 10;
  private static final String TOO_LARGE = "http: request body too large";
  private static final String NOT_FOUND = "404 page not found\n";
  private static final byte[] EMPTY = new byte[0];
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private enum State {
    /** Waits for a request. */
    IDLE,
    /** A head has begun to come. */
    HEAD,
    /** Collects a body. */
    BODY,
    /** Throws a body away before it answers. */
    DISCARD,
    /** A request is at work or its answer is being sent. */
    WORK,
    /** Has answered for the last time. */
    CLOSING
  }

  private final HttpServer server;
  private final boolean encrypted;
  private final Admission admission;

  private State state = State.IDLE;
  private @Nullable ChannelHandlerContext context;
  private @Nullable HttpHead head;
  private @Nullable HttpHandler handler;
  private @Nullable HttpAnswer early;
  private Compression compression = Compression.NONE;
  private byte[] body = EMPTY;
  private int length;
  private long discarded;
  private long held;
  private long begun;

  /** Answers wait for a client that does not read them: nothing more is read from it. */
  private boolean backedUp;

  private @Nullable ScheduledFuture<?> deadline;

  /** The request that is being received, so that it ends if it stops half way. */
  private StallWatch.@Nullable Incoming incoming;

  HttpConnection(HttpServer server, boolean encrypted) {
    this.server = server;
    this.encrypted = encrypted;
    this.admission = server.setting().admission();
  }

  /** Returns a handler for the pipeline's front, which notices the first byte of a request. */
  ChannelHandler arrivals() {
    return new ChannelInboundHandlerAdapter() {
      @Override
      public void channelRead(ChannelHandlerContext ignored, Object message) {
        if (state == State.IDLE) {
          state = State.HEAD;
          expireAfter(firstOf(server.config().readHeaderTimeout(), server.config().readTimeout()));
          watch();
        }
        if (incoming != null && message instanceof ByteBuf bytes) {
          incoming.received(bytes.readableBytes());
        }
        ignored.fireChannelRead(message);
      }
    };
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
  }

  @Override
  public void channelActive(ChannelHandlerContext active) {
    expireAfter(firstOf(server.config().readHeaderTimeout(), server.config().readTimeout()));
    active.fireChannelActive();
  }

  @Override
  public void channelInactive(ChannelHandlerContext inactive) {
    cancelDeadline();
    whole();
    if (state != State.WORK) {
      release();
    }
    state = State.CLOSING;
    inactive.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext caught, Throwable cause) {
    if (cause instanceof IOException) {
      server.setting().logger().debug("a connection broke: {}", cause.toString());
    } else {
      // TLS handshakes that fail come here too: one line, and only for who looks for it.
      server.setting().logger().debug("a connection failed", cause);
    }
    caught.close();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext triggered, Object event) {
    if (event == Stop.NOW) {
      if (state == State.IDLE) {
        triggered.close();
      }
      return;
    }
    triggered.fireUserEventTriggered(event);
  }

  @Override
  public void channelRead(ChannelHandlerContext ignored, Object message) {
    try {
      if (state == State.CLOSING || state == State.WORK) {
        return; // what comes after the last answer, or the end of a body already answered
      }
      if (message instanceof HttpRequest request) {
        begin(request);
      }
      if (message instanceof HttpContent content) {
        if (state == State.BODY) {
          collect(content);
        } else if (state == State.DISCARD) {
          discard(content);
        }
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  // ---- the head

  private void begin(HttpRequest request) {
    HttpHead now = new HttpHead(request);
    head = now;
    begun = System.nanoTime();
    if (incoming == null) {
      watch(); // it came with the one before
    }
    if (request.decoderResult().isFailure()) {
      answerBadRequest(request.decoderResult().cause());
      return;
    }
    if (request.protocolVersion().majorVersion() != 1) {
      answerBadRequest(505, "505 HTTP Version Not Supported: unsupported protocol version");
      return;
    }
    if (request.headers().getAll(HttpHeaderNames.HOST).size() > 1 || now.path().isEmpty()) {
      answerBadRequest(400, "400 Bad Request");
      return;
    }
    String transfer = now.header("Transfer-Encoding");
    if (!transfer.isEmpty() && !transfer.equalsIgnoreCase("chunked")) {
      answerBadRequest(501, "Unsupported transfer encoding");
      return;
    }
    if (request.protocolVersion().minorVersion() > 0 && now.header("Host").isEmpty()) {
      answerBadRequest(400, "400 Bad Request: missing required Host header");
      return;
    }
    String expected = now.header("Expect");
    if (!expected.isEmpty() && !HttpUtil.is100ContinueExpected(request)) {
      sendLast(new HttpAnswer(417, Map.of(), EMPTY));
      return;
    }
    expireAfter(server.config().readTimeout());
    HttpAnswer answer = withoutBody(now);
    long stated = HttpUtil.getContentLength(request, -1L);
    if (answer == null && stated > server.config().maxRequestBodySize()) {
      answer = server.errors().answer(now, 400, TOO_LARGE);
    }
    if (answer == null && admission.full()) {
      answer = full(now, GrpcServer.TOO_MANY_BYTES);
    }
    if (answer != null) {
      boolean waits = HttpUtil.is100ContinueExpected(request);
      if (waits || stated > DISCARDED + server.config().maxRequestBodySize()) {
        sendLast(answer);
      } else {
        early = answer;
        discarded = 0;
        state = State.DISCARD;
      }
      return;
    }
    if (HttpUtil.is100ContinueExpected(request)) {
      context()
          .writeAndFlush(
              new DefaultFullHttpResponse(
                  HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
    }
    state = State.BODY;
  }

  /** Returns the answer that needs no body, or null; then {@code handler} is there. */
  private @Nullable HttpAnswer withoutBody(HttpHead now) {
    if (now.method().equals("OPTIONS") && now.request().uri().equals("*")) {
      return new HttpAnswer(200, Map.of(), EMPTY);
    }
    if (server.cors() != null && Cors.isPreflight(now)) {
      return new HttpAnswer(204, Map.of(), EMPTY);
    }
    String encoding = now.header("Content-Encoding");
    if (!server.config().compressionAlgorithms().isEmpty()) {
      if (!server.config().compressionAlgorithms().contains(encoding)) {
        return server.errors().answer(now, 400, "unsupported Content-Encoding: " + encoding);
      }
      compression = Compression.named(encoding).orElse(Compression.NONE);
    } else {
      compression = Compression.NONE; // an empty list turns unpacking off
    }
    String path = now.path();
    String clean = cleaned(path);
    if (!clean.equals(path)) {
      return redirect(now, clean + now.query());
    }
    HttpHandler found = server.handlers().get(path);
    if (found == null) {
      return HttpAnswer.of(404, "text/plain; charset=utf-8", NOT_FOUND)
          .with("X-Content-Type-Options", "nosniff");
    }
    handler = found;
    return found.refuse(now);
  }

  /** Returns the path without empty, {@code .} and {@code ..} parts, as Go's path.Clean. */
  private static String cleaned(String path) {
    if (!path.contains("//") && !path.contains("/.") && path.startsWith("/")) {
      return path;
    }
    Deque<String> parts = new ArrayDeque<>();
    for (String part : path.split("/", -1)) {
      if (part.equals("..")) {
        parts.pollLast();
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.addLast(part);
      }
    }
    String joined = "/" + String.join("/", parts);
    return path.endsWith("/") && joined.length() > 1 ? joined + "/" : joined;
  }

  private static HttpAnswer redirect(HttpHead now, String location) {
    if (!now.method().equals("GET") && !now.method().equals("HEAD")) {
      return new HttpAnswer(307, Map.of("Location", location), EMPTY);
    }
    String shown =
        location
            .replace("&", "&amp;")
            .replace("<", "&lt;")
            .replace(">", "&gt;")
            .replace("\"", "&#34;")
            .replace("'", "&#39;");
    return HttpAnswer.of(
            307,
            "text/html; charset=utf-8",
            "<a href=\"" + shown + "\">Temporary Redirect</a>.\n\n")
        .with("Location", location);
  }

  private HttpAnswer full(HttpHead now, String message) {
    return server.errors().answer(now, 503, message).with("Retry-After", "1");
  }

  // ---- the body

  private void discard(HttpContent content) {
    discarded += content.content().readableBytes();
    HttpAnswer answer = early;
    if (answer == null) {
      throw new IllegalStateException("nothing to answer");
    }
    if (content instanceof LastHttpContent && !content.decoderResult().isFailure()) {
      early = null;
      state = State.WORK;
      send(answer, false);
    } else if (discarded > DISCARDED + server.config().maxRequestBodySize()
        || content.decoderResult().isFailure()) {
      early = null;
      sendLast(answer);
    }
  }

  private void collect(HttpContent content) {
    HttpHead now = head();
    if (content.decoderResult().isFailure()) {
      sendLast(server.errors().answer(now, 400, "invalid byte in chunk length"));
      return;
    }
    ByteBuf bytes = content.content();
    int more = bytes.readableBytes();
    if ((long) length + more > server.config().maxRequestBodySize()) {
      release();
      early = server.errors().answer(now, 400, TOO_LARGE);
      discarded = 0;
      state = State.DISCARD;
      discard(content);
      return;
    }
    if (!hold(more)) {
      sendLast(full(now, GrpcServer.TOO_MANY_BYTES));
      return;
    }
    if (body.length - length < more) {
      long stated = HttpUtil.getContentLength(now.request(), -1L);
      long room = Math.max(Math.max(FIRST_BUFFER, 2L * body.length), (long) length + more);
      body =
          Arrays.copyOf(
              body,
              (int)
                  Math.min(
                      stated < 0 ? Integer.MAX_VALUE - 8 : Math.max(stated, length + more), room));
    }
    bytes.readBytes(body, length, more);
    length += more;
    if (content instanceof LastHttpContent) {
      work(now);
    }
  }

  private boolean hold(long bytes) {
    if (!admission.takeBytes(bytes)) {
      return false;
    }
    held += bytes;
    return true;
  }

  private void release() {
    admission.releaseBytes(held);
    held = 0;
    body = EMPTY;
    length = 0;
  }

  // ---- the work

  private void work(HttpHead now) {
    whole();
    HttpHandler found = handler;
    if (found == null) {
      throw new IllegalStateException("no handler");
    }
    if (!admission.takeRequest()) {
      state = State.WORK;
      send(full(now, GrpcServer.TOO_MANY_REQUESTS), false);
      return;
    }
    state = State.WORK;
    context().channel().config().setAutoRead(false);
    Duration limit = server.config().writeTimeout();
    if (limit.isPositive()) {
      expireAfter(limit);
    } else {
      cancelDeadline();
    }
    ByteSlice packed = new ByteSlice(body, 0, length);
    Compression how = compression;
    Thread.ofVirtual()
        .name("http-request")
        .start(
            () -> {
              HttpAnswer answer;
              try {
                answer = answer(now, found, how, packed);
              } finally {
                admission.releaseRequest();
              }
              try {
                context().executor().execute(() -> send(answer, false));
              } catch (RejectedExecutionException e) {
                release(); // the server has stopped meanwhile and cut the connection
              }
            });
  }

  /** Runs on a virtual thread. */
  private HttpAnswer answer(HttpHead now, HttpHandler found, Compression how, ByteSlice packed) {
    long unpackedBytes = 0;
    try {
      ByteSlice unpacked = packed;
      if (how != Compression.NONE) {
        unpacked =
            how.decompress(
                packed.array(),
                packed.offset(),
                packed.length(),
                server.config().maxRequestBodySize());
        if (!admission.takeBytes(unpacked.length())) {
          return full(now, GrpcServer.TOO_MANY_BYTES);
        }
        unpackedBytes = unpacked.length();
      }
      return found.answer(now, unpacked);
    } catch (CompressionException e) {
      return server.errors().answer(now, 400, e.getMessage());
    } catch (RuntimeException e) {
      server.setting().logger().error("a request failed because of a bug", e);
      return server.errors().answer(now, 500, "internal error: " + e);
    } finally {
      admission.releaseBytes(unpackedBytes);
    }
  }

  // ---- the answer

  /** Answers and closes the connection, whatever the client still sends. */
  private void sendLast(HttpAnswer answer) {
    send(answer, true);
  }

  private void send(HttpAnswer answer, boolean last) {
    whole();
    measure(answer);
    release();
    ChannelHandlerContext now = context();
    if (!now.channel().isActive()) {
      return;
    }
    HttpHead asked = head();
    boolean close =
        last
            || server.stopping()
            || !server.config().keepAlivesEnabled()
            || !HttpUtil.isKeepAlive(asked.request());
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            old(asked) ? HttpVersion.HTTP_1_0 : HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(answer.status()),
            Unpooled.wrappedBuffer(answer.body()));
    server.config().responseHeaders().forEach(response.headers()::set);
    Cors cors = server.cors();
    if (cors != null) {
      if (Cors.isPreflight(asked)) {
        cors.preflight(asked, response.headers());
      } else {
        cors.answer(asked, response.headers());
      }
    }
    answer.headers().forEach(response.headers()::set);
    response.headers().set(HttpHeaderNames.DATE, DATE.format(server.setting().clock().instant()));
    if (answer.status() != 204) {
      response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, answer.body().length);
    }
    if (close) {
      if (!old(asked)) {
        response.headers().set(HttpHeaderNames.CONNECTION, "close");
      }
    } else if (old(asked)) {
      response.headers().set(HttpHeaderNames.CONNECTION, "keep-alive");
    }
    if (close) {
      state = State.CLOSING;
      expireAfter(firstOf(server.config().writeTimeout(), Duration.ofSeconds(30)));
      now.writeAndFlush(response).addListener(sent -> end(now, last));
    } else {
      now.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
      if (now.channel().isWritable()) {
        next();
      } else {
        state = State.WORK;
        backedUp = true;
        now.channel().config().setAutoRead(false);
        expireAfter(firstOf(server.config().writeTimeout(), Duration.ofSeconds(30)));
      }
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext changed) {
    if (backedUp && changed.channel().isWritable()) {
      backedUp = false;
      if (server.stopping()) {
        changed.close();
      } else {
        next();
      }
    }
    changed.fireChannelWritabilityChanged();
  }

  private static boolean old(HttpHead head) {
    return head.request().protocolVersion().minorVersion() == 0;
  }

  private void measure(HttpAnswer answer) {
    HttpHead asked = head();
    server
        .metrics()
        .http(
            asked,
            handler == null ? "" : asked.path(),
            encrypted,
            server.port(),
            answer.status(),
            (System.nanoTime() - begun) / 1e9,
            length,
            answer.body().length);
  }

  private void next() {
    head = null;
    handler = null;
    state = State.IDLE;
    Duration idle = firstOf(server.config().idleTimeout(), server.config().readTimeout());
    expireAfter(idle);
    context().channel().config().setAutoRead(true);
  }

  /**
   * Closes after the last answer. A client that still sends must not get a reset before it has read
   * the answer, so the own side is closed first and what comes is thrown away for a moment.
   */
  private void end(ChannelHandlerContext now, boolean stillSending) {
    if (stillSending && !encrypted && now.channel() instanceof DuplexChannel duplex) {
      duplex.shutdownOutput();
      now.channel().config().setAutoRead(true);
      expireAfter(LINGER);
    } else {
      now.close();
    }
  }

  private void answerBadRequest(@Nullable Throwable cause) {
    if (cause instanceof TooLongHttpHeaderException || cause instanceof TooLongHttpLineException) {
      answerBadRequest(431, "431 Request Header Fields Too Large");
    } else {
      answerBadRequest(400, "400 Bad Request");
    }
  }

  private void answerBadRequest(int status, String text) {
    whole();
    release();
    ChannelHandlerContext now = context();
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            status == 501
                ? HttpResponseStatus.NOT_IMPLEMENTED
                : new HttpResponseStatus(status, text.substring(4)),
            Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8)));
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8");
    response.headers().set(HttpHeaderNames.CONNECTION, "close"); // and so without a length, as Go
    state = State.CLOSING;
    expireAfter(LINGER);
    now.writeAndFlush(response).addListener(sent -> end(now, true));
  }

  // ---- time

  private void watch() {
    incoming = server.setting().stalls().begin(this::ended);
  }

  /** All of the request has come, or nothing more of it matters. */
  private void whole() {
    if (incoming != null) {
      incoming.done();
      incoming = null;
    }
  }

  /** On whatever thread. */
  private void ended(StallWatch.Incoming request) {
    try {
      context().executor().execute(() -> stalled(request));
    } catch (RejectedExecutionException e) {
      // the server has stopped meanwhile and cut the connection
    }
  }

  @SuppressWarnings("ReferenceEquality") // another request may be under way
  private void stalled(StallWatch.Incoming request) {
    if (incoming != request) {
      return; // all of it has come meanwhile
    }
    HttpAnswer answer = early;
    if (state == State.DISCARD && answer != null) {
      early = null;
      sendLast(answer);
    } else if (state == State.BODY) {
      sendLast(server.errors().answer(head(), 408, server.setting().stalls().message()));
    } else {
      answerBadRequest(408, "408 Request Timeout");
    }
  }

  private static Duration firstOf(Duration one, Duration other) {
    return one.isPositive() ? one : other;
  }

  private void expireAfter(Duration limit) {
    cancelDeadline();
    Duration after = limit.isPositive() ? limit : NO_LIMIT;
    deadline = context().executor().schedule(this::expired, after.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void cancelDeadline() {
    ScheduledFuture<?> pending = deadline;
    if (pending != null) {
      pending.cancel(false);
      deadline = null;
    }
  }

  private void expired() {
    if (state == State.BODY) {
      sendLast(server.errors().answer(head(), 400, "i/o timeout"));
    } else {
      context().close();
    }
  }

  private HttpHead head() {
    HttpHead now = head;
    if (now == null) {
      throw new IllegalStateException("no request");
    }
    return now;
  }

  private ChannelHandlerContext context() {
    ChannelHandlerContext now = context;
    if (now == null) {
      throw new IllegalStateException("not in a pipeline yet");
    }
    return now;
  }
}
