package dev.weir.transport;

import dev.weir.pdata.otlp.Pieces;
import dev.weir.pipeline.BuildInfo;
import dev.weir.transport.compression.ByteSlice;
import dev.weir.transport.compression.Compression;
import dev.weir.transport.tls.TlsContext;
import dev.weir.transport.tls.TlsException;
import java.net.ConnectException;
import java.net.CookieManager;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Posts bodies with the JDK's HTTP client: HTTP/1.1 in plain text, HTTP/2 where TLS agrees on it.
 * One thread that waits for sockets, the rest on virtual threads. Thread safe.
 */
public final class HttpPoster implements SharedInstances.Instance {
  /** What an answer may have to say; the Collector reads no more either. */
  private static final int MOST_OF_BODY = 64 << 10;

  private final HttpClient client;
  private final HttpClientConfig config;
  private final String userAgent;
  private final @Nullable Semaphore connections;

  private HttpPoster(HttpClient client, HttpClientConfig config, String userAgent) {
    this.client = client;
    this.config = config;
    this.userAgent = userAgent;
    this.connections =
        config.maxConnsPerHost() == 0 ? null : new Semaphore(config.maxConnsPerHost());
  }

  /**
   * Makes a client; connects with the first request.
   *
   * @param name what its threads are called
   * @param build the agent, for the header {@code User-Agent}
   * @param clock says when files of TLS are read again
   * @throws TlsException if a certificate or key cannot be used
   */
  public static HttpPoster open(
      String name, HttpClientConfig config, BuildInfo build, InstantSource clock, Logger logger)
      throws TlsException {
    // Which scheme a request has decides whether there is TLS, not tls::insecure.
    TlsContext tls = TlsContext.encryptedClient(config.tls(), clock, logger);
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .sslContext(tls.jdk())
            .sslParameters(tls.parameters())
            .followRedirects(HttpClient.Redirect.NORMAL)
            .version(
                config.attemptHttp2() ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1)
            .executor(task -> Thread.ofVirtual().name(name + "-http").start(task));
    if (config.cookies()) {
      builder.cookieHandler(new CookieManager());
    }
    if (!config.proxyUrl().isEmpty()) {
      URI proxy = URI.create(config.proxyUrl());
      builder.proxy(
          ProxySelector.of(
              new InetSocketAddress(proxy.getHost(), proxy.getPort() < 0 ? 80 : proxy.getPort())));
    }
    return new HttpPoster(builder.build(), config, GrpcClient.userAgent(build));
  }

  /**
   * Posts a body, packed as configured, and waits for the answer.
   *
   * @param timeout how long it may take with the answer's body, zero for as long as it likes
   * @throws InterruptedException if the thread is interrupted; the request is cancelled
   */
  public HttpReply post(URI to, String contentType, Pieces body, Duration timeout)
      throws InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(to)
            .setHeader("Content-Type", contentType)
            .setHeader("User-Agent", userAgent);
    HttpRequest.BodyPublisher content = new PiecesPublisher(body);
    if (config.compression() != Compression.NONE) {
      byte[] whole = body.toArray();
      ByteSlice packed =
          config.compression().compress(whole, 0, whole.length, config.compressionLevel());
      content =
          HttpRequest.BodyPublishers.ofByteArray(packed.array(), packed.offset(), packed.length());
      request.setHeader("Content-Encoding", config.compression().configName());
    }
    for (Map.Entry<String, String> header : config.headers().entrySet()) {
      request.setHeader(header.getKey(), header.getValue());
    }
    if ("http".equals(to.getScheme())) {
      request.version(HttpClient.Version.HTTP_1_1); // no attempt to upgrade a plain connection
    }
    request.POST(content);
    long deadline = timeout.isZero() ? Long.MAX_VALUE : System.nanoTime() + timeout.toNanos();
    if (connections != null && !acquire(connections, timeout)) {
      return late(to);
    }
    try {
      return send(to, request.build(), deadline);
    } finally {
      if (connections != null) {
        connections.release();
      }
    }
  }

  private static boolean acquire(Semaphore from, Duration timeout) throws InterruptedException {
    if (timeout.isZero()) {
      from.acquire();
      return true;
    }
    return from.tryAcquire(timeout.toNanos(), TimeUnit.NANOSECONDS);
  }

  private HttpReply send(URI to, HttpRequest request, long deadline) throws InterruptedException {
    CompletableFuture<HttpResponse<byte[]>> exchange =
        client.sendAsync(request, head -> new FirstBytes());
    try {
      HttpResponse<byte[]> response =
          deadline == Long.MAX_VALUE
              ? exchange.get()
              : exchange.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (!response.request().method().equals("POST")) {
        return redirected(response);
      }
      String type = response.headers().firstValue("Content-Type").orElse("");
      int semicolon = type.indexOf(';');
      return new HttpReply.Answer(
          response.statusCode(),
          (semicolon < 0 ? type : type.substring(0, semicolon)).strip().toLowerCase(Locale.ROOT),
          response.headers().firstValue("Retry-After").orElse(null),
          response.body());
    } catch (TimeoutException e) {
      exchange.cancel(true);
      return late(to);
    } catch (InterruptedException e) {
      exchange.cancel(true);
      throw e;
    } catch (ExecutionException e) {
      return failed(to, e.getCause() == null ? e : e.getCause());
    }
  }

  /**
   * 301, 302 and 303 turn a POST into a GET, as browsers have it: whoever answered that never got
   * the body. So the answer is the redirection itself.
   */
  private static HttpReply redirected(HttpResponse<byte[]> last) {
    HttpResponse<byte[]> first = last;
    while (first.previousResponse().isPresent()) {
      first = first.previousResponse().get();
    }
    return new HttpReply.Answer(first.statusCode(), "", null, new byte[0]);
  }

  private static HttpReply late(URI to) {
    return new HttpReply.Failed(
        "failed to make an HTTP request: Post \"" + to + "\": context deadline exceeded", true);
  }

  private static HttpReply failed(URI to, Throwable cause) {
    boolean late = false;
    String reason = null;
    for (Throwable each = cause; each != null && reason == null; each = each.getCause()) {
      if (each instanceof HttpTimeoutException) {
        late = true;
        reason = "context deadline exceeded";
      } else if (each instanceof SSLException) {
        reason = "tls: " + each.getMessage();
      } else if (each instanceof UnresolvedAddressException) {
        reason = "dial tcp: lookup " + to.getHost() + ": no such host";
      }
    }
    if (reason == null && cause instanceof ConnectException) {
      String text = cause.getMessage() == null ? "connection refused" : cause.getMessage();
      reason = "dial tcp " + address(to) + ": connect: " + text.toLowerCase(Locale.ROOT);
    }
    if (reason == null) {
      String text = cause.getMessage();
      reason = text == null ? cause.getClass().getSimpleName() : text;
    }
    return new HttpReply.Failed(
        "failed to make an HTTP request: Post \"" + to + "\": " + reason, late);
  }

  private static String address(URI to) {
    String host = "localhost".equals(to.getHost()) ? "127.0.0.1" : to.getHost();
    int port = to.getPort();
    if (port < 0) {
      port = "https".equals(to.getScheme()) ? 443 : 80;
    }
    return host + ":" + port;
  }

  @Override
  public void close(Duration atMost) {
    client.shutdownNow();
    try {
      client.awaitTermination(atMost);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Keeps the first 64 KiB of a body and does not wait for more. */
  private static final class FirstBytes implements HttpResponse.BodySubscriber<byte[]> {
    private final CompletableFuture<byte[]> body = new CompletableFuture<>();
    private byte[] kept = new byte[0];
    private Flow.@Nullable Subscription subscription;

    @Override
    public CompletionStage<byte[]> getBody() {
      return body;
    }

    @Override
    public void onSubscribe(Flow.Subscription to) {
      subscription = to;
      to.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      for (ByteBuffer buffer : buffers) {
        int length = Math.min(buffer.remaining(), MOST_OF_BODY - kept.length);
        int before = kept.length;
        kept = Arrays.copyOf(kept, before + length);
        buffer.get(kept, before, length);
      }
      if (kept.length == MOST_OF_BODY && !body.isDone()) {
        body.complete(kept);
        if (subscription != null) {
          subscription.cancel();
        }
      }
    }

    @Override
    public void onError(Throwable throwable) {
      body.completeExceptionally(throwable);
    }

    @Override
    public void onComplete() {
      body.complete(kept);
    }
  }
}
