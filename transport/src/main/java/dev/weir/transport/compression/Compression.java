package dev.weir.transport.compression;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A way to pack bytes. All methods are thread safe and keep nothing between calls.
 *
 * <p>The names are those of HTTP's {@code Content-Encoding} and of the Collector's config files.
 * gRPC has the same, but its {@code snappy} is {@link #SNAPPY_FRAMED}: use {@link #grpcNamed}.
 */
@SuppressWarnings("ImmutableEnumChecker") // codecs have no state
public enum Compression {
  /** Bytes as they are. */
  NONE("none", new PlainCodec()),
  /** RFC 1952, of one or several members. */
  GZIP("gzip", new GzipCodec()),
  /** RFC 8878, of one or several frames. */
  ZSTD("zstd", new ZstdCodec()),
  /** Snappy's block format. Unpacks the framed format too, as old Collectors sent that. */
  SNAPPY("snappy", new SnappyCodec()),
  /** Snappy's framing format. */
  SNAPPY_FRAMED("x-snappy-framed", new SnappyFramedCodec()),
  /** RFC 1950. */
  ZLIB("zlib", new ZlibCodec()),
  /** What HTTP calls deflate, which is RFC 1950 too. */
  DEFLATE("deflate", new ZlibCodec()),
  /** The LZ4 frame format. */
  LZ4("lz4", new Lz4FrameCodec());

  /** Lets the format choose how hard to try. */
  public static final int DEFAULT_LEVEL = -1;

  private final String configName;
  private final Codec codec;

  Compression(String configName, Codec codec) {
    this.configName = configName;
    this.codec = codec;
  }

  /** Returns the name in config files and in {@code Content-Encoding}. */
  public String configName() {
    return configName;
  }

  /** Returns all names, in order. */
  public static List<String> names() {
    return Arrays.stream(values()).map(Compression::configName).toList();
  }

  /**
   * Returns the compression that {@code Content-Encoding} or a config file names, in exactly that
   * case; the empty name is {@link #NONE}.
   */
  public static Optional<Compression> named(String name) {
    if (name.isEmpty()) {
      return Optional.of(NONE);
    }
    return Arrays.stream(values()).filter(each -> each.configName.equals(name)).findFirst();
  }

  /** Returns the compression that {@code grpc-encoding} names, of those that the Collector has. */
  public static Optional<Compression> grpcNamed(String name) {
    return switch (name) {
      case "identity" -> Optional.of(NONE);
      case "gzip" -> Optional.of(GZIP);
      case "zstd" -> Optional.of(ZSTD);
      case "snappy" -> Optional.of(SNAPPY_FRAMED);
      default -> Optional.empty();
    };
  }

  /**
   * Packs {@code length} bytes from {@code offset} on.
   *
   * @param level how hard to try, in the format's own scale, or {@link #DEFAULT_LEVEL}; only gzip,
   *     zlib and deflate (0 to 9) have a choice
   */
  public ByteSlice compress(byte[] bytes, int offset, int length, int level) {
    return codec.compress(bytes, offset, length, level);
  }

  /**
   * Unpacks {@code length} bytes from {@code offset} on. Memory is taken as bytes come out, or for
   * a size that the input states once that is known to be within {@code limit}.
   *
   * @param limit how many bytes may come out
   * @throws CompressionException if they are malformed, or more would come out
   */
  public ByteSlice decompress(byte[] bytes, int offset, int length, long limit)
      throws CompressionException {
    return codec.decompress(bytes, offset, length, Math.min(limit, Codec.LARGEST));
  }
}
