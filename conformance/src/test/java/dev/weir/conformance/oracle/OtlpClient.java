package dev.weir.conformance.oracle;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Sends bytes as OTLP over both transports and tells what came back, ready to be compared. */
final class OtlpClient implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  /** The signals, with what names them in both transports. */
  enum Signal {
    METRICS("metrics.v1.MetricsService"),
    TRACES("trace.v1.TraceService"),
    LOGS("logs.v1.LogsService");

    private final String service;

    Signal(String service) {
      this.service = service;
    }

    String method() {
      return "opentelemetry.proto.collector." + service + "/Export";
    }

    String path() {
      return "/v1/" + name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /**
   * What a client sees.
   *
   * @param status of gRPC the code's name, of HTTP the number
   * @param message of gRPC the description
   * @param details of gRPC the status in the trailers, if there is one
   * @param headers of HTTP those that tell something
   * @param body of HTTP: JSON as parsed, protobuf as a status or in hexadecimal, else as it is
   */
  record Reply(
      String status, String message, String details, Map<String, String> headers, String body) {}

  private final ManagedChannel channel;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final int httpPort;

  /** Connects to the two ports; one may be 0 if it is not used. */
  OtlpClient(int grpcPort, int httpPort) {
    channel = NettyChannelBuilder.forAddress("127.0.0.1", grpcPort).usePlaintext().build();
    this.httpPort = httpPort;
  }

  /** A method that takes and gives bytes. */
  static MethodDescriptor<byte[], byte[]> method(String name) {
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName(name)
        .setRequestMarshaller(new Bytes())
        .setResponseMarshaller(new Bytes())
        .build();
  }

  /** Sends over gRPC. */
  Reply grpc(Signal signal, byte[] request) {
    return grpc(signal.method(), request, "");
  }

  /** Sends over gRPC to any method, compressed as the name says; empty for not. */
  Reply grpc(String method, byte[] request, String compression) {
    CallOptions options =
        CallOptions.DEFAULT.withDeadlineAfter(LIMIT.toSeconds(), TimeUnit.SECONDS);
    if (!compression.isEmpty()) {
      options = options.withCompression(compression);
    }
    try {
      byte[] response =
          ClientCalls.blockingUnaryCall(
              ClientInterceptors.intercept(channel), method(method), options, request);
      return new Reply("OK", "", "", Map.of(), HexFormat.of().formatHex(response));
    } catch (StatusRuntimeException e) {
      Status status = e.getStatus();
      String description = status.getDescription();
      Metadata trailers = e.getTrailers();
      byte[] details = trailers == null ? null : trailers.get(Backend.DETAILS);
      return new Reply(
          status.getCode().name(),
          description == null ? "" : description,
          details == null ? "" : status(ByteString.copyFrom(details)),
          Map.of(),
          "");
    }
  }

  /** Posts to the path of a signal; the content type may be empty. */
  Reply http(Signal signal, byte[] request, String contentType, String... headers) {
    return http("POST", signal.path(), request, contentType, headers);
  }

  /** Sends any HTTP request; the content type may be empty for none. */
  Reply http(String method, String path, byte[] body, String contentType, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + path))
            .timeout(LIMIT)
            .method(method, HttpRequest.BodyPublishers.ofByteArray(body));
    if (!contentType.isEmpty()) {
      request.header("Content-Type", contentType);
    }
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    try {
      HttpResponse<byte[]> response =
          http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      Map<String, String> told = new TreeMap<>();
      for (Map.Entry<String, java.util.List<String>> header : response.headers().map().entrySet()) {
        String name = header.getKey().toLowerCase(java.util.Locale.ROOT);
        // The length follows from the body, and the layout of JSON is free.
        if (!name.equals("date") && !name.equals("content-length")) {
          told.put(name, String.join(", ", header.getValue()));
        }
      }
      String type = told.getOrDefault("content-type", "");
      byte[] answer = response.body();
      return new Reply(
          Integer.toString(response.statusCode()),
          "",
          "",
          told,
          type.startsWith("application/json") && answer.length > 0
              ? String.valueOf(Json.parse(new String(answer, StandardCharsets.UTF_8)))
              : type.startsWith("application/x-protobuf")
                  ? response.statusCode() == 200
                      ? HexFormat.of().formatHex(answer)
                      : status(ByteString.copyFrom(answer))
                  : new String(answer, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(method + " " + path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** {@code google.rpc.Status} as text. */
  static String status(ByteString encoded) {
    try {
      CodedInputStream in = encoded.newCodedInput();
      StringBuilder out = new StringBuilder();
      int tag = in.readTag();
      while (tag != 0) {
        switch (tag) {
          case 1 << 3 -> out.append("code ").append(in.readInt32());
          case (2 << 3) | WireFormat.WIRETYPE_LENGTH_DELIMITED ->
              out.append(" message ").append(in.readString());
          case (3 << 3) | WireFormat.WIRETYPE_LENGTH_DELIMITED ->
              out.append(" detail ").append(HexFormat.of().formatHex(in.readByteArray()));
          default ->
              throw new AssertionError(
                  "not a status: " + HexFormat.of().formatHex(encoded.toByteArray()));
        }
        tag = in.readTag();
      }
      return out.toString();
    } catch (IOException e) {
      throw new UncheckedIOException(HexFormat.of().formatHex(encoded.toByteArray()), e);
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
    http.close();
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
