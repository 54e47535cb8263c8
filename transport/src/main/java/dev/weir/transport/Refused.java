package dev.weir.transport;

import dev.weir.pipeline.config.Schema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sections that the Collector has and that need extensions which are not there: an authenticator, a
 * middleware. They are refused when they ask for something, because a server that silently lets
 * everybody in is worse than one that does not start.
 */
final class Refused {
  private Refused() {}

  /**
   * Refuses both in the config of a client.
   *
   * @throws IllegalArgumentException if one of them asks for something
   */
  static void inClient(@Nullable Auth auth, List<Middleware> middlewares) {
    if (auth != null) {
      throw new IllegalArgumentException(
          "auth: no authenticator can be had yet (\""
              + auth.authenticator()
              + "\" is asked for): leave the section out; a token goes into headers, a certificate"
              + " into tls::cert_file");
    }
    if (!middlewares.isEmpty()) {
      throw new IllegalArgumentException(Middleware.error(middlewares));
    }
  }

  /**
   * The section {@code auth}.
   *
   * @param authenticator the ID of an extension
   * @param requestParams query parameters that count as headers
   */
  record Auth(String authenticator, List<String> requestParams) {
    static final Schema<Auth> GRPC =
        Schema.define(
            fields -> {
              var authenticator = fields.text("authenticator", "", "The ID of an extension.");
              return values -> new Auth(values.get(authenticator), List.of());
            });

    static final Schema<Auth> HTTP =
        Schema.define(
            fields -> {
              var authenticator = fields.text("authenticator", "", "The ID of an extension.");
              var params =
                  fields.texts(
                      "request_params", List.of(), "Query parameters that count as headers.");
              return values -> new Auth(values.get(authenticator), values.get(params));
            });

    String error() {
      return "auth: no authenticator can be had yet (\""
          + authenticator
          + "\" is asked for): leave the section out, and let clients in by certificate with"
          + " tls::client_ca_file";
    }
  }

  /**
   * An element of {@code middlewares}.
   *
   * @param id the ID of an extension
   */
  record Middleware(String id) {
    static final Schema<Middleware> SCHEMA =
        Schema.define(
            fields -> {
              var id = fields.text("id", "", "The ID of an extension.");
              return values -> new Middleware(values.get(id));
            });

    static String error(List<Middleware> middlewares) {
      return "middlewares: no extension can be a middleware yet (\""
          + middlewares.getFirst().id()
          + "\" is asked for): leave the list out";
    }
  }
}
