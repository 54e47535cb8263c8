package dev.weir.exporter.accesslog;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;

/** Writes to a stream that is already open and stays open: standard output. */
final class StreamSink implements Sink {
  // The JDK copies through a direct buffer of the size of the write, and keeps it for the thread.
  private static final int SLICE = 1 << 16;

  private final WritableByteChannel channel;

  StreamSink(WritableByteChannel channel) {
    this.channel = channel;
  }

  @Override
  public void open() {}

  @Override
  public int write(byte[] lines, int from, int to) throws IOException {
    return channel.write(ByteBuffer.wrap(lines, from, Math.min(SLICE, to - from)));
  }

  @Override
  public void close(Duration grace) {}
}
