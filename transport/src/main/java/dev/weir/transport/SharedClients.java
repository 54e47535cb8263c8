package dev.weir.transport;

import dev.weir.transport.tls.TlsException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * The clients of running exporters: the up to three instances of one exporter, one a signal, share
 * one, with its connections, thread and buffers. Thread safe.
 *
 * @param <K> what has a client of its own: the ID of an exporter and its config
 * @param <C> the client
 */
public final class SharedClients<K, C extends SharedClients.Client> {
  /** Something that is closed when nobody needs it any more. */
  public interface Client {
    /** Closes connections, and waits for that at most this long. */
    void close(Duration atMost);
  }

  /** Makes a client. */
  @FunctionalInterface
  public interface Opener<C> {
    /** Makes it. */
    C open() throws TlsException;
  }

  private static final class Shared<C> {
    private final C client;
    private int users;

    Shared(C client) {
      this.client = client;
    }
  }

  private final Map<K, Shared<C>> running = new HashMap<>();

  /** Makes an empty set. */
  public SharedClients() {}

  /** Returns the client of {@code owner}, opened if it is the first to ask. */
  public synchronized C open(K owner, Opener<C> opener) throws TlsException {
    Shared<C> shared = running.get(owner);
    if (shared == null) {
      shared = new Shared<>(opener.open());
      running.put(owner, shared);
    }
    shared.users++;
    return shared.client;
  }

  /** Gives a client back; the last to do so closes it. */
  public void close(K owner, Duration grace) {
    C last = null;
    synchronized (this) {
      Shared<C> shared = running.get(owner);
      if (shared != null && --shared.users == 0) {
        running.remove(owner);
        last = shared.client;
      }
    }
    if (last != null) {
      last.close(grace);
    }
  }
}
