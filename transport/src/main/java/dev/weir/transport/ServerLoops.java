package dev.weir.transport;

import io.grpc.netty.shaded.io.netty.buffer.ByteBufAllocator;
import io.grpc.netty.shaded.io.netty.buffer.PooledByteBufAllocator;
import io.grpc.netty.shaded.io.netty.channel.IoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads and buffers that the servers of one component share. Event loops only move bytes;
 * what may block runs on virtual threads.
 *
 * <p>The transport is the JDK's (no native library to unpack). Buffers are pooled and off the heap:
 * the JDK copies whatever it reads into an array, and chunks of the heap that come and go with each
 * large request were four fifths of what a relay allocated (docs/performance.md). One arena a
 * thread, chunks of 1 MiB, no caches of threads. They come on top of the heap: what they hold is
 * bounded by {@link Admission} and, past that, by the JVM's limit for direct memory, which is as
 * large as that of the heap; a connection for which there is none left is closed.
 */
public final class ServerLoops implements AutoCloseable {
  private static final int PAGE = 8192;
  private static final int ORDER = 7; // chunks of 8 KiB << 7 = 1 MiB
  private static final int MAX_THREADS = 4;

  private final IoEventLoopGroup group;
  private final ByteBufAllocator buffers;

  /**
   * Makes threads, which start when they are first needed.
   *
   * @param name what threads are called
   */
  public ServerLoops(String name) {
    NettySettings.apply();
    int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, MAX_THREADS);
    AtomicInteger number = new AtomicInteger();
    ThreadFactory factory =
        task ->
            Thread.ofPlatform()
                .daemon()
                .name(name + "-io-" + number.getAndIncrement())
                .unstarted(task);
    group = new MultiThreadIoEventLoopGroup(threads, factory, NioIoHandler.newFactory());
    buffers = new PooledByteBufAllocator(true, 0, threads, PAGE, ORDER, 0, 0, false);
  }

  IoEventLoopGroup group() {
    return group;
  }

  ByteBufAllocator buffers() {
    return buffers;
  }

  /** Ends the threads; servers must have been stopped. */
  @Override
  public void close() {
    stop(Duration.ofSeconds(2));
  }

  /** Ends the threads and waits for that at most this long. */
  public void stop(Duration atMost) {
    group
        .shutdownGracefully(0, atMost.toMillis(), TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(atMost.toMillis(), TimeUnit.MILLISECONDS);
  }
}
