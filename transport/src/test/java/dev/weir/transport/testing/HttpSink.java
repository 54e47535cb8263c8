package dev.weir.transport.testing;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.weir.transport.compression.Compression;
import dev.weir.transport.compression.CompressionException;
import dev.weir.transport.tls.TlsContext;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** An HTTP server of the JDK that keeps what it is sent and answers as it is told. */
public final class HttpSink implements AutoCloseable {
  /**
   * A request.
   *
   * @param path its path
   * @param body its body, unpacked
   * @param headers its headers
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Request(String path, byte[] body, Headers headers) {
    /** Returns a header, or null. */
    public @Nullable String header(String name) {
      return headers.getFirst(name);
    }
  }

  /**
   * An answer.
   *
   * @param status its status
   * @param headers its headers
   * @param body its body
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Answer(int status, Map<String, String> headers, byte[] body) {
    /** Returns an answer without headers and body. */
    public static Answer of(int status) {
      return new Answer(status, Map.of(), new byte[0]);
    }
  }

  /** Answers a request. */
  @FunctionalInterface
  public interface Answering {
    /** Returns the answer. */
    Answer to(Request request) throws IOException;
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Queue<Request> requests = new ConcurrentLinkedQueue<>();
  private final int port;
  private volatile Answering answer = request -> Answer.of(200);

  private HttpSink(@Nullable TlsContext tls) throws IOException {
    InetSocketAddress at = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    if (tls == null) {
      server = HttpServer.create(at, 0);
    } else {
      HttpsServer secure = HttpsServer.create(at, 0);
      secure.setHttpsConfigurator(
          new HttpsConfigurator(tls.jdk()) {
            @Override
            public void configure(HttpsParameters parameters) {
              parameters.setSSLParameters(tls.parameters());
            }
          });
      server = secure;
    }
    server.createContext("/", this::take);
    server.setExecutor(threads);
    server.start();
    port = server.getAddress().getPort();
  }

  /** Starts a server on a free port of loopback. */
  public static HttpSink start() throws IOException {
    return new HttpSink(null);
  }

  /** Starts a server with TLS. */
  public static HttpSink start(TlsContext tls) throws IOException {
    return new HttpSink(tls);
  }

  /** Returns the port, after the end too. */
  public int port() {
    return port;
  }

  /** Answers all requests from now on. */
  public void answer(Answering with) {
    answer = with;
  }

  /** Returns all requests so far. */
  public List<Request> requests() {
    return List.copyOf(requests);
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String encoding = exchange.getRequestHeaders().getFirst("Content-Encoding");
      if (encoding != null && body.length > 0) { // a redirected GET keeps the header
        body =
            Compression.named(encoding)
                .orElseThrow()
                .decompress(body, 0, body.length, 64 << 20)
                .toArray();
      }
      Request request =
          new Request(exchange.getRequestURI().getPath(), body, exchange.getRequestHeaders());
      requests.add(request);
      Answer said = answer.to(request);
      said.headers().forEach(exchange.getResponseHeaders()::set);
      exchange.sendResponseHeaders(
          said.status(), said.body().length == 0 ? -1 : said.body().length);
      if (said.body().length > 0) {
        exchange.getResponseBody().write(said.body());
      }
    } catch (CompressionException e) {
      throw new IOException(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
