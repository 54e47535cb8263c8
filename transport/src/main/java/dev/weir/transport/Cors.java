package dev.weir.transport;

import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Cross-origin requests, as {@code github.com/rs/cors} 1.11 answers them for the Collector: methods
 * GET, POST and HEAD, credentials allowed, preflights answered with 204.
 */
final class Cors {
  private static final List<String> METHODS = List.of("GET", "POST", "HEAD");

  /** An origin with one {@code *} in it. */
  private record Wildcard(String prefix, String suffix) {
    boolean matches(String origin) {
      return origin.length() >= prefix.length() + suffix.length()
          && origin.startsWith(prefix)
          && origin.endsWith(suffix);
    }
  }

  private final boolean anyOrigin;
  private final List<String> origins = new ArrayList<>();
  private final List<Wildcard> wildcards = new ArrayList<>();
  private final boolean anyHeader;
  private final List<String> headers;
  private final String exposed;
  private final long maxAge;

  private Cors(HttpServerConfig.CorsConfig config) {
    anyOrigin = config.allowedOrigins().contains("*");
    for (String each : config.allowedOrigins()) {
      String origin = each.toLowerCase(Locale.ROOT);
      int star = origin.indexOf('*');
      if (star < 0) {
        origins.add(origin);
      } else {
        wildcards.add(new Wildcard(origin.substring(0, star), origin.substring(star + 1)));
      }
    }
    anyHeader = config.allowedHeaders().contains("*");
    headers =
        config.allowedHeaders().isEmpty()
            ? List.of("accept", "content-type", "x-requested-with")
            : config.allowedHeaders().stream().map(h -> h.toLowerCase(Locale.ROOT)).toList();
    exposed = String.join(", ", config.exposedHeaders());
    maxAge = config.maxAge();
  }

  /** Returns the rules, or null if no origin is allowed, which means that there are none. */
  static @Nullable Cors of(HttpServerConfig.@Nullable CorsConfig config) {
    return config == null || config.allowedOrigins().isEmpty() ? null : new Cors(config);
  }

  /** Returns whether a request only asks whether another may be made. */
  static boolean isPreflight(HttpHead head) {
    return head.method().equals("OPTIONS")
        && !head.header("Access-Control-Request-Method").isEmpty();
  }

  /** Writes what a preflight is answered with. */
  void preflight(HttpHead head, HttpHeaders out) {
    out.add("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    String origin = head.header("Origin");
    String method = head.header("Access-Control-Request-Method");
    String asked = head.header("Access-Control-Request-Headers");
    if (origin.isEmpty()
        || !allowed(origin)
        || !(METHODS.contains(method) || method.equals("OPTIONS"))
        || !headersAllowed(asked)) {
      return;
    }
    out.set("Access-Control-Allow-Origin", anyOrigin ? "*" : origin);
    out.set("Access-Control-Allow-Methods", method);
    if (!asked.isEmpty()) {
      out.set("Access-Control-Allow-Headers", asked);
    }
    out.set("Access-Control-Allow-Credentials", "true");
    if (maxAge != 0) {
      out.set("Access-Control-Max-Age", Long.toString(Math.max(0, maxAge)));
    }
  }

  /** Writes what any other answer carries. */
  void answer(HttpHead head, HttpHeaders out) {
    out.add("Vary", "Origin");
    String origin = head.header("Origin");
    if (origin.isEmpty()
        || !allowed(origin)
        || !(METHODS.contains(head.method()) || head.method().equals("OPTIONS"))) {
      return;
    }
    out.set("Access-Control-Allow-Origin", anyOrigin ? "*" : origin);
    if (!exposed.isEmpty()) {
      out.set("Access-Control-Expose-Headers", exposed);
    }
    out.set("Access-Control-Allow-Credentials", "true");
  }

  private boolean allowed(String origin) {
    String lower = origin.toLowerCase(Locale.ROOT);
    return anyOrigin
        || origins.contains(lower)
        || wildcards.stream().anyMatch(each -> each.matches(lower));
  }

  private boolean headersAllowed(String asked) {
    return anyHeader
        || asked.isEmpty()
        || Arrays.stream(asked.split(",", -1))
            .map(each -> each.strip().toLowerCase(Locale.ROOT))
            .allMatch(headers::contains);
  }
}
