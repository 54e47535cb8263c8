package dev.weir.transport;

import dev.weir.pipeline.config.Schema;
import dev.weir.transport.compression.Compression;

/**
 * The section {@code compression_params}.
 *
 * @param level how hard to try, in the format's own scale
 */
public record CompressionParams(int level) {
  private static final int LEAST = -1;
  private static final int MOST = 22;

  /**
   * Returns the schema.
   *
   * @param defaultGzipLevel what an absent level is for gzip, zlib and deflate
   */
  static Schema<CompressionParams> schema(int defaultGzipLevel) {
    return Schema.define(
        fields -> {
          var level =
              fields
                  .whole(
                      "level",
                      defaultGzipLevel,
                      "How hard gzip, zlib and deflate try: 0 (not at all) to 9, -1 for 6. The"
                          + " other formats have one level here.")
                  .check(
                      n -> n >= LEAST && n <= MOST, "must be from -1 to 9, for zstd from 1 to 22");
          return values -> new CompressionParams(Math.toIntExact(values.get(level)));
        });
  }

  /** Returns what is wrong with this level for a format. */
  static String error(Compression compression, int level) {
    boolean deflate =
        compression == Compression.GZIP
            || compression == Compression.ZLIB
            || compression == Compression.DEFLATE;
    return deflate && level > 9
        ? "unsupported parameters {Level:"
            + level
            + "} for compression type \""
            + compression.configName()
            + "\""
        : "";
  }
}
