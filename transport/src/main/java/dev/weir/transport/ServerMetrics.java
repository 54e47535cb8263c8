package dev.weir.transport;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongHistogram;
import io.opentelemetry.api.metrics.Meter;
import java.util.List;

/**
 * What servers say of each request: the names, buckets and labels of the Collector's otelhttp and
 * otelgrpc (oracle/observed/own-metrics.md), which are seen at level detailed. Thread safe.
 */
final class ServerMetrics {
  private static final List<Double> SECONDS =
      List.of(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0);

  private static final AttributeKey<String> RPC_METHOD = AttributeKey.stringKey("rpc.method");
  private static final AttributeKey<String> RPC_STATUS =
      AttributeKey.stringKey("rpc.response.status_code");
  private static final AttributeKey<String> RPC_SYSTEM = AttributeKey.stringKey("rpc.system.name");
  private static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
  private static final AttributeKey<Long> STATUS =
      AttributeKey.longKey("http.response.status_code");
  private static final AttributeKey<String> ROUTE = AttributeKey.stringKey("http.route");
  private static final AttributeKey<String> PROTOCOL =
      AttributeKey.stringKey("network.protocol.name");
  private static final AttributeKey<String> VERSION =
      AttributeKey.stringKey("network.protocol.version");
  private static final AttributeKey<String> ADDRESS = AttributeKey.stringKey("server.address");
  private static final AttributeKey<Long> PORT = AttributeKey.longKey("server.port");
  private static final AttributeKey<String> SCHEME = AttributeKey.stringKey("url.scheme");

  /** Methods that are told apart; a client must not make series with names of its own. */
  private static final List<String> METHODS =
      List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE");

  private final DoubleHistogram rpcDuration;
  private final DoubleHistogram duration;
  private final LongHistogram requestSize;
  private final LongHistogram responseSize;
  private final String host;

  /**
   * Makes the instruments.
   *
   * @param listener says what the server is called where a client's Host is not its address
   */
  ServerMetrics(Meter meter, Listener listener) {
    rpcDuration =
        meter
            .histogramBuilder("rpc.server.call.duration")
            .setUnit("s")
            .setDescription("Measures the duration of an incoming Remote Procedure Call (RPC).")
            .setExplicitBucketBoundariesAdvice(SECONDS)
            .build();
    duration =
        meter
            .histogramBuilder("http.server.request.duration")
            .setUnit("s")
            .setDescription("Duration of HTTP server requests.")
            .setExplicitBucketBoundariesAdvice(SECONDS)
            .build();
    requestSize =
        meter
            .histogramBuilder("http.server.request.body.size")
            .ofLongs()
            .setUnit("By")
            .setDescription("Size of HTTP server request bodies.")
            .build();
    responseSize =
        meter
            .histogramBuilder("http.server.response.body.size")
            .ofLongs()
            .setUnit("By")
            .setDescription("Size of HTTP server response bodies.")
            .build();
    int colon = listener.endpoint().lastIndexOf(':');
    host = listener.isUnix() || colon < 0 ? "" : listener.endpoint().substring(0, colon);
  }

  /**
   * Counts a call.
   *
   * @param method the full name of a method that is there
   * @param code gRPC's name of the status
   */
  void rpc(String method, String code, double seconds) {
    rpcDuration.record(
        seconds, Attributes.of(RPC_METHOD, method, RPC_STATUS, code, RPC_SYSTEM, "grpc"));
  }

  /**
   * Counts a request.
   *
   * @param route the path of its handler, empty if there is none
   */
  void http(
      HttpHead head,
      String route,
      boolean encrypted,
      int port,
      int status,
      double seconds,
      long received,
      long sent) {
    String method = head.method();
    AttributesBuilder attributes =
        Attributes.builder()
            .put(METHOD, METHODS.contains(method) ? method : "_OTHER")
            .put(STATUS, (long) status)
            .put(PROTOCOL, "http")
            .put(VERSION, head.request().protocolVersion().minorVersion() == 0 ? "1.0" : "1.1")
            .put(SCHEME, encrypted ? "https" : "http");
    if (!host.isEmpty()) {
      attributes.put(ADDRESS, host);
    }
    if (port >= 0) {
      attributes.put(PORT, (long) port);
    }
    if (!route.isEmpty()) {
      attributes.put(ROUTE, route);
    }
    Attributes built = attributes.build();
    duration.record(seconds, built);
    requestSize.record(received, built);
    responseSize.record(sent, built);
  }
}
