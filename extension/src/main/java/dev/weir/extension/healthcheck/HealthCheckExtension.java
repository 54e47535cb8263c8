package dev.weir.extension.healthcheck;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.Extension;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.config.GoDuration;
import dev.weir.pipeline.exposition.Endpoint;
import dev.weir.transport.tls.TlsContext;
import dev.weir.transport.tls.TlsException;
import dev.weir.transport.tls.TlsServerConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Tells over HTTP whether data flows: 200 from when all pipelines have started to when the agent
 * begins to stop, otherwise 503. Thread safe.
 */
final class HealthCheckExtension implements Extension {
  private static final String NOT_FOUND = "404 page not found\n";

  private final HealthCheckConfig config;
  private final InstantSource clock;
  private final Logger logger;
  private volatile @Nullable Instant upSince;
  private @Nullable HttpServer server;
  private @Nullable ExecutorService threads;

  HealthCheckExtension(ComponentContext context, HealthCheckConfig config) {
    this.config = config;
    this.clock = context.clock();
    this.logger = context.logger();
  }

  @Override
  public void start(Host host) throws StartException {
    logger
        .atInfo()
        .addKeyValue("endpoint", config.endpoint().toString())
        .addKeyValue("path", config.path())
        .log("Starting health_check extension");
    HttpServer made = open();
    made.createContext("/", this::answer);
    ExecutorService executor =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("health_check").factory());
    made.setExecutor(executor);
    made.start();
    threads = executor;
    server = made;
  }

  private HttpServer open() throws StartException {
    Endpoint endpoint = config.endpoint();
    String failed = "failed to bind to address " + endpoint + ": listen tcp ";
    TlsServerConfig tls = config.tls();
    try {
      InetSocketAddress address =
          endpoint.host().isEmpty()
              ? new InetSocketAddress(endpoint.port())
              : new InetSocketAddress(InetAddress.getByName(endpoint.host()), endpoint.port());
      if (tls == null) {
        return HttpServer.create(address, 0);
      }
      TlsContext context = TlsContext.server(tls, clock, logger);
      HttpsServer https = HttpsServer.create(address, 0);
      https.setHttpsConfigurator(new Encryption(context));
      return https;
    } catch (TlsException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    } catch (UnknownHostException e) {
      throw new StartException(failed + endpoint + ": lookup failed, no such host", e);
    } catch (IOException e) {
      String why = String.valueOf(e.getMessage());
      throw new StartException(
          failed
              + endpoint
              + ": bind: "
              + why.substring(0, 1).toLowerCase(Locale.ROOT)
              + why.substring(1),
          e);
    }
  }

  /** Offers what the section {@code tls} says. */
  private static final class Encryption extends HttpsConfigurator {
    private final TlsContext context;

    private Encryption(TlsContext context) {
      super(context.jdk());
      this.context = context;
    }

    @Override
    public void configure(HttpsParameters params) {
      params.setSSLParameters(context.parameters());
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      Headers headers = exchange.getResponseHeaders();
      config.responseHeaders().forEach(headers::set);
      String path = exchange.getRequestURI().getPath();
      if (!matches(path)) {
        headers.set("Content-Type", "text/plain; charset=utf-8");
        headers.set("X-Content-Type-Options", "nosniff");
        send(exchange, 404, NOT_FOUND);
        return;
      }
      Instant since = upSince;
      int status = since == null ? 503 : 200;
      HealthCheckConfig.ResponseBody body = config.responseBody();
      if (body != null) {
        headers.set("Content-Type", "text/plain; charset=utf-8");
        send(exchange, status, since == null ? body.unhealthy() : body.healthy());
        return;
      }
      headers.set("Content-Type", "application/json");
      send(
          exchange,
          status,
          since == null
              ? "{\"status\":\"Server not available\",\"upSince\":\"0001-01-01T00:00:00Z\","
                  + "\"uptime\":\"\"}"
              : "{\"status\":\"Server available\",\"upSince\":\""
                  + since
                  + "\",\"uptime\":\""
                  + GoDuration.format(Duration.between(since, clock.instant()))
                  + "\"}");
    }
  }

  /** By the rules of Go's mux: a path that ends in a slash answers for everything below it. */
  private boolean matches(String path) {
    return config.path().endsWith("/")
        ? path.startsWith(config.path())
        : path.equals(config.path());
  }

  private static void send(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, head || bytes.length == 0 ? -1 : bytes.length);
    if (!head && bytes.length > 0) {
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void ready() {
    upSince = clock.instant();
    logger.atInfo().addKeyValue("status", "ready").log("Health Check state change");
  }

  @Override
  public void notReady() {
    upSince = null;
    logger.atInfo().addKeyValue("status", "unavailable").log("Health Check state change");
  }

  @Override
  public void stop(Duration grace) {
    HttpServer running = server;
    server = null;
    if (running != null) {
      running.stop(0);
    }
    ExecutorService executor = threads;
    threads = null;
    if (executor != null) {
      executor.shutdownNow();
    }
  }

  @Override
  public String shownAt() {
    HttpServer running = server;
    return running == null
        ? ""
        : (config.tls() == null ? "http://" : "https://")
            + new Endpoint(config.endpoint().host(), running.getAddress().getPort())
            + config.path();
  }
}
