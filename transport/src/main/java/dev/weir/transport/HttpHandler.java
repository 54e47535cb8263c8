package dev.weir.transport;

import dev.weir.transport.compression.ByteSlice;
import org.jspecify.annotations.Nullable;

/** Answers the requests of one path. Called by several threads at once. */
public interface HttpHandler {
  /**
   * Returns the answer to a request whose body need not be read, such as one with a wrong method,
   * or null. Called on an event loop: must not block.
   */
  @Nullable HttpAnswer refuse(HttpHead head);

  /**
   * Answers a request, on a virtual thread of its own; may block.
   *
   * @param body the body, unpacked, which is given away
   */
  HttpAnswer answer(HttpHead head, ByteSlice body);
}
