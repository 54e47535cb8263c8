package dev.weir.transport.tls;

import dev.weir.pipeline.config.Schema;
import java.util.List;

/**
 * The section {@code tls} of a client, {@code configtls.ClientConfig} in the Collector.
 *
 * @param settings what clients and servers share
 * @param insecure whether there is no TLS at all, unless authorities are given
 * @param insecureSkipVerify whether the server's certificate is not checked
 * @param serverNameOverride the name that the server's certificate must have; empty for that of the
 *     endpoint
 */
public record TlsClientConfig(
    TlsSettings settings, boolean insecure, boolean insecureSkipVerify, String serverNameOverride) {

  /** What an absent section means: TLS, trusting the system's authorities. */
  public static final TlsClientConfig DEFAULT =
      new TlsClientConfig(TlsSettings.DEFAULTS, false, false, "");

  /** Declares the keys. */
  public static final Schema<TlsClientConfig> SCHEMA =
      Schema.define(
          fields -> {
            var settings = TlsSettings.declare(fields);
            var insecure =
                fields.flag("insecure", false, "No TLS: plain text, unless authorities are given.");
            var skipVerify =
                fields.flag(
                    "insecure_skip_verify", false, "The server's certificate is not checked.");
            var name =
                fields.text(
                    "server_name_override",
                    "",
                    "The name that the server's certificate must have; empty: the endpoint's.");
            fields.rule(TlsClientConfig::errors);
            return values ->
                new TlsClientConfig(
                    settings.apply(values),
                    values.get(insecure),
                    values.get(skipVerify),
                    values.get(name));
          });

  private List<String> errors() {
    return settings.errors();
  }

  /** Returns whether the client speaks plain text. */
  public boolean plainText() {
    return insecure && !settings.hasAuthorities();
  }
}
