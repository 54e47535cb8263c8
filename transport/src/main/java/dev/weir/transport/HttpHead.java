package dev.weir.transport;

import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What stands before the body of an HTTP request. Not changed once it is there; thread safe. */
public final class HttpHead {
  private final HttpRequest request;

  HttpHead(HttpRequest request) {
    this.request = request;
  }

  /** Returns the method, such as {@code POST}. */
  public String method() {
    return request.method().name();
  }

  /** Returns the path, without query and percent-decoding. */
  public String path() {
    String uri = request.uri();
    if (!uri.startsWith("/")) {
      // http://host/path, as proxies ask
      int authority = uri.indexOf("://");
      int slash = authority < 0 ? -1 : uri.indexOf('/', authority + 3);
      if (authority >= 0) {
        uri = slash < 0 ? "/" : uri.substring(slash);
      }
    }
    int query = uri.indexOf('?');
    return query < 0 ? uri : uri.substring(0, query);
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
