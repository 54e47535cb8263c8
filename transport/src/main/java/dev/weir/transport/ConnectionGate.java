package dev.weir.transport;

import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelFactory;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandler.Sharable;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelInboundHandlerAdapter;
import io.grpc.netty.shaded.io.netty.channel.ServerChannel;

/** Stands before a server's acceptor and closes connections that are too many. */
@Sharable
@SuppressWarnings("FutureReturnValueIgnored") // closing cannot fail
final class ConnectionGate extends ChannelInboundHandlerAdapter {
  private final Admission admission;

  ConnectionGate(Admission admission) {
    this.admission = admission;
  }

  /** Returns a factory of server channels that all have this gate. */
  ChannelFactory<ServerChannel> guard(ChannelFactory<? extends ServerChannel> channels) {
    return () -> {
      ServerChannel channel = channels.newChannel();
      channel.pipeline().addFirst(this);
      return channel;
    };
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof Channel connection) {
      if (!admission.takeConnection()) {
        connection.unsafe().closeForcibly();
        return;
      }
      connection.closeFuture().addListener(closed -> admission.releaseConnection());
    }
    context.fireChannelRead(message);
  }
}
