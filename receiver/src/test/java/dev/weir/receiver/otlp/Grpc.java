package dev.weir.receiver.otlp;

import dev.weir.transport.compression.Compression;
import io.grpc.CallOptions;
import io.grpc.Codec;
import io.grpc.Compressor;
import io.grpc.CompressorRegistry;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A client of grpc-java that sends bytes. */
final class Grpc implements AutoCloseable {
  static final String TRACES = "opentelemetry.proto.collector.trace.v1.TraceService/Export";
  static final String METRICS = "opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
  static final String LOGS = "opentelemetry.proto.collector.logs.v1.LogsService/Export";

  private final ManagedChannel channel;

  Grpc(ManagedChannelBuilder<?> builder) {
    CompressorRegistry compressors = CompressorRegistry.newEmptyInstance();
    compressors.register(Codec.Identity.NONE);
    compressors.register(new Packer("gzip", Compression.GZIP));
    compressors.register(new Packer("zstd", Compression.ZSTD));
    compressors.register(new Packer("snappy", Compression.SNAPPY_FRAMED));
    compressors.register(new Packer("deflate", Compression.DEFLATE));
    channel = builder.compressorRegistry(compressors).build();
  }

  static Grpc to(int port) {
    return new Grpc(ManagedChannelBuilder.forAddress("127.0.0.1", port).usePlaintext());
  }

  byte[] call(String method, byte[] request) {
    return call(method, request, null);
  }

  byte[] call(String method, byte[] request, @Nullable String compression) {
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS);
    if (compression != null) {
      options = options.withCompression(compression);
    }
    return ClientCalls.blockingUnaryCall(channel, descriptor(method), options, request);
  }

  ManagedChannel channel() {
    return channel;
  }

  static MethodDescriptor<byte[], byte[]> descriptor(String method) {
    Bytes bytes = new Bytes();
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(MethodType.UNARY)
        .setFullMethodName(method)
        .setRequestMarshaller(bytes)
        .setResponseMarshaller(bytes)
        .build();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    try {
      channel.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
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

  /** Packs with the codecs under test. */
  private record Packer(String name, Compression compression) implements Compressor {
    @Override
    public String getMessageEncoding() {
      return name;
    }

    @Override
    public OutputStream compress(OutputStream out) {
      return new ByteArrayOutputStream() {
        @Override
        public void close() throws IOException {
          byte[] bytes = toByteArray();
          out.write(compression.compress(bytes, 0, bytes.length, -1).toArray());
          out.close();
        }
      };
    }
  }
}
