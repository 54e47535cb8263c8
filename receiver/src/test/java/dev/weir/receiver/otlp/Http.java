package dev.weir.receiver.otlp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A client that sends exactly what a test says and reads exactly what comes back. */
final class Http implements AutoCloseable {
  /** An answer. */
  @SuppressWarnings("ArrayRecordComponent")
  record Reply(int status, Map<String, String> headers, byte[] body) {
    @Nullable String header(String name) {
      return headers.get(name.toLowerCase(Locale.ROOT));
    }

    String text() {
      return new String(body, ISO_8859_1);
    }
  }

  private final Socket socket;
  private final InputStream in;

  private Http(Socket socket) throws IOException {
    this.socket = socket;
    this.in = socket.getInputStream();
    socket.setSoTimeout(10_000);
    socket.setTcpNoDelay(true); // or each body waits for the acknowledgement of its head
  }

  static Http to(int port) throws IOException {
    return new Http(new Socket(InetAddress.getLoopbackAddress(), port));
  }

  static Http over(Socket socket) throws IOException {
    return new Http(socket);
  }

  /** One request on a connection of its own. */
  static Reply ask(int port, String method, String path, Map<String, String> headers, byte[] body)
      throws IOException {
    try (Http http = to(port)) {
      return http.ask(method, path, headers, body);
    }
  }

  static Reply post(int port, String path, String type, byte[] body) throws IOException {
    return ask(port, "POST", path, Map.of("Content-Type", type), body);
  }

  Reply ask(String method, String path, Map<String, String> headers, byte[] body)
      throws IOException {
    send(head(method, path, headers, body.length));
    send(body);
    return reply(method.equals("HEAD"));
  }

  static byte[] head(String method, String path, Map<String, String> headers, int length) {
    StringBuilder out = new StringBuilder();
    out.append(method).append(' ').append(path).append(" HTTP/1.1\r\nHost: test\r\n");
    headers.forEach((name, value) -> out.append(name).append(": ").append(value).append("\r\n"));
    if (length > 0 || method.equals("POST")) {
      out.append("Content-Length: ").append(length).append("\r\n");
    }
    return out.append("\r\n").toString().getBytes(ISO_8859_1);
  }

  void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
  }

  void send(String text) throws IOException {
    send(text.getBytes(UTF_8));
  }

  Reply reply() throws IOException {
    return reply(false);
  }

  private Reply reply(boolean headOnly) throws IOException {
    String status = line();
    Map<String, String> headers = new LinkedHashMap<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    String length = headers.get("content-length");
    byte[] body =
        headOnly || (length == null && !"close".equals(headers.get("connection")))
            ? new byte[0]
            : length == null ? in.readAllBytes() : in.readNBytes(Integer.parseInt(length));
    return new Reply(Integer.parseInt(status.split(" ", 3)[1]), headers, body);
  }

  /** Returns whether the server has closed the connection. */
  boolean atEnd() throws IOException {
    return in.read() < 0;
  }

  private String line() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("the server has closed the connection");
      }
      if (b != '\r') {
        out.write(b);
      }
    }
    return out.toString(ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
