package dev.weir.pipeline.exposition;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * Where a server listens, as a config file says it: {@code host:port}, {@code [::1]:8889}, or
 * {@code :8889} for every address of the machine.
 *
 * @param host name or address, empty for every address
 * @param port 0 for one that is free
 */
public record Endpoint(String host, int port) {

  /**
   * Parses an endpoint.
   *
   * @throws IllegalArgumentException that says what is wrong and how it should look
   */
  public static Endpoint parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      throw wrong(text, "missing port");
    }
    String host = text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw wrong(text, "too many colons: an IPv6 address stands in brackets");
    }
    int port;
    try {
      port = Integer.parseInt(text.substring(colon + 1));
    } catch (NumberFormatException e) {
      throw wrong(text, "invalid port \"" + text.substring(colon + 1) + "\"");
    }
    if (port < 0 || port > 65535) {
      throw wrong(text, "invalid port " + port);
    }
    return new Endpoint(host, port);
  }

  private static IllegalArgumentException wrong(String text, String why) {
    return new IllegalArgumentException(
        "address \"" + text + "\": " + why + "; expected host:port, such as localhost:8889");
  }

  /** Returns the address to bind; resolves the host. */
  InetSocketAddress address() throws UnknownHostException {
    return host.isEmpty()
        ? new InetSocketAddress(port)
        : new InetSocketAddress(InetAddress.getByName(host), port);
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
