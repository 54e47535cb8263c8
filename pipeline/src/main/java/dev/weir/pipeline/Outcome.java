package dev.weir.pipeline;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What became of a batch. The kinds map onto the Collector's error classes: accepted is success,
 * retry a plain error, refused a permanent error, partial OTLP's partial success.
 */
public sealed interface Outcome {

  /** gRPC's status codes, which OTLP answers carry; the ordinals are gRPC's numbers. */
  enum Code {
    OK,
    CANCELLED,
    UNKNOWN,
    INVALID_ARGUMENT,
    DEADLINE_EXCEEDED,
    NOT_FOUND,
    ALREADY_EXISTS,
    PERMISSION_DENIED,
    RESOURCE_EXHAUSTED,
    FAILED_PRECONDITION,
    ABORTED,
    OUT_OF_RANGE,
    UNIMPLEMENTED,
    INTERNAL,
    UNAVAILABLE,
    DATA_LOSS,
    UNAUTHENTICATED
  }

  /** The batch was taken whole. */
  record Accepted() implements Outcome {
    private static final Accepted INSTANCE = new Accepted();
  }

  /**
   * Nothing was taken, and the same batch may succeed later.
   *
   * @param reason what happened, for a person
   * @param code the status that says so to a client, {@link Code#UNAVAILABLE} if nothing better
   * @param after how long to wait at least, or null if the consumer does not know
   */
  record Retry(String reason, Code code, @Nullable Duration after) implements Outcome {}

  /**
   * Nothing was taken, and never will be.
   *
   * @param reason what happened, for a person
   * @param code the status that says so to a client, {@link Code#INTERNAL} if nothing better
   */
  record Refused(String reason, Code code) implements Outcome {}

  /**
   * All but some items were taken; the rest never will be.
   *
   * @param rejected how many items were not taken
   * @param reason what happened, for a person
   */
  record Partial(long rejected, String reason) implements Outcome {}

  /** Returns the outcome of a batch that was taken whole. */
  static Outcome accepted() {
    return Accepted.INSTANCE;
  }

  /** Returns an outcome that says to try again, whenever. */
  static Outcome retry(String reason) {
    return new Retry(reason, Code.UNAVAILABLE, null);
  }

  /** Returns an outcome that says never to try again. */
  static Outcome refused(String reason) {
    return new Refused(reason, Code.INTERNAL);
  }

  /** Returns whether the batch was taken, whole or in part. */
  default boolean taken() {
    return this instanceof Accepted || this instanceof Partial;
  }
}
