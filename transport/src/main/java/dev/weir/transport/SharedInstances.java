package dev.weir.transport;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * What the up to three instances of one exporter, one a signal, have in common: a client with its
 * connections, thread and buffers, or a file. It is opened by the first that starts and closed by
 * the last that stops. Thread safe.
 *
 * @param <K> who has one of its own: the ID of an exporter and its config
 * @param <C> what they share
 */
public final class SharedInstances<K, C extends SharedInstances.Instance> {
  /** Something that is closed when nobody needs it any more. */
  public interface Instance {
    /** Closes it, and waits for that at most this long. */
    void close(Duration atMost);
  }

  /** Opens one. */
  @FunctionalInterface
  public interface Opener<C, E extends Exception> {
    /** Opens it. */
    C open() throws E;
  }

  private static final class Shared<C> {
    private final C instance;
    private int users;

    Shared(C instance) {
      this.instance = instance;
    }
  }

  private final Map<K, Shared<C>> running = new HashMap<>();

  /** Makes an empty set. */
  public SharedInstances() {}

  /** Returns what {@code owner} has, opened if it is the first to ask. */
  public synchronized <E extends Exception> C open(K owner, Opener<C, E> opener) throws E {
    Shared<C> shared = running.get(owner);
    if (shared == null) {
      shared = new Shared<>(opener.open());
      running.put(owner, shared);
    }
    shared.users++;
    return shared.instance;
  }

  /** Gives it back; the last to do so closes it. */
  public void close(K owner, Duration grace) {
    C last = null;
    synchronized (this) {
      Shared<C> shared = running.get(owner);
      if (shared != null && --shared.users == 0) {
        running.remove(owner);
        last = shared.instance;
      }
    }
    if (last != null) {
      last.close(grace);
    }
  }
}
