package dev.weir.pipeline.telemetry;

import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.config.Schema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Where own telemetry goes by OTLP, through an exporter of the OpenTelemetry SDK.
 *
 * @param protocol {@code grpc} or {@code http/protobuf}
 * @param endpoint a URL; for {@code http/protobuf} with its path; empty for the protocol's default
 * @param compression {@code gzip} or {@code none}
 * @param timeoutMillis how long one try may take, in milliseconds
 * @param headers sent along, by name
 * @param headersList more of them, {@code name=value,name=value}
 * @param certificate a file with the certificates to trust, or empty
 * @param clientCertificate a file with the own certificate, or empty
 * @param clientKey a file with the own key, or empty
 * @param insecure without TLS, where the endpoint does not say {@code https}
 */
public record OtlpTarget(
    String protocol,
    String endpoint,
    String compression,
    long timeoutMillis,
    List<Header> headers,
    String headersList,
    String certificate,
    String clientCertificate,
    String clientKey,
    boolean insecure) {

  /** One header. */
  public record Header(String name, String value) {
    static final Schema<Header> SCHEMA =
        Schema.define(
            fields -> {
              var name = fields.text("name", "", "Its name.").required();
              var value = fields.text("value", "", "Its value.").secret();
              return values -> new Header(values.get(name), values.get(value));
            });

    @Override
    public String toString() {
      return name + ": [REDACTED]";
    }
  }

  /** The setters that every builder of the SDK has under the same names, but no type in common. */
  record Setters(
      Consumer<String> endpoint,
      Consumer<String> compression,
      Consumer<Duration> timeout,
      BiConsumer<String, String> header,
      Consumer<byte[]> trusted,
      BiConsumer<byte[], byte[]> identity) {}

  /** Copies the list. */
  public OtlpTarget {
    headers = List.copyOf(headers);
  }

  /**
   * Declares the keys in a schema; the caller adds {@link #errors} to its rules.
   *
   * @param path the default path for http/protobuf
   */
  static Function<Schema.Values, OtlpTarget> keys(Schema.Fields<?> fields, String path) {
    var protocol =
        fields
            .text("protocol", "http/protobuf", "grpc or http/protobuf.")
            .check(
                p -> p.equals("grpc") || p.equals("http/protobuf"),
                "must be grpc or http/protobuf");
    var endpoint =
        fields.text(
            "endpoint",
            "",
            "A URL, for http/protobuf with its path; empty: localhost:4317 or localhost:4318"
                + path
                + ".");
    var compression =
        fields
            .text("compression", "none", "gzip or none.")
            .check(c -> c.equals("gzip") || c.equals("none"), "must be gzip or none");
    var timeout =
        fields
            .whole("timeout", 10_000, "Milliseconds that one try may take.")
            .check(n -> n > 0, "must be positive");
    var headers = fields.sections("headers", Header.SCHEMA, "Headers that are sent along.");
    var list = fields.text("headers_list", "", "More headers: name=value,name=value.").secret();
    var certificate = fields.text("certificate", "", "A PEM file with the certificates to trust.");
    var clientCertificate =
        fields.text("client_certificate", "", "A PEM file with the own certificate.");
    var clientKey = fields.text("client_key", "", "A PEM file with the own key.");
    var insecure =
        fields.flag("insecure", false, "Without TLS, where the endpoint does not say https.");
    return values ->
        new OtlpTarget(
            values.get(protocol),
            values.get(endpoint),
            values.get(compression),
            values.get(timeout),
            values.get(headers),
            values.get(list),
            values.get(certificate),
            values.get(clientCertificate),
            values.get(clientKey),
            values.get(insecure));
  }

  /** Returns what does not fit together. */
  List<String> errors() {
    return clientCertificate.isEmpty() == clientKey.isEmpty()
        ? List.of()
        : List.of("client_certificate and client_key go together");
  }

  boolean isGrpc() {
    return protocol.equals("grpc");
  }

  /**
   * Tells a builder of the SDK everything but the protocol.
   *
   * @throws IOException if a file with certificates or a key cannot be read
   */
  void applyTo(Setters builder, Duration timeout, BuildInfo build) throws IOException {
    builder.compression().accept(compression);
    builder.timeout().accept(timeout);
    builder.header().accept("User-Agent", build.command() + "/" + build.version());
    if (!endpoint.isEmpty()) {
      builder.endpoint().accept(url());
    }
    allHeaders().forEach(builder.header());
    if (!certificate.isEmpty()) {
      builder.trusted().accept(Files.readAllBytes(Path.of(certificate)));
    }
    if (!clientKey.isEmpty()) {
      builder
          .identity()
          .accept(
              Files.readAllBytes(Path.of(clientKey)),
              Files.readAllBytes(Path.of(clientCertificate)));
    }
  }

  /** Returns the endpoint as a URL: one without a scheme gets it by {@code insecure}. */
  private String url() {
    return endpoint.contains("://") ? endpoint : (insecure ? "http://" : "https://") + endpoint;
  }

  private Map<String, String> allHeaders() {
    Map<String, String> all = new LinkedHashMap<>();
    for (String pair : headersList.split(",", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        all.put(pair.substring(0, equals).strip(), pair.substring(equals + 1).strip());
      }
    }
    headers.forEach(h -> all.put(h.name(), h.value()));
    return all;
  }

  /** Leaves the headers out: they hold secrets. */
  @Override
  public String toString() {
    return "otlp " + protocol + " to " + endpoint;
  }
}
