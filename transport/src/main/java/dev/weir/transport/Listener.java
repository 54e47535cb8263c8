package dev.weir.transport;

import dev.weir.pipeline.StartException;
import dev.weir.pipeline.config.Schema;
import io.grpc.netty.shaded.io.netty.channel.ChannelFactory;
import io.grpc.netty.shaded.io.netty.channel.ServerChannel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Where a server listens, as the config file says it: the Collector's {@code confignet.AddrConfig}.
 *
 * @param endpoint {@code host:port}, or the path of a unix socket
 * @param transport {@code tcp}, {@code tcp4}, {@code tcp6} or {@code unix}
 * @param dialerTimeout accepted; a server does not dial
 */
public record Listener(String endpoint, String transport, Duration dialerTimeout) {
  private static final Set<String> TRANSPORTS = Set.of("tcp", "tcp4", "tcp6", "unix");

  private static final Schema<Duration> DIALER =
      Schema.define(
          fields -> {
            var timeout =
                fields.duration("timeout", Duration.ZERO, "No effect: a server does not dial.");
            return values -> values.get(timeout);
          });

  /** Declares {@code endpoint}, {@code transport} and {@code dialer}. */
  static <C> Function<Schema.Values, Listener> declare(
      Schema.Fields<C> fields, String defaultEndpoint) {
    var endpoint =
        fields.text(
            "endpoint",
            defaultEndpoint,
            "Where it listens: `host:port`, `:port` for every address of the machine, or the path"
                + " of a unix socket.");
    var transport =
        fields
            .text("transport", "tcp", "`tcp`, `tcp4`, `tcp6`, or `unix` for a unix socket.")
            .check(TRANSPORTS::contains, "must be tcp, tcp4, tcp6 or unix");
    var dialer =
        fields.section("dialer", DIALER, "No effect: the Collector's key for connecting sockets.");
    return values -> new Listener(values.get(endpoint), values.get(transport), values.get(dialer));
  }

  /** Returns what is wrong with it, for the rule of a schema. */
  List<String> errors() {
    List<String> errors = new ArrayList<>();
    if (endpoint.isEmpty()) {
      errors.add("endpoint: must not be empty");
    } else if (!isUnix()) {
      try {
        split();
      } catch (IllegalArgumentException e) {
        errors.add("endpoint: " + e.getMessage());
      }
    }
    return errors;
  }

  boolean isUnix() {
    return transport.equals("unix");
  }

  /** Returns whether it listens on every address of the machine. */
  boolean isEverywhere() {
    return !isUnix()
        && (endpoint.startsWith(":")
            || endpoint.startsWith("0.0.0.0:")
            || endpoint.startsWith("[::]:"));
  }

  /** Returns what makes a listening socket of this kind. */
  ChannelFactory<ServerChannel> channels() {
    return isUnix() ? NioServerDomainSocketChannel::new : this::tcp;
  }

  private ServerChannel tcp() {
    return switch (transport) {
      case "tcp4" ->
          new NioServerSocketChannel(
              java.nio.channels.spi.SelectorProvider.provider(),
              io.grpc.netty.shaded.io.netty.channel.socket.SocketProtocolFamily.INET);
      default -> new NioServerSocketChannel();
    };
  }

  /**
   * Returns the address to bind. A unix socket that nobody listens on any more is removed.
   *
   * @throws StartException if a name has no address
   */
  SocketAddress address() throws StartException {
    if (isUnix()) {
      Path path = Path.of(endpoint);
      removeIfDead(path);
      return UnixDomainSocketAddress.of(path);
    }
    HostAndPort at = split();
    try {
      if (at.host().isEmpty()) {
        return new InetSocketAddress(at.port());
      }
      for (InetAddress each : InetAddress.getAllByName(at.host())) {
        boolean v4 = each instanceof java.net.Inet4Address;
        if (transport.equals("tcp") || transport.equals(v4 ? "tcp4" : "tcp6")) {
          return new InetSocketAddress(each, at.port());
        }
      }
      throw new StartException(this + ": no suitable address found");
    } catch (UnknownHostException e) {
      throw new StartException(this + ": lookup " + at.host() + ": no such host", e);
    }
  }

  /** Go removes a socket at close; one that a killed process left behind would block the start. */
  private static void removeIfDead(Path path) {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      probe.connect(UnixDomainSocketAddress.of(path));
    } catch (IOException nobodyListens) {
      try {
        if (Files.readAttributes(
                path, java.nio.file.attribute.BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
            .isOther()) {
          Files.delete(path);
        }
      } catch (IOException e) {
        // Binding will say what is wrong.
      }
    }
  }

  /** Removes what listening has left in the file system. */
  void removeSocket() {
    if (isUnix()) {
      try {
        Files.deleteIfExists(Path.of(endpoint));
      } catch (IOException e) {
        // Somebody else's by now, or not ours to remove: the next start looks again.
      }
    }
  }

  /** Returns the error of a failed bind, in the Collector's words and with what to try. */
  StartException failure(Throwable cause) {
    String message = String.valueOf(cause.getMessage());
    String reason = message;
    if (message.contains("in use")) {
      reason = "bind: address already in use" + (isUnix() ? "" : whoListens());
    } else if (message.contains("denied")) {
      reason =
          "bind: permission denied"
              + (isUnix() ? "" : "; ports below 1024 need the capability CAP_NET_BIND_SERVICE");
    } else if (message.contains("assign")) {
      reason = "bind: cannot assign requested address; this machine has no such address";
    } else if (isUnix() && (message.contains("No such file") || message.contains("no such"))) {
      reason = "bind: no such file or directory";
    }
    return new StartException(this + ": " + reason, cause);
  }

  private String whoListens() {
    int port = split().port();
    return "; another process listens on port "
        + port
        + " (ss -ltnp 'sport = :"
        + port
        + "' shows which), choose another port or stop it";
  }

  private record HostAndPort(String host, int port) {}

  private HostAndPort split() {
    int colon = endpoint.lastIndexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("address " + endpoint + ": missing port in address");
    }
    String host = endpoint.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException("address " + endpoint + ": too many colons in address");
    }
    String port = endpoint.substring(colon + 1);
    try {
      int number = port.isEmpty() ? 0 : Integer.parseInt(port);
      if (number < 0 || number > 65535) {
        throw new IllegalArgumentException("address " + port + ": invalid port");
      }
      return new HostAndPort(host, number);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("address " + port + ": invalid port", e);
    }
  }

  /** Returns what errors call it, as Go does: {@code listen tcp 127.0.0.1:4317}. */
  @Override
  public String toString() {
    String where = endpoint;
    if (!isUnix() && where.startsWith("localhost:")) {
      where = "127.0.0.1" + where.substring("localhost".length());
    }
    return "listen " + transport + " " + where;
  }
}
