package dev.weir.conformance.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.conformance.oracle.OtlpClient.Reply;
import dev.weir.conformance.oracle.OtlpClient.Signal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What the receiver itself says to good and to bad requests, by HTTP and by gRPC. */
@Tag("oracle")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AnswersTest {
  private static final String PROTOBUF = "application/x-protobuf";
  private static final String JSON = "application/json";

  /** No pipeline for logs; bodies of 2,000 bytes. */
  private static final String CONFIGURATION =
      """
      receivers:
        otlp:
          protocols:
            grpc: {endpoint: 'localhost:@grpc@', max_recv_msg_size_mib: 1}
            http: {endpoint: 'localhost:@http@', max_request_body_size: 2000}
      exporters:
        debug:
      service:
        telemetry: {metrics: {level: none}}
        pipelines:
          metrics: {receivers: [otlp], exporters: [debug]}
          traces: {receivers: [otlp], exporters: [debug]}
      """;

  private Pair pair;

  @BeforeAll
  void start() {
    pair = Pair.start(CONFIGURATION);
  }

  @AfterAll
  void stop() {
    pair.close();
  }

  private interface Request extends Function<OtlpClient, Reply> {}

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private interface Compressing {
    OutputStream around(OutputStream out) throws IOException;
  }

  private static byte[] compressed(byte[] plain, Compressing how) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream in = how.around(out)) {
      in.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static Map<String, Request> httpRequests() {
    Map<String, Request> all = new LinkedHashMap<>();
    byte[] json = Requests.json(Signal.METRICS);
    byte[] protobuf = Requests.of(Signal.METRICS, 0, 3);
    byte[] big = bytes("{\"resourceMetrics\":[{\"schemaUrl\":\"" + "x".repeat(3000) + "\"}]}");
    for (Signal signal : List.of(Signal.METRICS, Signal.TRACES)) {
      all.put("good JSON " + signal, c -> c.http(signal, Requests.json(signal), JSON));
      all.put("good protobuf " + signal, c -> c.http(signal, Requests.of(signal, 0, 3), PROTOBUF));
    }
    all.put("empty JSON object", c -> c.http(Signal.METRICS, bytes("{}"), JSON));
    all.put("empty protobuf", c -> c.http(Signal.METRICS, bytes(""), PROTOBUF));
    all.put("empty JSON body", c -> c.http(Signal.METRICS, bytes(""), JSON));
    for (String type :
        List.of(
            "application/json; charset=utf-8",
            "application/json;charset=latin1",
            "APPLICATION/JSON",
            "application/x-protobuf; a=b",
            "application/protobuf",
            "application/x-protobuf;",
            "text/plain",
            "application/",
            "application/jsonx",
            "application/vnd.google.protobuf",
            "*/*",
            "; charset=utf-8")) {
      all.put(
          "content type " + type,
          c -> c.http(Signal.METRICS, type.contains("proto") ? protobuf : json, type));
    }
    all.put("no content type", c -> c.http(Signal.METRICS, json, ""));
    Map<String, String> jsons = new LinkedHashMap<>();
    jsons.put("cut", "{\"resourceMetrics\":[");
    jsons.put("number for a list", "{\"resourceMetrics\":7}");
    jsons.put("array", "[]");
    jsons.put("null", "null");
    jsons.put("string", "\"x\"");
    jsons.put("unknown field", "{\"foo\":1,\"resourceMetrics\":[]}");
    jsons.put("garbage behind", "{} x");
    jsons.put("text", "hello");
    jsons.put("white space", "  \n");
    jsons.put("snake case", "{\"resource_metrics\":[{\"scope_metrics\":[]}]}");
    jsons.put("null for a list", "{\"resourceMetrics\":null}");
    jsons.put("lone surrogate", "{\"resourceMetrics\":[{\"schemaUrl\":\"\\ud800\"}]}");
    jsons.put("two keys alike", "{\"resourceMetrics\":[],\"resourceMetrics\":[]}");
    String point =
        "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"m\",\"sum\":{\"dataPoints\":[%s]}}]}]}]}";
    jsons.put("int as text", point.formatted("{\"asInt\":\"12\"}"));
    jsons.put("int as number", point.formatted("{\"asInt\":12}"));
    jsons.put("int as word", point.formatted("{\"asInt\":\"x\"}"));
    jsons.put("int with a fraction", point.formatted("{\"asInt\":1.5}"));
    jsons.put("double as text", point.formatted("{\"asDouble\":\"1.5\"}"));
    jsons.put("double NaN", point.formatted("{\"asDouble\":\"NaN\"}"));
    jsons.put("double Infinity", point.formatted("{\"asDouble\":\"-Infinity\"}"));
    jsons.put(
        "time beyond 64 bits", point.formatted("{\"timeUnixNano\":\"99999999999999999999\"}"));
    jsons.put("negative time", point.formatted("{\"timeUnixNano\":\"-1\"}"));
    jsons.put(
        "temporality by name",
        point
            .formatted("")
            .replace(
                "\"dataPoints\":[]",
                "\"aggregationTemporality\":\"AGGREGATION_TEMPORALITY_DELTA\""));
    jsons.put(
        "temporality by number",
        point.formatted("").replace("\"dataPoints\":[]", "\"aggregationTemporality\":2"));
    jsons.put(
        "temporality unknown",
        point.formatted("").replace("\"dataPoints\":[]", "\"aggregationTemporality\":\"NONE\""));
    jsons.put(
        "temporality 9",
        point.formatted("").replace("\"dataPoints\":[]", "\"aggregationTemporality\":9"));
    jsons.forEach(
        (name, text) -> all.put("JSON, " + name, c -> c.http(Signal.METRICS, bytes(text), JSON)));
    String span =
        "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":\"%s\",\"spanId\":\"%s\"}]}]}]}";
    Map<String, String> spans = new LinkedHashMap<>();
    spans.put("short trace id", span.formatted("0102", "0102030405060708"));
    spans.put("trace id not hexadecimal", span.formatted("x".repeat(32), "0102030405060708"));
    spans.put("no ids", span.formatted("", ""));
    spans.put(
        "capitals in ids", span.formatted("0102030405060708090A0B0C0D0E0F10", "01020304050607AB"));
    spans.put("odd span id", span.formatted("0102030405060708090a0b0c0d0e0f10", "010"));
    spans.forEach(
        (name, text) -> all.put("JSON, " + name, c -> c.http(Signal.TRACES, bytes(text), JSON)));
    Map<String, byte[]> protobufs = new LinkedHashMap<>();
    protobufs.put("cut", new byte[] {0x0a, -1, -1});
    protobufs.put("wrong wire type", new byte[] {0x08, 0x01});
    protobufs.put("unknown field", new byte[] {(byte) 0x98, 0x06, 0x01});
    protobufs.put("field number 0", new byte[] {0x02, 0x01});
    protobufs.put("wire type 7", new byte[] {0x0f});
    protobufs.put("end of a group", new byte[] {0x0c});
    protobufs.put("unknown group", new byte[] {0x53, 0x54});
    protobufs.put("length beyond the end", new byte[] {0x0a, 0x05, 0x00});
    protobufs.put("length beyond 32 bits", new byte[] {0x0a, -1, -1, -1, -1, -1, -1, -1, -1, 1});
    protobufs.put(
        "varint of 11 bytes", new byte[] {0x0a, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1});
    protobufs.put("JSON", json);
    protobufs.put("last byte missing", Arrays.copyOf(protobuf, protobuf.length - 1));
    protobufs.forEach(
        (name, body) -> all.put("protobuf, " + name, c -> c.http(Signal.METRICS, body, PROTOBUF)));
    all.put("JSON over the limit", c -> c.http(Signal.METRICS, big, JSON));
    all.put(
        "protobuf over the limit",
        c -> c.http(Signal.METRICS, Requests.of(Signal.METRICS, 0, 200), PROTOBUF));
    all.put(
        "gzip, over the limit once unpacked",
        c ->
            c.http(
                Signal.METRICS,
                compressed(big, GZIPOutputStream::new),
                JSON,
                "Content-Encoding",
                "gzip"));
    all.put(
        "gzip",
        c ->
            c.http(
                Signal.METRICS,
                compressed(json, GZIPOutputStream::new),
                JSON,
                "Content-Encoding",
                "gzip"));
    all.put(
        "deflate",
        c ->
            c.http(
                Signal.METRICS,
                compressed(json, DeflaterOutputStream::new),
                JSON,
                "Content-Encoding",
                "deflate"));
    all.put(
        "zlib",
        c ->
            c.http(
                Signal.METRICS,
                compressed(json, DeflaterOutputStream::new),
                JSON,
                "Content-Encoding",
                "zlib"));
    for (String encoding :
        List.of(
            "gzip", "zstd", "zlib", "deflate", "snappy", "lz4", "br", "identity", "GZIP", "x")) {
      all.put(
          "encoding " + encoding + " announced, plain JSON sent",
          c -> c.http(Signal.METRICS, json, JSON, "Content-Encoding", encoding));
      all.put(
          "encoding " + encoding + " announced, plain protobuf sent",
          c -> c.http(Signal.METRICS, protobuf, PROTOBUF, "Content-Encoding", encoding));
    }
    all.put(
        "gzip, cut",
        c ->
            c.http(
                Signal.METRICS,
                Arrays.copyOf(compressed(json, GZIPOutputStream::new), 30),
                JSON,
                "Content-Encoding",
                "gzip"));
    for (String method : List.of("GET", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH")) {
      all.put(method, c -> c.http(method, "/v1/metrics", bytes(""), JSON));
      all.put(method + " elsewhere", c -> c.http(method, "/", bytes(""), JSON));
    }
    for (String path :
        List.of(
            "/",
            "/v1",
            "/v1/nosuch",
            "/v1/metrics/",
            "/v1/metrics?x=y",
            "/V1/metrics",
            "/v1/logs",
            "/v1/metricsx",
            "/v1development/profiles")) {
      all.put("path " + path, c -> c.http("POST", path, json, JSON));
    }
    return all;
  }

  private static Map<String, Request> grpcRequests() {
    Map<String, Request> all = new LinkedHashMap<>();
    for (Signal signal : Signal.values()) {
      all.put("good " + signal, c -> c.grpc(signal, Requests.of(signal, 0, 3)));
      all.put("empty " + signal, c -> c.grpc(signal, new byte[0]));
    }
    all.put(
        "gzip", c -> c.grpc(Signal.METRICS.method(), Requests.of(Signal.METRICS, 0, 3), "gzip"));
    all.put("over the limit", c -> c.grpc(Signal.METRICS, Requests.of(Signal.METRICS, 0, 60_000)));
    all.put(
        "gzip, over the limit once unpacked",
        c -> c.grpc(Signal.METRICS.method(), Requests.of(Signal.METRICS, 0, 60_000), "gzip"));
    all.put("cut", c -> c.grpc(Signal.METRICS, new byte[] {0x0a, -1, -1}));
    all.put("wrong wire type", c -> c.grpc(Signal.TRACES, new byte[] {0x08, 0x01}));
    all.put("unknown service", c -> c.grpc("a.b.C/Export", new byte[0], ""));
    all.put(
        "unknown method",
        c -> c.grpc(Signal.METRICS.method().replace("/Export", "/Import"), new byte[0], ""));
    return all;
  }

  private Map<String, Pair.Both<Reply>> ask(Map<String, Request> requests) {
    Map<String, Pair.Both<Reply>> cases = new LinkedHashMap<>();
    requests.forEach(
        (name, request) ->
            cases.put(
                name,
                pair.each(
                    subject -> {
                      try (OtlpClient client =
                          new OtlpClient(subject.port("grpc"), subject.port("http"))) {
                        return request.apply(client);
                      }
                    })));
    return cases;
  }

  @Test
  void overHttpStatusHeadersAndBodyAreTheCollectors() {
    assertThat(Pair.differences(ask(httpRequests()), Map.of(), UnaryOperator.identity())).isEmpty();
  }

  @Test
  void overGrpcCodeAndTextAreTheCollectors() {
    assertThat(Pair.differences(ask(grpcRequests()), Map.of(), UnaryOperator.identity())).isEmpty();
  }
}
