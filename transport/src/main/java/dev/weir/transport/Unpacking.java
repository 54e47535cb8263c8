package dev.weir.transport;

import dev.weir.pipeline.Outcome.Code;
import dev.weir.transport.compression.ByteSlice;
import dev.weir.transport.compression.Compression;
import dev.weir.transport.compression.CompressionException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Unpacks messages of gRPC, with grpc-go's statuses. */
final class Unpacking {
  private Unpacking() {}

  /** A message that cannot be unpacked. */
  static final class Failed extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient ServerStatus status;

    Failed(ServerStatus status) {
      super(status.message());
      this.status = status;
    }

    ServerStatus status() {
      return status;
    }
  }

  static ByteSlice grpc(byte[] bytes, @Nullable String encoding, int limit) throws Failed {
    Optional<Compression> compression = Compression.grpcNamed(encoding == null ? "" : encoding);
    if (compression.isEmpty()) {
      throw new Failed(
          ServerStatus.of(
              Code.UNIMPLEMENTED,
              "grpc: Decompressor is not installed for grpc-encoding \"" + encoding + "\""));
    }
    try {
      return compression.get().decompress(bytes, 0, bytes.length, limit);
    } catch (CompressionException e) {
      throw new Failed(
          switch (e.reason()) {
            case TOO_LARGE ->
                ServerStatus.of(
                    Code.RESOURCE_EXHAUSTED,
                    "grpc: received message after decompression larger than max " + limit);
            case MALFORMED ->
                ServerStatus.of(
                    Code.INTERNAL,
                    // grpc-go reads a header of gzip at once, everything else later.
                    (e.getMessage().equals("gzip: invalid header")
                            ? "grpc: failed to decompress the message: "
                            : "grpc: failed to read decompressed data: ")
                        + e.getMessage());
          });
    }
  }
}
