package dev.weir.pipeline.config;

import dev.weir.pipeline.config.Expansion.ExpansionException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * What stands at http and https addresses. Each address is asked once, so that one load sees one
 * state of it; at most {@value #MAX_ADDRESSES} are asked, for at most {@link YamlReader#MAX_LENGTH}
 * bytes each, and each answer must be complete within the time given. Redirections are followed,
 * but not from https to http.
 *
 * <p>An address may carry a password or a token: messages show neither user nor query.
 *
 * <p>One load's own; one thread uses it.
 */
final class Downloads {
  /** How long one address may take, from the connection to the last byte. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final int MAX_ADDRESSES = 100; // as many as the Collector promises
  private static final int OK = 200;

  private final Supplier<HttpClient.Builder> clients;
  private final Duration patience;
  private final Map<String, String> texts = new HashMap<>();

  /**
   * Makes it.
   *
   * @param clients makes a builder for each download, whose trust is that of the JVM or, in tests,
   *     that of the test
   */
  Downloads(Supplier<HttpClient.Builder> clients, Duration patience) {
    this.clients = clients;
    this.patience = patience;
  }

  /** Returns the address without what may be secret in it. */
  static String shown(String address) {
    String shown = address.replaceFirst("(?s)\\?.*", "?...");
    return shown.replaceFirst("(?s)^(https?://)[^/]*@", "$1[REDACTED]@");
  }

  /** Returns what an address gives: the body of a 200 answer. */
  String text(String address) throws ExpansionException {
    String known = texts.get(address);
    if (known != null) {
      return known;
    }
    if (texts.size() >= MAX_ADDRESSES) {
      throw new ExpansionException(
          "more than " + MAX_ADDRESSES + " addresses to download a configuration from");
    }
    String text = download(address);
    texts.put(address, text);
    return text;
  }

  private String download(String address) throws ExpansionException {
    HttpRequest request = request(address);
    String failed = "unable to download the file via HTTP GET for uri \"" + shown(address) + "\": ";
    try (HttpClient client =
        clients
            .get()
            .connectTimeout(patience)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build()) {
      CompletableFuture<HttpResponse<byte[]>> answer =
          client.sendAsync(
              request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), YamlReader.MAX_LENGTH));
      try {
        return body(address, answer.get(patience.toMillis(), TimeUnit.MILLISECONDS));
      } catch (TimeoutException e) {
        client.shutdownNow();
        throw new ExpansionException(failed + "no complete answer within " + seconds());
      } catch (ExecutionException e) {
        client.shutdownNow();
        Throwable cause = e.getCause();
        throw new ExpansionException(failed + reason(cause == null ? e : cause));
      } catch (InterruptedException e) {
        client.shutdownNow();
        Thread.currentThread().interrupt();
        throw new ExpansionException(failed + "interrupted");
      }
    }
  }

  private static HttpRequest request(String address) throws ExpansionException {
    try {
      URI whole = new URI(address);
      if (whole.getHost() == null) {
        throw new ExpansionException("invalid uri: \"" + shown(address) + "\": no host in it");
      }
      String user = whole.getUserInfo();
      // The client sends no credentials that stand in the address; the Collector's does.
      URI plain =
          new URI(address.replaceFirst("#.*", "").replaceFirst("^([a-z]+://)[^/?]*@", "$1"));
      HttpRequest.Builder request = HttpRequest.newBuilder(plain).GET();
      if (user != null) {
        byte[] credentials = user.getBytes(StandardCharsets.UTF_8);
        request.header("Authorization", "Basic " + Base64.getEncoder().encodeToString(credentials));
      }
      return request.build();
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw new ExpansionException("invalid uri: \"" + shown(address) + "\"");
    }
  }

  private static String body(String address, HttpResponse<byte[]> answer)
      throws ExpansionException {
    if (answer.statusCode() != OK) {
      throw new ExpansionException(
          "failed to load resource from uri \""
              + shown(address)
              + "\". status code: "
              + answer.statusCode());
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(answer.body())).toString();
    } catch (CharacterCodingException e) {
      throw new ExpansionException(
          "fail to read the response body from uri \"" + shown(address) + "\": not UTF-8 text");
    }
  }

  private String seconds() {
    return GoDuration.format(patience);
  }

  private static String reason(Throwable cause) {
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each instanceof UnresolvedAddressException) {
        return "no such host";
      }
    }
    if (cause instanceof ConnectException) {
      return "connection refused";
    }
    String message = cause.getMessage();
    if (cause instanceof IOException && message != null && message.contains("exceeds capacity")) {
      return "larger than the " + YamlReader.MAX_LENGTH + " bytes that are read of a file";
    }
    return message == null ? cause.toString() : message;
  }
}
