package dev.weir.receiver.otlp;

import dev.weir.pipeline.config.Schema;
import dev.weir.transport.GrpcServerConfig;
import dev.weir.transport.HttpServerConfig;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keys of receiver {@code otlp}, as the Collector names them (collector.md 2.1); the {@code
 * max_...} keys beside {@code protocols} are our own.
 *
 * @param protocols which protocols are served
 * @param maxInFlightMib how much of requests may be held at once
 * @param maxConcurrentRequests how many requests may be at work at once
 * @param maxConnections how many connections may be open at once
 */
public record OtlpReceiverConfig(
    Protocols protocols, long maxInFlightMib, long maxConcurrentRequests, long maxConnections) {

  /**
   * The section {@code protocols}.
   *
   * @param grpc null if gRPC is not served
   * @param http null if HTTP is not served
   */
  public record Protocols(@Nullable GrpcServerConfig grpc, @Nullable Http http) {
    static final Schema<Protocols> SCHEMA =
        Schema.define(
            fields -> {
              var grpc =
                  fields.optionalSection(
                      "grpc",
                      GrpcServerConfig.schema("localhost:4317"),
                      "OTLP over gRPC; a key without a value turns it on with its defaults.");
              var http =
                  fields.optionalSection(
                      "http",
                      Http.SCHEMA,
                      "OTLP over HTTP; a key without a value turns it on with its defaults.");
              return values -> new Protocols(values.get(grpc), values.get(http));
            });
  }

  /**
   * The section {@code protocols::http}.
   *
   * @param server what every HTTP server has
   * @param tracesPath where spans come in
   * @param metricsPath where metrics come in
   * @param logsPath where log records come in
   */
  public record Http(
      HttpServerConfig server, String tracesPath, String metricsPath, String logsPath) {
    static final Schema<Http> SCHEMA =
        Schema.define(
            fields -> {
              var server = HttpServerConfig.declare(fields, "localhost:4318");
              var traces = fields.text("traces_url_path", "/v1/traces", "Where spans come in.");
              var metrics =
                  fields.text("metrics_url_path", "/v1/metrics", "Where metrics come in.");
              var logs = fields.text("logs_url_path", "/v1/logs", "Where log records come in.");
              fields.rule(Http::errors);
              return values ->
                  new Http(
                      server.apply(values),
                      rooted(values.get(traces)),
                      rooted(values.get(metrics)),
                      rooted(values.get(logs)));
            });

    private static String rooted(String path) {
      return path.startsWith("/") ? path : "/" + path;
    }

    private List<String> errors() {
      List<String> errors = new ArrayList<>(server.errors());
      for (String path : List.of(tracesPath, metricsPath, logsPath)) {
        try {
          if (new URI(path).getRawPath() == null) {
            errors.add("invalid HTTP URL path set for signal: " + path);
          }
        } catch (URISyntaxException e) {
          errors.add(
              "invalid HTTP URL path set for signal: parse \"" + path + "\": " + e.getReason());
        }
      }
      return errors;
    }
  }

  /** Declares the keys. */
  static final Schema<OtlpReceiverConfig> SCHEMA =
      Schema.define(
          fields -> {
            var protocols =
                fields.section("protocols", Protocols.SCHEMA, "What is served: at least one.");
            var inFlight =
                fields
                    .whole(
                        "max_in_flight_mib",
                        32,
                        "How much of requests, as received and unpacked, may be held at once;"
                            + " who comes on top is told to try again.")
                    .check(n -> n > 0 && n <= 1 << 20, "must be between 1 and 1048576");
            var requests =
                fields
                    .whole(
                        "max_concurrent_requests",
                        256,
                        "How many requests may be at work at once; who comes on top is told to"
                            + " try again.")
                    .check(n -> n > 0 && n <= 1_000_000, "must be between 1 and 1000000");
            var connections =
                fields
                    .whole(
                        "max_connections",
                        1024,
                        "How many connections may be open at once; further ones are closed.")
                    .check(n -> n > 0 && n <= 1_000_000, "must be between 1 and 1000000");
            fields.rule(OtlpReceiverConfig::errors);
            return values ->
                new OtlpReceiverConfig(
                    values.get(protocols),
                    values.get(inFlight),
                    values.get(requests),
                    values.get(connections));
          });

  private List<String> errors() {
    return protocols.grpc() == null && protocols.http() == null
        ? List.of("must specify at least one protocol when using the OTLP receiver")
        : List.of();
  }
}
