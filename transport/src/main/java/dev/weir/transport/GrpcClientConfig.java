package dev.weir.transport;

import dev.weir.pipeline.config.Schema;
import dev.weir.transport.compression.Compression;
import dev.weir.transport.tls.TlsClientConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How a client speaks gRPC: the Collector's {@code configgrpc.ClientConfig} (collector.md 2.3).
 *
 * @param endpoint where the server is
 * @param compression how messages are packed
 * @param compressionLevel how hard gzip tries
 * @param tls TLS, or plain text
 * @param keepalive pings, or null for none
 * @param readBufferSize accepted; buffers follow the messages
 * @param writeBufferSize accepted; buffers follow the messages
 * @param waitForReady whether a call waits for a connection as long as its time limit lets it
 * @param headers sent with each call
 * @param balancerName which of several addresses get calls
 * @param authority what the server is called, or empty for the endpoint
 * @param userAgent what the client is called, or empty for the agent's name and version
 */
public record GrpcClientConfig(
    String endpoint,
    Compression compression,
    int compressionLevel,
    TlsClientConfig tls,
    @Nullable Keepalive keepalive,
    long readBufferSize,
    long writeBufferSize,
    boolean waitForReady,
    Map<String, String> headers,
    String balancerName,
    String authority,
    String userAgent) {

  private static final Set<String> BALANCERS = Set.of("pick_first", "round_robin");

  /**
   * Pings over a connection.
   *
   * @param time after how much silence; less than 10s counts as 10s, as in Go
   * @param timeout how long the answer may take before the connection counts as dead
   * @param permitWithoutStream whether pings go on while no call is under way
   */
  public record Keepalive(Duration time, Duration timeout, boolean permitWithoutStream) {
    static final Schema<Keepalive> SCHEMA =
        Schema.define(
            fields -> {
              var time =
                  fields
                      .duration(
                          "time",
                          Duration.ZERO,
                          "After how much silence a connection is pinged; 0: never. Less than 10s"
                              + " counts as 10s.")
                      .check(d -> !d.isNegative(), "must not be negative");
              var timeout =
                  fields
                      .duration(
                          "timeout",
                          Duration.ZERO,
                          "How long the answer may take before the connection counts as dead; 0:"
                              + " 20s.")
                      .check(d -> !d.isNegative(), "must not be negative");
              var permit =
                  fields.flag(
                      "permit_without_stream", false, "Pings go on while no call is under way.");
              return values ->
                  new Keepalive(values.get(time), values.get(timeout), values.get(permit));
            });
  }

  /** Copies the headers. */
  public GrpcClientConfig {
    headers = Map.copyOf(headers);
  }

  /**
   * Declares the keys in the schema of a component; {@link #errors} belongs into a rule of it.
   *
   * @param defaultGzipLevel how hard gzip tries
   * @return makes the config of the values
   */
  public static <C> Function<Schema.Values, GrpcClientConfig> declare(
      Schema.Fields<C> fields, int defaultGzipLevel) {
    var endpoint =
        fields
            .text(
                "endpoint",
                "",
                "Where the server is: `host:port`; `http://` before it means plain text,"
                    + " `https://` TLS whatever `tls::insecure` says; also `dns:///host:port` and"
                    + " `unix:///path`.")
            .required();
    var compression =
        fields
            .text("compression", "gzip", "How requests are packed: gzip, snappy, zstd or none.")
            .check(
                name -> compression(name).isPresent(),
                "unsupported compression type: there are gzip, snappy, zstd and none");
    var level =
        fields.section(
            "compression_params",
            CompressionParams.schema(defaultGzipLevel),
            "How hard gzip tries. The Collector has this key for HTTP only.");
    var tls = fields.section("tls", TlsClientConfig.SCHEMA, "TLS, which is on by default.");
    var keepalive =
        fields.optionalSection("keepalive", Keepalive.SCHEMA, "Pings over an idle connection.");
    var readBuffer =
        fields
            .whole("read_buffer_size", 0, "Accepted; buffers follow the messages.")
            .check(n -> n >= 0, "must not be negative");
    var writeBuffer =
        fields
            .whole("write_buffer_size", 512 << 10, "Accepted; buffers follow the messages.")
            .check(n -> n >= 0, "must not be negative");
    var waitForReady =
        fields.flag(
            "wait_for_ready",
            false,
            "A call waits for a connection, up to `timeout`, instead of failing at once.");
    var headers = fields.textMap("headers", "Headers that go with each request.").secret();
    var balancer =
        fields
            .text(
                "balancer_name",
                "round_robin",
                "Which of several addresses get requests: `pick_first` or `round_robin`.")
            .check(
                BALANCERS::contains, "invalid balancer_name: there are pick_first and round_robin");
    var authority =
        fields.text("authority", "", "What the server is called; empty: as in `endpoint`.");
    var userAgent =
        fields.text(
            "user_agent", "", "What the client is called; empty: the agent's name and version.");
    var auth =
        fields.optionalSection("auth", Refused.Auth.GRPC, "Not there yet: an error if present.");
    var middlewares =
        fields.sections(
            "middlewares", Refused.Middleware.SCHEMA, "Not there: an error if not empty.");
    return values -> {
      Refused.inClient(values.get(auth), values.get(middlewares));
      return new GrpcClientConfig(
          values.get(endpoint),
          compression(values.get(compression)).orElse(Compression.NONE),
          values.get(level).level(),
          values.get(tls),
          values.get(keepalive),
          values.get(readBuffer),
          values.get(writeBuffer),
          values.get(waitForReady),
          values.get(headers),
          values.get(balancer),
          values.get(authority),
          values.get(userAgent));
    };
  }

  private static Optional<Compression> compression(String name) {
    return name.isEmpty() || name.equals("none")
        ? Optional.of(Compression.NONE)
        : Compression.grpcNamed(name).filter(each -> each != Compression.NONE);
  }

  /** Returns what is wrong beyond single keys. */
  public List<String> errors() {
    List<String> errors = new ArrayList<>();
    try {
      GrpcTarget.of(endpoint);
    } catch (IllegalArgumentException e) {
      errors.add(String.valueOf(e.getMessage()));
    }
    String name = tls.serverNameOverride();
    if (!authority.isEmpty() && !name.isEmpty() && !authority.equals(name)) {
      errors.add(
          "authority \""
              + authority
              + "\" and tls::server_name_override \""
              + name
              + "\" differ:"
              + " a gRPC client has one name for its server");
    }
    for (String header : headers.keySet()) {
      if (!validHeader(header)) {
        errors.add("headers: \"" + header + "\" cannot be a header of gRPC");
      }
    }
    return errors;
  }

  /** As gRPC's protocol has it: digits, small letters, dot, underscore, minus. */
  private static boolean validHeader(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return !lower.isEmpty()
        && !lower.startsWith("grpc-")
        && lower
            .chars()
            .allMatch(
                c ->
                    (c >= 'a' && c <= 'z')
                        || (c >= '0' && c <= '9')
                        || c == '.'
                        || c == '_'
                        || c == '-');
  }

  /** Returns the host of the server, for labels of own metrics; empty for a unix socket. */
  public String serverHost() {
    return GrpcTarget.of(endpoint).host();
  }

  /** Returns the port of the server, 0 for a unix socket. */
  public int serverPort() {
    return GrpcTarget.of(endpoint).port();
  }
}
