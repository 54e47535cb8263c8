package dev.weir.transport;

import dev.weir.pipeline.config.Schema;
import dev.weir.transport.tls.TlsServerConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A gRPC server in the config file: the Collector's {@code configgrpc.ServerConfig}.
 *
 * @param listener where it listens
 * @param tls null for plain text
 * @param maxRecvMsgSizeMib largest message, 0 for 4 MiB
 * @param maxConcurrentStreams requests of one connection at once, 0 for no own limit
 * @param readBufferSize accepted; the transport has its own buffers
 * @param writeBufferSize accepted; the transport has its own buffers
 * @param keepalive null for gRPC's defaults
 * @param includeMetadata whether requests keep what clients say besides
 */
public record GrpcServerConfig(
    Listener listener,
    @Nullable TlsServerConfig tls,
    long maxRecvMsgSizeMib,
    long maxConcurrentStreams,
    long readBufferSize,
    long writeBufferSize,
    @Nullable Keepalive keepalive,
    boolean includeMetadata) {

  /** The largest {@code max_recv_msg_size_mib}: a message is an array. */
  private static final long LARGEST_MIB = 2047;

  private static final int DEFAULT_MESSAGE_SIZE = 4 << 20;

  /**
   * The section {@code keepalive}. A duration of 0 is gRPC's default.
   *
   * @param server what the server does
   * @param enforcement what clients may do
   */
  public record Keepalive(@Nullable ServerParameters server, @Nullable Enforcement enforcement) {
    static final Schema<Keepalive> SCHEMA =
        Schema.define(
            fields -> {
              var server =
                  fields.optionalSection(
                      "server_parameters", ServerParameters.SCHEMA, "What the server does.");
              var enforcement =
                  fields.optionalSection(
                      "enforcement_policy", Enforcement.SCHEMA, "What clients may do.");
              return values -> new Keepalive(values.get(server), values.get(enforcement));
            });
  }

  /**
   * The section {@code keepalive::server_parameters}.
   *
   * @param maxConnectionIdle after how long an idle connection is closed
   * @param maxConnectionAge after how long any connection is closed
   * @param maxConnectionAgeGrace how long its requests may then take
   * @param time after how much silence the client is pinged
   * @param timeout how long it may take to answer
   */
  public record ServerParameters(
      Duration maxConnectionIdle,
      Duration maxConnectionAge,
      Duration maxConnectionAgeGrace,
      Duration time,
      Duration timeout) {
    static final Schema<ServerParameters> SCHEMA =
        Schema.define(
            fields -> {
              var idle =
                  notNegative(
                      fields.duration(
                          "max_connection_idle",
                          Duration.ZERO,
                          "After how long an idle connection is closed; 0 is never."));
              var age =
                  notNegative(
                      fields.duration(
                          "max_connection_age",
                          Duration.ZERO,
                          "After how long any connection is closed; 0 is never."));
              var grace =
                  notNegative(
                      fields.duration(
                          "max_connection_age_grace",
                          Duration.ZERO,
                          "How long its requests may then take; 0 is for ever."));
              var time =
                  notNegative(
                      fields.duration(
                          "time",
                          Duration.ZERO,
                          "After how much silence the client is pinged; 0 is 2h."));
              var timeout =
                  notNegative(
                      fields.duration(
                          "timeout", Duration.ZERO, "How long it may take to answer; 0 is 20s."));
              return values ->
                  new ServerParameters(
                      values.get(idle),
                      values.get(age),
                      values.get(grace),
                      values.get(time),
                      values.get(timeout));
            });
  }

  /**
   * The section {@code keepalive::enforcement_policy}.
   *
   * @param minTime how long a client must wait between pings
   * @param permitWithoutStream whether it may ping without a request
   */
  public record Enforcement(Duration minTime, boolean permitWithoutStream) {
    static final Schema<Enforcement> SCHEMA =
        Schema.define(
            fields -> {
              var minTime =
                  notNegative(
                      fields.duration(
                          "min_time",
                          Duration.ZERO,
                          "How long a client must wait between pings; 0 is 5m."));
              var permit =
                  fields.flag(
                      "permit_without_stream", false, "Clients may ping without a request.");
              return values -> new Enforcement(values.get(minTime), values.get(permit));
            });
  }

  private static dev.weir.pipeline.config.Field<Duration> notNegative(
      dev.weir.pipeline.config.Field<Duration> field) {
    return field.check(d -> !d.isNegative(), "must not be negative");
  }

  /**
   * Returns the schema.
   *
   * @param defaultEndpoint where it listens if nothing is said
   */
  public static Schema<GrpcServerConfig> schema(String defaultEndpoint) {
    return Schema.define(
        fields -> {
          var listener = Listener.declare(fields, defaultEndpoint);
          var tls =
              fields.optionalSection(
                  "tls", TlsServerConfig.SCHEMA, "TLS; without the section it is plain text.");
          var maxSize =
              fields
                  .whole(
                      "max_recv_msg_size_mib",
                      0,
                      "Largest message, before and after unpacking; 0 is 4 MiB.")
                  .check(
                      n -> n >= 0 && n <= LARGEST_MIB,
                      "invalid max_recv_msg_size_mib value, must be between 1 and " + LARGEST_MIB);
          var streams =
              fields
                  .whole(
                      "max_concurrent_streams",
                      0,
                      "Requests of one connection at once; 0 leaves it to"
                          + " `max_concurrent_requests`.")
                  .check(n -> n >= 0 && n <= Integer.MAX_VALUE, "must be between 0 and 2147483647");
          var read =
              fields.whole(
                  "read_buffer_size",
                  524_288,
                  "No effect: buffers are pooled and grow with what comes.");
          var write =
              fields.whole(
                  "write_buffer_size",
                  0,
                  "No effect: buffers are pooled and grow with what is sent.");
          var keepalive =
              fields.optionalSection(
                  "keepalive", Keepalive.SCHEMA, "How dead and idle connections are found.");
          var auth =
              fields.optionalSection(
                  "auth",
                  Refused.Auth.GRPC,
                  "Not there yet: an error, so that nobody gets in" + " unchecked by mistake.");
          var metadata =
              fields.flag(
                  "include_metadata",
                  false,
                  "Keeps what clients say besides their data, for processors.");
          var middlewares =
              fields.sections(
                  "middlewares", Refused.Middleware.SCHEMA, "Not there: an error if not empty.");
          fields.rule(GrpcServerConfig::errors);
          return values -> {
            List<String> refusals = new ArrayList<>();
            Refused.Auth asked = values.get(auth);
            if (asked != null) {
              refusals.add(asked.error());
            }
            if (!values.get(middlewares).isEmpty()) {
              refusals.add(Refused.Middleware.error(values.get(middlewares)));
            }
            if (!refusals.isEmpty()) {
              throw new IllegalArgumentException(String.join("; ", refusals));
            }
            return new GrpcServerConfig(
                listener.apply(values),
                values.get(tls),
                values.get(maxSize),
                values.get(streams),
                values.get(read),
                values.get(write),
                values.get(keepalive),
                values.get(metadata));
          };
        });
  }

  private List<String> errors() {
    return listener.errors();
  }

  /** Returns the largest message, in bytes. */
  int maxMessageSize() {
    return maxRecvMsgSizeMib == 0
        ? DEFAULT_MESSAGE_SIZE
        : (int) Math.min(maxRecvMsgSizeMib << 20, Integer.MAX_VALUE - 8);
  }
}
