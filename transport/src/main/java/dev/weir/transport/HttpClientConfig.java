package dev.weir.transport;

import dev.weir.pipeline.config.Schema;
import dev.weir.transport.compression.Compression;
import dev.weir.transport.tls.TlsClientConfig;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * How a client speaks HTTP: the Collector's {@code confighttp.ClientConfig} (collector.md 2.4), but
 * for {@code endpoint} and {@code timeout}, which belong to the component.
 *
 * @param proxyUrl a proxy, or empty for none
 * @param tls TLS, where the URL is https
 * @param compression how bodies are packed
 * @param compressionLevel how hard gzip, zlib and deflate try
 * @param headers sent with each request
 * @param maxConnsPerHost how many requests are under way at once, 0 for no limit
 * @param cookies whether cookies are kept and sent back
 * @param attemptHttp2 whether HTTP/2 is offered where there is TLS
 */
public record HttpClientConfig(
    String proxyUrl,
    TlsClientConfig tls,
    Compression compression,
    int compressionLevel,
    Map<String, String> headers,
    int maxConnsPerHost,
    boolean cookies,
    boolean attemptHttp2) {

  /** What the JDK's client sets itself and lets nobody else set. */
  private static final Set<String> RESTRICTED =
      Set.of("host", "connection", "content-length", "expect", "upgrade", "transfer-encoding");

  private record Cookies(boolean enabled) {
    static final Schema<Cookies> SCHEMA =
        Schema.define(
            fields -> {
              var enabled =
                  fields.flag("enabled", false, "Keeps cookies of the server and sends them back.");
              return values -> new Cookies(values.get(enabled));
            });
  }

  /** Copies the headers. */
  public HttpClientConfig {
    headers = Map.copyOf(headers);
  }

  /**
   * Declares the keys in the schema of a component; {@link #errors} belongs into a rule of it.
   *
   * @param defaultGzipLevel how hard gzip tries
   * @return makes the config of the values
   */
  public static <C> Function<Schema.Values, HttpClientConfig> declare(
      Schema.Fields<C> fields, int defaultGzipLevel) {
    var proxy =
        fields.text(
            "proxy_url",
            "",
            "An HTTP proxy, `http://host:port`. Empty: none; the environment's"
                + " HTTP_PROXY does not count.");
    var tls =
        fields.section("tls", TlsClientConfig.SCHEMA, "TLS, where the URL begins with `https://`.");
    var compression =
        fields
            .text(
                "compression",
                "gzip",
                "How bodies are packed: gzip, zstd, snappy, x-snappy-framed, zlib, deflate, lz4 or"
                    + " none.")
            .check(
                name -> Compression.named(name).isPresent(),
                "unsupported compression type: there are gzip, zstd, snappy, x-snappy-framed, zlib,"
                    + " deflate, lz4 and none");
    var level =
        fields.section(
            "compression_params",
            CompressionParams.schema(defaultGzipLevel),
            "How hard compression tries.");
    var headers = fields.textMap("headers", "Headers that go with each request.").secret();
    var readBuffer = bytes(fields, "read_buffer_size", 0);
    var writeBuffer = bytes(fields, "write_buffer_size", 512 << 10);
    var maxIdle =
        fields.whole(
            "max_idle_conns",
            100,
            "Accepted; there are no more connections than requests at once.");
    var maxIdlePerHost = fields.whole("max_idle_conns_per_host", 0, "Accepted, as above.");
    var maxPerHost =
        fields
            .whole("max_conns_per_host", 0, "How many requests are under way at once; 0: no limit.")
            .check(n -> n >= 0 && n <= Integer.MAX_VALUE, "must be from 0 to 2147483647");
    var idleTimeout =
        fields.duration(
            "idle_conn_timeout",
            Duration.ofSeconds(90),
            "Accepted; an idle connection is closed" + " after 30s.");
    var noKeepAlive =
        fields
            .flag("disable_keep_alives", false, "Not there: an error if true.")
            .check(on -> !on, "connections cannot be closed after each request; leave it out");
    var http2 =
        fields.flag(
            "force_attempt_http2", true, "Offers HTTP/2 where there is TLS; otherwise HTTP/1.1.");
    var readIdle =
        fields.duration(
            "http2_read_idle_timeout",
            Duration.ZERO,
            "Accepted, without effect: `timeout` ends a request over a dead connection.");
    var ping = fields.duration("http2_ping_timeout", Duration.ZERO, "Accepted, as above.");
    var cookies = fields.section("cookies", Cookies.SCHEMA, "Cookies of the server.");
    var auth =
        fields.optionalSection("auth", Refused.Auth.GRPC, "Not there yet: an error if present.");
    var middlewares =
        fields.sections(
            "middlewares", Refused.Middleware.SCHEMA, "Not there: an error if not empty.");
    return values -> {
      Refused.inClient(values.get(auth), values.get(middlewares));
      for (var accepted : List.of(readBuffer, writeBuffer, maxIdle, maxIdlePerHost)) {
        values.get(accepted);
      }
      for (var accepted : List.of(idleTimeout, readIdle, ping)) {
        values.get(accepted);
      }
      values.get(noKeepAlive);
      return new HttpClientConfig(
          values.get(proxy),
          values.get(tls),
          Compression.named(values.get(compression)).orElse(Compression.NONE),
          values.get(level).level(),
          values.get(headers),
          Math.toIntExact(values.get(maxPerHost)),
          values.get(cookies).enabled(),
          values.get(http2));
    };
  }

  private static dev.weir.pipeline.config.Field<Long> bytes(
      Schema.Fields<?> fields, String key, long defaultValue) {
    return fields
        .whole(key, defaultValue, "Accepted; buffers follow the messages.")
        .check(n -> n >= 0, "must not be negative");
  }

  /** Returns what is wrong beyond single keys. */
  public List<String> errors() {
    List<String> errors = new ArrayList<>();
    if (!proxyUrl.isEmpty()) {
      try {
        URI proxy = new URI(proxyUrl);
        if (!"http".equals(proxy.getScheme()) || proxy.getHost() == null) {
          errors.add("proxy_url: only proxies of the form http://host:port can be used");
        } else if (proxy.getUserInfo() != null) {
          errors.add("proxy_url: a proxy with a password cannot be used");
        }
      } catch (URISyntaxException e) {
        errors.add("proxy_url: " + e.getMessage());
      }
    }
    String level = CompressionParams.error(compression, compressionLevel);
    if (!level.isEmpty()) {
      errors.add(level);
    }
    for (String name : headers.keySet()) {
      if (RESTRICTED.contains(name.toLowerCase(Locale.ROOT))) {
        errors.add("headers: \"" + name + "\" is set by the client itself and cannot be replaced");
      } else if (!token(name)) {
        errors.add("headers: \"" + name + "\" cannot be the name of a header");
      }
    }
    return errors;
  }

  /** RFC 9110 5.6.2. */
  private static boolean token(String name) {
    return !name.isEmpty()
        && name.chars()
            .allMatch(
                c ->
                    (c >= 'a' && c <= 'z')
                        || (c >= 'A' && c <= 'Z')
                        || (c >= '0' && c <= '9')
                        || "!#$%&'*+-.^_`|~".indexOf(c) >= 0);
  }
}
