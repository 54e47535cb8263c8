package dev.weir.transport;

import dev.weir.transport.compression.ByteSlice;
import dev.weir.transport.compression.Compression;
import io.grpc.Compressor;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Packs messages of gRPC with the codecs of this module. Each write becomes a whole gzip member
 * (zstd or snappy frame), which all three formats allow to follow each other; our messages come in
 * one write, so nothing is gathered or copied.
 */
final class PackingCompressor implements Compressor {
  private final String name;
  private final Compression compression;
  private final int level;

  PackingCompressor(String name, Compression compression, int level) {
    this.name = name;
    this.compression = compression;
    this.level = level;
  }

  @Override
  public String getMessageEncoding() {
    return name;
  }

  @Override
  public OutputStream compress(OutputStream out) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        ByteSlice packed = compression.compress(bytes, offset, length, level);
        out.write(packed.array(), packed.offset(), packed.length());
      }

      @Override
      public void close() throws IOException {
        out.close();
      }
    };
  }
}
