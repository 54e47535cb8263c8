package dev.weir.transport;

import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelInboundHandlerAdapter;
import io.grpc.netty.shaded.io.netty.handler.codec.ByteToMessageDecoder;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2ConnectionHandler;

/**
 * Has a connection's HTTP/2 decoder leave what was read where it is. A read of 64 KiB nearly always
 * ends within a frame of 16 KiB, and the decoder's own way is to copy what is left of the one read
 * and all of the next into a new buffer, so every byte once more.
 *
 * <p>Small reads are still copied together: left in place, each keeps a buffer and an object, and a
 * client that sends a frame a byte at a time would have thousands of them.
 *
 * <p>Stands first in the pipeline and goes when it has found the decoder, which with TLS comes into
 * the pipeline after the handshake. For one connection.
 */
final class FramesInPlace extends ChannelInboundHandlerAdapter {
  private static final int LEAST_IN_PLACE = 8 << 10;

  static final ByteToMessageDecoder.Cumulator CUMULATOR =
      (buffers, kept, read) ->
          (read.readableBytes() < LEAST_IN_PLACE
                  ? ByteToMessageDecoder.MERGE_CUMULATOR
                  : ByteToMessageDecoder.COMPOSITE_CUMULATOR)
              .cumulate(buffers, kept, read);

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    Http2ConnectionHandler decoder = context.pipeline().get(Http2ConnectionHandler.class);
    if (decoder != null) {
      decoder.setCumulator(CUMULATOR);
      context.pipeline().remove(this);
    }
    context.fireChannelRead(message);
  }
}
