package dev.weir.transport.tls;

import dev.weir.pipeline.config.Schema;
import java.util.ArrayList;
import java.util.List;

/**
 * The section {@code tls} of a server, {@code configtls.ServerConfig} in the Collector.
 *
 * @param settings what clients and servers share
 * @param clientCaFile file with the authorities of clients, who then must have a certificate; or
 *     empty
 * @param clientCaFileReload whether that file is read again when it has changed
 */
public record TlsServerConfig(
    TlsSettings settings, String clientCaFile, boolean clientCaFileReload) {

  /** Declares the keys. */
  public static final Schema<TlsServerConfig> SCHEMA =
      Schema.define(
          fields -> {
            var settings = TlsSettings.declare(fields);
            var clientCa =
                fields.text(
                    "client_ca_file",
                    "",
                    "File (PEM) with the authorities of clients, who then must show a certificate"
                        + " of theirs (mTLS).");
            var reload =
                fields.flag(
                    "client_ca_file_reload",
                    false,
                    "Reads `client_ca_file` again at the first handshake after it has changed.");
            fields.rule(TlsServerConfig::errors);
            return values ->
                new TlsServerConfig(
                    settings.apply(values), values.get(clientCa), values.get(reload));
          });

  private List<String> errors() {
    List<String> errors = new ArrayList<>(settings.errors());
    if (!settings.hasCertificate() || !settings.hasKey()) {
      errors.remove("for auth via TLS, provide both certificate and key, or neither");
      errors.add("TLS configuration must include both certificate and key for server connections");
    }
    return errors;
  }
}
