package dev.weir.pipeline.sending;

import dev.weir.pdata.Item;
import org.jspecify.annotations.Nullable;

/** One lens of the stack. Thread safe. */
@FunctionalInterface
interface Sender<T extends Item> {

  /**
   * Sends a request and waits for the end of it. An interrupt comes back as a failure by shutdown,
   * with the thread's interrupt flag set.
   *
   * @return null if it was delivered, otherwise why not
   */
  @Nullable Failure send(Request<T> request);
}
