package dev.weir.bench;

import com.sun.net.httpserver.HttpServer;
import dev.weir.pdata.Signal;
import dev.weir.pdata.otlp.OtlpFormatException;
import dev.weir.pdata.otlp.OtlpProtobuf;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;
import java.util.zip.GZIPInputStream;

/** A back end that takes everything over gRPC and HTTP, and counts what it took. */
final class RelaySink implements AutoCloseable {
  private static final int MOST_BYTES = 64 << 20;
  private static final byte[] SUCCESS = {};

  private final LongAdder items = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Server grpc;
  private final HttpServer http;

  RelaySink() throws IOException {
    InetSocketAddress anywhere = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(anywhere)
            .executor(threads)
            .maxInboundMessageSize(MOST_BYTES)
            .addStreamTracerFactory(new WireBytes(bytes));
    http = HttpServer.create(anywhere, 0);
    http.setExecutor(threads);
    for (Signal<?> signal : List.of(Signal.METRICS, Signal.LOGS, Signal.TRACES)) {
      MethodDescriptor<byte[], byte[]> method = RelayLoad.method(signal);
      builder.addService(
          ServerServiceDefinition.builder(String.valueOf(method.getServiceName()))
              .addMethod(
                  method,
                  ServerCalls.asyncUnaryCall(
                      (request, answer) -> {
                        try {
                          take(signal, request);
                          answer.onNext(SUCCESS);
                          answer.onCompleted();
                        } catch (OtlpFormatException e) {
                          answer.onError(
                              Status.INVALID_ARGUMENT
                                  .withDescription(e.getMessage())
                                  .asException());
                        }
                      }))
              .build());
      http.createContext(
          RelayLoad.path(signal),
          exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            bytes.add(body.length);
            int status = 200;
            try {
              boolean gzip =
                  "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
              take(signal, gzip ? unzip(body) : body);
            } catch (OtlpFormatException e) {
              status = 400;
            }
            exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
          });
    }
    grpc = builder.build().start();
    http.start();
  }

  private static byte[] unzip(byte[] body) throws IOException {
    try (GZIPInputStream in = new GZIPInputStream(new java.io.ByteArrayInputStream(body))) {
      return in.readAllBytes();
    }
  }

  private void take(Signal<?> signal, byte[] request) throws OtlpFormatException {
    items.add(OtlpProtobuf.decode(signal, request).count());
  }

  int grpcPort() {
    return grpc.getPort();
  }

  int httpPort() {
    return http.getAddress().getPort();
  }

  /** Returns how many data points, log records and spans came. */
  long items() {
    return items.sum();
  }

  /** Returns how many bytes of messages came, as they were on the wire. */
  long bytes() {
    return bytes.sum();
  }

  @Override
  public void close() {
    grpc.shutdownNow();
    http.stop(0);
    threads.close();
  }

  /** Counts the bytes of messages as they came, compressed or not. */
  private static final class WireBytes extends io.grpc.ServerStreamTracer.Factory {
    private final LongAdder total;

    WireBytes(LongAdder total) {
      this.total = total;
    }

    @Override
    public io.grpc.ServerStreamTracer newServerStreamTracer(
        String method, io.grpc.Metadata headers) {
      return new io.grpc.ServerStreamTracer() {
        @Override
        public void inboundWireSize(long size) {
          total.add(size);
        }
      };
    }
  }
}
