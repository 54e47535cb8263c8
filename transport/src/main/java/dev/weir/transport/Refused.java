package dev.weir.transport;

import dev.weir.pipeline.config.Schema;
import java.util.List;

/**
 * Sections that the Collector has and that need extensions which are not there: an authenticator, a
 * middleware. They are refused when they ask for something, because a server that silently lets
 * everybody in is worse than one that does not start.
 */
final class Refused {
  private Refused() {}

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
