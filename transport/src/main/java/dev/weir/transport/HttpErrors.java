package dev.weir.transport;

/** Words the answers to requests that a server refuses before any handler sees them whole. */
@FunctionalInterface
public interface HttpErrors {
  /**
   * Returns the answer: a body that cannot be unpacked (400), a server that is full (503). Must not
   * block.
   *
   * @param status the HTTP status; the one of the answer may differ
   * @param message for a person
   */
  HttpAnswer answer(HttpHead head, int status, String message);
}
