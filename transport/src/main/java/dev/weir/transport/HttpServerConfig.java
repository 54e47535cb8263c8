package dev.weir.transport;

import dev.weir.pipeline.config.Schema;
import dev.weir.transport.compression.Compression;
import dev.weir.transport.tls.TlsServerConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP server in the config file: the Collector's {@code confighttp.ServerConfig}. A component
 * adds its own keys to the same section, so this has no schema but {@link #declare}.
 *
 * @param listener where it listens
 * @param tls null for plain text
 * @param cors null if browsers of other origins get nothing
 * @param maxRequestBodySize largest body in bytes, before and after unpacking
 * @param includeMetadata whether requests keep what clients say besides
 * @param responseHeaders headers of every answer
 * @param compressionAlgorithms the values of {@code Content-Encoding} that are understood; the
 *     empty one stands for none
 * @param readTimeout how long a request may take to arrive, 0 for no limit of its own
 * @param readHeaderTimeout how long its head may take, 0 for {@code readTimeout}
 * @param writeTimeout how long the answer may take from the end of the head on, 0 for no limit
 * @param idleTimeout how long a connection may wait for its next request, 0 for {@code readTimeout}
 * @param keepAlivesEnabled whether a connection may carry several requests
 */
public record HttpServerConfig(
    Listener listener,
    @Nullable TlsServerConfig tls,
    @Nullable CorsConfig cors,
    long maxRequestBodySize,
    boolean includeMetadata,
    Map<String, String> responseHeaders,
    List<String> compressionAlgorithms,
    Duration readTimeout,
    Duration readHeaderTimeout,
    Duration writeTimeout,
    Duration idleTimeout,
    boolean keepAlivesEnabled) {

  private static final long DEFAULT_BODY_SIZE = 20 << 20;
  private static final List<String> DEFAULT_ALGORITHMS =
      List.of("", "gzip", "zstd", "zlib", "snappy", "deflate", "lz4", "x-snappy-framed");

  /** Copies the collections. */
  public HttpServerConfig {
    responseHeaders = Map.copyOf(responseHeaders);
    compressionAlgorithms = List.copyOf(compressionAlgorithms);
  }

  /**
   * The section {@code cors}, as {@code github.com/rs/cors} understands it.
   *
   * @param allowedOrigins origins that may read answers, with at most one {@code *} each
   * @param allowedHeaders headers that their requests may have, or {@code *}
   * @param exposedHeaders headers of answers that they may read
   * @param maxAge how many seconds a browser may remember this
   */
  public record CorsConfig(
      List<String> allowedOrigins,
      List<String> allowedHeaders,
      List<String> exposedHeaders,
      long maxAge) {
    static final Schema<CorsConfig> SCHEMA =
        Schema.define(
            fields -> {
              var origins =
                  fields.texts(
                      "allowed_origins",
                      List.of(),
                      "Origins of pages that may send, such as `https://*.example.com`, or `*`.");
              var headers =
                  fields.texts(
                      "allowed_headers",
                      List.of(),
                      "Headers that they may send beside Accept and Content-Type, or `*`. Empty:"
                          + " X-Requested-With.");
              var exposed =
                  fields.texts(
                      "exposed_headers", List.of(), "Headers of answers that they may read.");
              var maxAge =
                  fields.whole("max_age", 0, "Seconds that a browser may remember all this.");
              return values ->
                  new CorsConfig(
                      values.get(origins),
                      values.get(headers),
                      values.get(exposed),
                      values.get(maxAge));
            });

    /** Copies the lists. */
    public CorsConfig {
      allowedOrigins = List.copyOf(allowedOrigins);
      allowedHeaders = List.copyOf(allowedHeaders);
      exposedHeaders = List.copyOf(exposedHeaders);
    }
  }

  /**
   * Declares the keys in the schema of a component's section. Its rule must include {@link
   * #errors()}.
   *
   * @param defaultEndpoint where it listens if nothing is said
   */
  public static <C> Function<Schema.Values, HttpServerConfig> declare(
      Schema.Fields<C> fields, String defaultEndpoint) {
    var listener = Listener.declare(fields, defaultEndpoint);
    var tls =
        fields.optionalSection(
            "tls", TlsServerConfig.SCHEMA, "TLS; without the section it is plain text.");
    var cors =
        fields.optionalSection("cors", CorsConfig.SCHEMA, "Lets web pages of other origins send.");
    var auth =
        fields.optionalSection(
            "auth",
            Refused.Auth.HTTP,
            "Not there yet: an error, so that nobody gets in unchecked by mistake.");
    var maxBody =
        fields
            .whole(
                "max_request_body_size",
                0,
                "Largest body in bytes, before and after unpacking; 0 is 20 MiB.")
            .check(n -> n <= Integer.MAX_VALUE - 8, "must be at most 2147483639");
    var metadata =
        fields.flag(
            "include_metadata",
            false,
            "Keeps what clients say besides their data, for processors.");
    var headers = fields.textMap("response_headers", "Headers of every answer.").secret();
    var algorithms =
        fields
            .texts(
                "compression_algorithms",
                DEFAULT_ALGORITHMS,
                "Values of Content-Encoding that are understood; the empty one is a body as it is.")
            .check(
                names ->
                    names.stream()
                        .allMatch(n -> !n.equals("none") && Compression.named(n).isPresent()),
                "each must be \"\", gzip, zstd, zlib, snappy, deflate, lz4 or x-snappy-framed");
    var read =
        fields.duration(
            "read_timeout", Duration.ZERO, "How long a request may take to arrive; 0 is 1h.");
    var readHeader =
        fields.duration(
            "read_header_timeout",
            Duration.ZERO,
            "How long its head may take; 0 is `read_timeout`.");
    var write =
        fields.duration(
            "write_timeout",
            Duration.ZERO,
            "How long the answer may take once the head is there; 0 is for ever.");
    var idle =
        fields.duration(
            "idle_timeout",
            Duration.ZERO,
            "How long a connection may wait for its next request; 0 is `read_timeout`.");
    var keepAlives =
        fields.flag("keep_alives_enabled", true, "A connection may carry several requests.");
    var middlewares =
        fields.sections(
            "middlewares", Refused.Middleware.SCHEMA, "Not there: an error if not empty.");
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
      return new HttpServerConfig(
          listener.apply(values),
          values.get(tls),
          values.get(cors),
          values.get(maxBody) <= 0 ? DEFAULT_BODY_SIZE : values.get(maxBody),
          values.get(metadata),
          values.get(headers),
          values.get(algorithms),
          values.get(read),
          values.get(readHeader),
          values.get(write),
          values.get(idle),
          values.get(keepAlives));
    };
  }

  /** Returns what is wrong, one line an error, for the rule of a component's schema. */
  public List<String> errors() {
    return listener.errors();
  }
}
