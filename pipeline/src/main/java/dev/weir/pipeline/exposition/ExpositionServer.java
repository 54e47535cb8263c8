package dev.weir.pipeline.exposition;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.weir.pipeline.StartException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Serves one page to Prometheus: {@code GET} and {@code HEAD} of one path; 404 for other paths, 405
 * for other methods, 503 when too many ask at once.
 *
 * <p>Each request runs on a virtual thread. A page is streamed, so its memory is a buffer, and a
 * slow peer holds up nobody but itself: after {@link Settings#deadline()} its connection is cut. A
 * page that fails before its first 64 KiB gets status 500; later, the connection is cut, so that
 * the scraper knows that the page is not whole. Thread safe.
 */
public final class ExpositionServer implements AutoCloseable {
  private static final String NOT_FOUND = "404 page not found\n";
  private static final String NOT_ALLOWED = "405 method not allowed, supported: [GET, HEAD]\n";
  private static final String PLAIN = "text/plain; charset=utf-8";
  private static final int STREAM_BUFFER = 64 * 1024;

  /** Writes the samples of one page. */
  @FunctionalInterface
  public interface Page {
    /**
     * Writes all families; the server calls {@link ExpositionWriter#end()}. Called by several
     * threads at once.
     */
    void write(ExpositionWriter writer) throws IOException;
  }

  /**
   * What a server is like.
   *
   * @param endpoint where it listens
   * @param path the path of the page, {@code /metrics}
   * @param openMetrics whether a client that asks for OpenMetrics gets it
   * @param keepAlive whether a connection may serve several requests
   * @param maxConcurrent how many pages are written at once; who comes on top gets 503
   * @param deadline how long one request may take, from its first byte to the last of the answer
   */
  public record Settings(
      Endpoint endpoint,
      String path,
      boolean openMetrics,
      boolean keepAlive,
      int maxConcurrent,
      Duration deadline) {
    /** Returns the usual settings: {@code /metrics}, OpenMetrics on request, 8 at once, 30s. */
    public static Settings at(Endpoint endpoint) {
      return new Settings(endpoint, "/metrics", true, true, 8, Duration.ofSeconds(30));
    }
  }

  private final HttpServer server;
  private final Settings settings;
  private final Page page;
  private final Logger logger;
  private final Semaphore permits;
  private final ScheduledThreadPoolExecutor deadlines;
  private final LongAdder served = new LongAdder();
  private final LongAdder rejected = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private volatile boolean stopping;

  private ExpositionServer(HttpServer server, Settings settings, Page page, Logger logger) {
    this.server = server;
    this.settings = settings;
    this.page = page;
    this.logger = logger;
    this.permits = new Semaphore(settings.maxConcurrent());
    this.deadlines =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("exposition-deadline").factory());
    deadlines.setRemoveOnCancelPolicy(true);
  }

  /**
   * Binds and begins to serve.
   *
   * @throws StartException that says which address could not be bound, why, and what to try
   */
  public static ExpositionServer start(Settings settings, Page page, Logger logger)
      throws StartException {
    HttpServer http;
    try {
      http = HttpServer.create(settings.endpoint().address(), 0);
    } catch (UnknownHostException e) {
      throw new StartException(
          "listen tcp " + settings.endpoint() + ": lookup failed, no such host", e);
    } catch (BindException e) {
      throw new StartException(
          "listen tcp " + settings.endpoint() + ": bind: " + reason(e, settings.endpoint()), e);
    } catch (IOException e) {
      throw new StartException("listen tcp " + settings.endpoint() + ": " + e.getMessage(), e);
    }
    ExpositionServer server = new ExpositionServer(http, settings, page, logger);
    http.createContext("/", server::handle);
    http.setExecutor(server.new DeadlineExecutor());
    http.start();
    return server;
  }

  private static String reason(BindException e, Endpoint endpoint) {
    String message = String.valueOf(e.getMessage());
    if (message.contains("in use")) {
      return "address already in use; another process listens on port "
          + endpoint.port()
          + " (ss -ltnp 'sport = :"
          + endpoint.port()
          + "' shows which), choose another port or stop it";
    }
    if (message.contains("denied")) {
      return "permission denied; ports below 1024 need the capability CAP_NET_BIND_SERVICE";
    }
    if (message.contains("assign")) {
      return "cannot assign requested address; this machine has no address " + endpoint.host();
    }
    return message;
  }

  /** Returns the address that is really bound: its port is never 0. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  /** Returns how many pages were written whole since the start. */
  public long served() {
    return served.sum();
  }

  /** Returns how many requests got 503 because too many were being answered. */
  public long rejected() {
    return rejected.sum();
  }

  /** Returns how many pages failed or were cut: a bug, a slow peer, one that went away. */
  public long failed() {
    return failed.sum();
  }

  /**
   * Stops: no new requests, those that run may end within {@code grace}, then everything is cut.
   */
  public void stop(Duration grace) {
    stopping = true;
    boolean idle = false;
    try {
      idle =
          permits.tryAcquire(
              settings.maxConcurrent(), Math.max(0, grace.toMillis()), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!idle) {
      logger.warn("stopped while a page was being written to a slow peer; its connection is cut");
    }
    server.stop(0);
    deadlines.shutdownNow();
  }

  @Override
  public void close() {
    stop(Duration.ZERO);
  }

  /**
   * Runs each request on a virtual thread that is interrupted at its deadline: that closes the
   * channel, whether it is blocked in reading a request or in writing an answer.
   */
  private final class DeadlineExecutor implements Executor {
    private final ThreadFactory threads =
        Thread.ofVirtual().name("exposition-", 0).inheritInheritableThreadLocals(false).factory();

    @Override
    public void execute(Runnable exchange) {
      if (stopping && deadlines.isShutdown()) {
        return;
      }
      threads.newThread(() -> run(exchange)).start();
    }

    private void run(Runnable exchange) {
      Thread thread = Thread.currentThread();
      ScheduledFuture<?> deadline;
      try {
        deadline =
            deadlines.schedule(
                thread::interrupt, settings.deadline().toMillis(), TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException e) {
        return; // stopped meanwhile: the connection is closed already
      }
      try {
        exchange.run();
      } finally {
        deadline.cancel(false);
      }
    }
  }

  /**
   * Answers one request. The exchange is closed at the end and not in a finally block: closing it
   * would end a page that failed half way like one that is whole, while an exception makes the
   * server close the connection.
   */
  private void handle(HttpExchange exchange) throws IOException {
    if (!settings.keepAlive()) {
      exchange.getResponseHeaders().set("Connection", "close");
    }
    String method = exchange.getRequestMethod();
    if (!exchange.getRequestURI().getPath().equals(settings.path())) {
      answer(exchange, 404, NOT_FOUND, Map.of());
    } else if (!method.equals("GET") && !method.equals("HEAD")) {
      answer(exchange, 405, NOT_ALLOWED, Map.of("Allow", "GET, HEAD"));
    } else if (stopping || !permits.tryAcquire()) {
      rejected.increment();
      answer(exchange, 503, "too many scrapes at once, try again\n", Map.of("Retry-After", "1"));
    } else {
      try {
        servePage(exchange, method.equals("HEAD"));
      } finally {
        permits.release();
      }
    }
    exchange.close();
  }

  private void servePage(HttpExchange exchange, boolean headOnly) throws IOException {
    Headers request = exchange.getRequestHeaders();
    ExpositionFormat format =
        ExpositionFormat.negotiate(
            String.join(",", request.getOrDefault("Accept", List.of())), settings.openMetrics());
    boolean gzip =
        ExpositionFormat.acceptsGzip(
            String.join(",", request.getOrDefault("Accept-Encoding", List.of())));
    Headers response = exchange.getResponseHeaders();
    response.set("Content-Type", format.contentType());
    response.set("Vary", "Accept, Accept-Encoding");
    if (gzip) {
      response.set("Content-Encoding", "gzip");
    }
    if (headOnly) {
      exchange.sendResponseHeaders(200, -1);
      served.increment();
      return;
    }
    Body body = new Body(exchange);
    try {
      OutputStream stream = gzip ? new FastGzip(body) : body;
      ExpositionWriter writer = new ExpositionWriter(stream, format);
      page.write(writer);
      writer.end();
      stream.close();
      served.increment();
    } catch (IOException | RuntimeException e) {
      failed.increment();
      if (e instanceof RuntimeException) {
        logger.error("cannot write the page {}", settings.path(), e);
      } else {
        logger.debug("a page was cut: {}", e.toString());
      }
      if (body.begun()) {
        throw new IOException("page cut", e); // the server then closes the connection
      }
      response.remove("Content-Encoding");
      answer(exchange, 500, "cannot write the page, see the agent's log\n", Map.of());
    }
  }

  private static void answer(
      HttpExchange exchange, int status, String text, Map<String, String> headers)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", PLAIN);
    headers.forEach(exchange.getResponseHeaders()::set);
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(status, -1);
    } else {
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  /** Sends status 200 with the first bytes, so that a page that fails before them can say so. */
  private static final class Body extends OutputStream {
    private final HttpExchange exchange;
    private @Nullable OutputStream open;

    Body(HttpExchange exchange) {
      this.exchange = exchange;
    }

    boolean begun() {
      return open != null;
    }

    private OutputStream open() throws IOException {
      OutputStream stream = open;
      if (stream == null) {
        exchange.sendResponseHeaders(200, 0); // chunked
        stream = new BufferedOutputStream(exchange.getResponseBody(), STREAM_BUFFER);
        open = stream;
      }
      return stream;
    }

    @Override
    public void write(int b) throws IOException {
      open().write(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      open().write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
      open().close();
    }
  }

  /** Level 1: a third of the CPU of the default level for a page a tenth larger. */
  private static final class FastGzip extends GZIPOutputStream {
    FastGzip(OutputStream out) throws IOException {
      super(out, STREAM_BUFFER);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }
}
