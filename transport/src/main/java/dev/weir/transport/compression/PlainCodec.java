package dev.weir.transport.compression;

/** Leaves bytes as they are. */
final class PlainCodec implements Codec {
  @Override
  public ByteSlice compress(byte[] bytes, int offset, int length, int level) {
    return new ByteSlice(bytes, offset, length);
  }

  @Override
  public ByteSlice decompress(byte[] bytes, int offset, int length, long limit)
      throws CompressionException {
    if (length > limit) {
      throw CompressionException.tooLarge(TOO_LARGE);
    }
    return new ByteSlice(bytes, offset, length);
  }
}
