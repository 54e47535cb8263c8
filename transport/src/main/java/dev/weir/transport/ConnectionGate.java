package dev.weir.transport;

import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelFactory;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandler;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandler.Sharable;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelInboundHandlerAdapter;
import io.grpc.netty.shaded.io.netty.channel.ServerChannel;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Stands before a server's acceptor and closes connections that are too many; may put a handler
 * before all others of those that it lets in.
 */
@Sharable
@SuppressWarnings("FutureReturnValueIgnored") // closing cannot fail
final class ConnectionGate extends ChannelInboundHandlerAdapter {
  private final Admission admission;
  private final @Nullable Supplier<ChannelHandler> first;

  ConnectionGate(Admission admission) {
    this(admission, null);
  }

  /**
   * Makes a gate.
   *
   * @param first makes the first handler of a connection; null for none
   */
  ConnectionGate(Admission admission, @Nullable Supplier<ChannelHandler> first) {
    this.admission = admission;
    this.first = first;
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
      if (first != null) {
        connection.pipeline().addFirst(first.get());
      }
      connection.closeFuture().addListener(closed -> admission.releaseConnection());
    }
    context.fireChannelRead(message);
  }
}
