package dev.weir.transport.compression;

/** RFC 1950. What follows the stream is ignored, as Go does. */
final class ZlibCodec implements Codec {
  @Override
  public ByteSlice compress(byte[] bytes, int offset, int length, int level) {
    return Deflation.deflate(bytes, offset, length, level, false, 0, 0);
  }

  @Override
  public ByteSlice decompress(byte[] bytes, int offset, int length, long limit)
      throws CompressionException {
    Deflation.Output out = new Deflation.Output(4L * length, limit);
    out.inflate(bytes, offset, length, false);
    return out.slice();
  }
}
