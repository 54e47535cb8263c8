package dev.weir.transport;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a gRPC server is, in the forms that the Collector's {@code endpoint} has.
 *
 * @param target what gRPC's name resolution gets; empty for a unix socket
 * @param host the host, empty for a unix socket
 * @param port the port, 0 for a unix socket
 * @param socket the unix socket, or null
 * @param encryption what the scheme says of TLS
 */
record GrpcTarget(
    String target, String host, int port, @Nullable Path socket, Encryption encryption) {
  /** What a scheme says of TLS. */
  enum Encryption {
    /** Nothing: the section {@code tls} decides. */
    AS_CONFIGURED,
    /** {@code http://}: none. */
    OFF,
    /** {@code https://}: TLS. */
    ON
  }

  private static final String HTTP = "http://";
  private static final String HTTPS = "https://";
  private static final String DNS = "dns:///";
  private static final String UNIX = "unix:";

  /**
   * Reads an endpoint.
   *
   * @throws IllegalArgumentException that says in the Collector's words what is wrong
   */
  static GrpcTarget of(String endpoint) {
    Encryption encryption = Encryption.AS_CONFIGURED;
    String address = endpoint;
    if (endpoint.startsWith(HTTP)) {
      encryption = Encryption.OFF;
      address = endpoint.substring(HTTP.length());
    } else if (endpoint.startsWith(HTTPS)) {
      encryption = Encryption.ON;
      address = endpoint.substring(HTTPS.length());
    } else if (endpoint.startsWith(DNS)) {
      address = endpoint.substring(DNS.length());
    } else if (endpoint.startsWith(UNIX)) {
      return new GrpcTarget("", "", 0, socket(endpoint), encryption);
    }
    if (address.endsWith("/")) {
      address = address.substring(0, address.length() - 1);
    }
    if (address.isEmpty()) {
      throw new IllegalArgumentException("requires a non-empty \"endpoint\"");
    }
    int colon = address.lastIndexOf(':');
    String host = colon < 0 ? "" : address.substring(0, colon);
    if (colon < 0 || address.endsWith("]")) {
      throw new IllegalArgumentException("address " + address + ": missing port in address");
    }
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException("address " + address + ": too many colons in address");
    }
    if (host.isEmpty()) {
      host = "localhost"; // as Go dials ":4317"
      address = host + address;
    }
    return new GrpcTarget(
        DNS + address,
        host,
        port(address.substring(address.lastIndexOf(':') + 1)),
        null,
        encryption);
  }

  private static int port(String text) {
    try {
      int port = Integer.parseInt(text);
      if (port > 0 && port <= 0xffff) {
        return port;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("invalid port \"" + text + "\"", e);
    }
    throw new IllegalArgumentException("invalid port \"" + text + "\"");
  }

  /** {@code unix:path}, {@code unix:///absolute/path}. */
  private static Path socket(String endpoint) {
    String path = endpoint.substring(UNIX.length());
    if (path.startsWith("//")) {
      path = path.substring(2);
    }
    if (path.isEmpty()) {
      throw new IllegalArgumentException("endpoint: unix: needs the path of a socket");
    }
    return Path.of(path);
  }
}
