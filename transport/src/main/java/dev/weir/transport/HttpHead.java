package dev.weir.transport;

import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What stands before the body of an HTTP request. Not changed once it is there; thread safe. */
public final class HttpHead {
  private final HttpRequest request;
  private final String path;

  HttpHead(HttpRequest request) {
    this.request = request;
    this.path = pathOf(request.uri());
  }

  /** Returns the method, such as {@code POST}. */
  public String method() {
    return request.method().name();
  }

  /**
   * Returns the path, without query and with percent-encoded characters decoded; empty if they
   * cannot be.
   */
  public String path() {
    return path;
  }

  private static String pathOf(String target) {
    String path = target;
    if (!path.startsWith("/")) {
      // http://host/path, as proxies ask
      int authority = path.indexOf("://");
      if (authority >= 0) {
        int slash = path.indexOf('/', authority + 3);
        path = slash < 0 ? "/" : path.substring(slash);
      }
    }
    int query = path.indexOf('?');
    path = query < 0 ? path : path.substring(0, query);
    if (path.indexOf('%') < 0) {
      return path;
    }
    try {
      return URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  /** Returns what follows the question mark, with it; empty without one. */
  String query() {
    int query = request.uri().indexOf('?');
    return query < 0 ? "" : request.uri().substring(query);
  }

  /** Returns the first value of a header, or an empty string. */
  public String header(String name) {
    String value = request.headers().get(name);
    return value == null ? "" : value;
  }

  /** Returns all headers by name in lower case. */
  public Map<String, List<String>> metadata() {
    Map<String, List<String>> all = new HashMap<>();
    for (Map.Entry<String, String> each : request.headers()) {
      all.computeIfAbsent(each.getKey().toLowerCase(Locale.ROOT), name -> new ArrayList<>(1))
          .add(each.getValue());
    }
    return all;
  }

  HttpRequest request() {
    return request;
  }
}
