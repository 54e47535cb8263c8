package dev.weir.transport;

import dev.weir.pdata.otlp.RpcStatus;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a server says of a request that it did not take, in gRPC's terms; HTTP answers are derived
 * from it, as in the Collector (collector.md 4).
 *
 * @param code gRPC's code, never {@link Code#OK}
 * @param message for a person
 * @param retryAfter how long the client should wait at least before it tries again, or null if the
 *     server does not say
 */
public record ServerStatus(Code code, String message, @Nullable Duration retryAfter) {

  /** Returns a status that says nothing of a retry. */
  public static ServerStatus of(Code code, String message) {
    return new ServerStatus(code, message, null);
  }

  /**
   * Returns what to say of a batch that was not taken, or null if it was, whole or in part.
   *
   * <p>The reason already says whether it is permanent, where that is said.
   */
  public static @Nullable ServerStatus of(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Accepted accepted -> null;
      case Outcome.Partial partial -> null;
      case Outcome.Retry retry ->
          new ServerStatus(
              retry.code() == Code.OK ? Code.UNAVAILABLE : retry.code(),
              retry.reason(),
              retry.after());
      case Outcome.Refused refused ->
          new ServerStatus(
              refused.code() == Code.OK ? Code.INTERNAL : refused.code(), refused.reason(), null);
    };
  }

  /** Returns the status of a request that an HTTP server refuses on its own account. */
  public static ServerStatus ofHttp(int httpStatus, String message) {
    Code code =
        switch (httpStatus) {
          case 400 -> Code.INVALID_ARGUMENT;
          case 401 -> Code.UNAUTHENTICATED;
          case 403 -> Code.PERMISSION_DENIED;
          case 404 -> Code.UNIMPLEMENTED;
          case 408 -> Code.DEADLINE_EXCEEDED;
          case 429 -> Code.RESOURCE_EXHAUSTED;
          case 502, 503, 504 -> Code.UNAVAILABLE;
          default -> Code.UNKNOWN;
        };
    return of(code, message);
  }

  /** Returns the same as {@code google.rpc.Status}, the body of HTTP answers. */
  public RpcStatus toRpc() {
    RpcStatus status = RpcStatus.of(number(), message);
    Duration after = retryAfter;
    return after == null ? status : status.withRetryAfter(after);
  }

  /** Returns gRPC's number of the code. */
  @SuppressWarnings("EnumOrdinal") // the enum's contract
  public int number() {
    return code.ordinal();
  }

  /** Returns the status of the HTTP answer that says the same. */
  public int httpStatus() {
    return switch (code) {
      case CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS -> 503;
      case RESOURCE_EXHAUSTED -> 429;
      case INVALID_ARGUMENT -> 400;
      case UNAUTHENTICATED -> 401;
      case PERMISSION_DENIED -> 403;
      case UNIMPLEMENTED -> 404;
      default -> 500;
    };
  }

  /** Returns the value of {@code Retry-After}, whole seconds rounded down, or null for none. */
  public @Nullable String httpRetryAfter() {
    Duration after = retryAfter;
    return after == null ? null : Long.toString(after.toSeconds());
  }
}
