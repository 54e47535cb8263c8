package dev.weir.transport;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What an HTTP server answers.
 *
 * @param status the status code
 * @param headers Content-Type and whatever else, but nothing that the server itself sets
 * @param body goes out as it is
 */
@SuppressWarnings("ArrayRecordComponent") // for hand-over, never compared
public record HttpAnswer(int status, Map<String, String> headers, byte[] body) {
  /** Copies the headers. */
  public HttpAnswer {
    headers = Map.copyOf(headers);
  }

  /** Returns an answer with a body of this type. */
  public static HttpAnswer of(int status, String contentType, byte[] body) {
    return new HttpAnswer(status, Map.of("Content-Type", contentType), body);
  }

  /** Returns an answer with a text. */
  public static HttpAnswer of(int status, String contentType, String text) {
    return of(status, contentType, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns the same answer with one more header. */
  public HttpAnswer with(String header, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(header, value);
    return new HttpAnswer(status, more, body);
  }
}
