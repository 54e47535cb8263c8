package dev.weir.transport;

import org.jspecify.annotations.Nullable;

/** What became of one request: an answer, or why there is none. */
public sealed interface HttpReply {

  /**
   * The server answered.
   *
   * @param status the status
   * @param contentType the media type without parameters, in small letters; empty if there is none
   * @param retryAfter the header, or null
   * @param body at most the first 64 KiB
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Answer(int status, String contentType, @Nullable String retryAfter, byte[] body)
      implements HttpReply {}

  /**
   * There is no answer.
   *
   * @param reason why, in the words of Go's client
   * @param timedOut whether the time limit ended it
   */
  record Failed(String reason, boolean timedOut) implements HttpReply {}
}
