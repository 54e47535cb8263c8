package dev.weir.pipeline.sending;

import dev.weir.pdata.Item;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.StartException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Holds requests between those who bring them and those who send them. Thread safe. */
interface SendingQueue<T extends Item> {

  /** A request that was handed out; it counts until {@code done} is told. */
  record Taken<T extends Item>(Request<T> request, Done done) {}

  /** Opens what it needs, before anything else is called. */
  default void start(Host host) throws StartException {}

  /** Takes a request, perhaps after some waiting; returns why not, or null. */
  @Nullable Failure offer(Request<T> request);

  /** Hands out the oldest request; waits for one; null means that there will be none. */
  @Nullable Taken<T> take() throws InterruptedException;

  /** Returns how much it holds, requests that are being sent included, by its sizer. */
  long size();

  /** Returns how much it can hold. */
  long capacity();

  /** Takes no more; what it holds is still handed out. */
  void close();

  /** Hands out nothing more, and returns what would have been lost thereby. */
  List<Request<T>> abandon();

  /** Returns whether what was not sent is still there after a restart. */
  default boolean keeps() {
    return false;
  }

  /** Closes what it opened. */
  default void stop() {}
}
