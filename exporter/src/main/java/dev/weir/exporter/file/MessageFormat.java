package dev.weir.exporter.file;

import dev.weir.exporter.file.FileExporterConfig.Format;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.otlp.OtlpJson;
import dev.weir.pdata.otlp.OtlpProtobuf;
import dev.weir.transport.compression.ByteSlice;
import dev.weir.transport.compression.Compression;
import java.util.Arrays;

/**
 * How a batch looks in the file: a line of JSON, or, for protobuf and for anything packed, its
 * length in four bytes (big endian) and then the bytes.
 *
 * @param format the encoding
 * @param compress whether zstd packs it
 */
record MessageFormat(Format format, boolean compress) {
  private static final int LENGTH = 4;

  byte[] encode(Telemetry<?> batch) {
    boolean json = format == Format.JSON;
    byte[] message = json ? OtlpJson.encode(batch) : OtlpProtobuf.encode(batch);
    if (compress) {
      ByteSlice packed =
          Compression.ZSTD.compress(message, 0, message.length, Compression.DEFAULT_LEVEL);
      return framed(packed);
    }
    if (json) {
      byte[] line = Arrays.copyOf(message, message.length + 1);
      line[message.length] = '\n';
      return line;
    }
    return framed(ByteSlice.of(message));
  }

  private static byte[] framed(ByteSlice message) {
    int length = message.length();
    byte[] framed = new byte[LENGTH + length];
    framed[0] = (byte) (length >>> 24);
    framed[1] = (byte) (length >>> 16);
    framed[2] = (byte) (length >>> 8);
    framed[3] = (byte) length;
    System.arraycopy(message.array(), message.offset(), framed, LENGTH, length);
    return framed;
  }
}
