package dev.weir.pipeline.sending;

import dev.weir.pipeline.Outcome.Code;
import org.jspecify.annotations.Nullable;

/**
 * A gRPC status in the words of the Collector, which are those of Go's grpc: {@code rpc error: code
 * = Unavailable desc = no healthy upstream}.
 */
public final class StatusText {
  private static final String BEGIN = "rpc error: code = ";
  private static final String MIDDLE = " desc = ";

  private StatusText() {}

  /** Returns the text of a status. */
  public static String of(Code code, String description) {
    return BEGIN + name(code) + MIDDLE + description;
  }

  /** Returns the description in the text of a status of this code, or null if it is none. */
  static @Nullable String description(Code code, String text) {
    String begin = BEGIN + name(code) + MIDDLE;
    return text.startsWith(begin) ? text.substring(begin.length()) : null;
  }

  /** Returns the name that Go's grpc has for a code. */
  public static String name(Code code) {
    return switch (code) {
      case OK -> "OK";
      case CANCELLED -> "Canceled";
      case UNKNOWN -> "Unknown";
      case INVALID_ARGUMENT -> "InvalidArgument";
      case DEADLINE_EXCEEDED -> "DeadlineExceeded";
      case NOT_FOUND -> "NotFound";
      case ALREADY_EXISTS -> "AlreadyExists";
      case PERMISSION_DENIED -> "PermissionDenied";
      case RESOURCE_EXHAUSTED -> "ResourceExhausted";
      case FAILED_PRECONDITION -> "FailedPrecondition";
      case ABORTED -> "Aborted";
      case OUT_OF_RANGE -> "OutOfRange";
      case UNIMPLEMENTED -> "Unimplemented";
      case INTERNAL -> "Internal";
      case UNAVAILABLE -> "Unavailable";
      case DATA_LOSS -> "DataLoss";
      case UNAUTHENTICATED -> "Unauthenticated";
    };
  }
}
