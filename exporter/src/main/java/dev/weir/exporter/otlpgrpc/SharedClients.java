package dev.weir.exporter.otlpgrpc;

import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.ComponentId;
import dev.weir.transport.GrpcClient;
import dev.weir.transport.GrpcClientConfig;
import dev.weir.transport.tls.TlsException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * The clients of running exporters: the up to three instances of one exporter, one a signal, share
 * one, with its connection, thread and buffers. Thread safe.
 */
final class SharedClients {
  private record Owner(ComponentId id, GrpcClientConfig config) {}

  private static final class Shared {
    private final GrpcClient client;
    private int users;

    Shared(GrpcClient client) {
      this.client = client;
    }
  }

  private final Map<Owner, Shared> running = new HashMap<>();

  /** Returns the client of an exporter, opened if it is the first to ask. */
  synchronized GrpcClient open(ComponentContext context, GrpcClientConfig config)
      throws TlsException {
    Owner owner = new Owner(context.id(), config);
    Shared shared = running.get(owner);
    if (shared == null) {
      shared =
          new Shared(
              GrpcClient.open(
                  context.id().toString(),
                  config,
                  context.build(),
                  context.clock(),
                  context.logger()));
      running.put(owner, shared);
    }
    shared.users++;
    return shared.client;
  }

  /** Gives a client back; the last to do so closes it. */
  void close(ComponentContext context, GrpcClientConfig config, Duration grace) {
    Shared last = null;
    synchronized (this) {
      Owner owner = new Owner(context.id(), config);
      Shared shared = running.get(owner);
      if (shared != null && --shared.users == 0) {
        running.remove(owner);
        last = shared;
      }
    }
    if (last != null) {
      last.client.close(grace);
    }
  }
}
