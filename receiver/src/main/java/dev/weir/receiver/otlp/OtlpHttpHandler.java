package dev.weir.receiver.otlp;

import dev.weir.pdata.otlp.OtlpFormatException;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import dev.weir.transport.HttpAnswer;
import dev.weir.transport.HttpHandler;
import dev.weir.transport.HttpHead;
import dev.weir.transport.ServerStatus;
import dev.weir.transport.compression.ByteSlice;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** OTLP over HTTP for one signal; answers as observed of the Collector. */
final class OtlpHttpHandler implements HttpHandler {
  private static final String NOT_ALLOWED = "405 method not allowed, supported: [POST]";
  private static final String UNSUPPORTED =
      "415 unsupported media type, supported: [application/json, application/x-protobuf]";

  private final Intake<?> intake;
  private final boolean withMetadata;

  OtlpHttpHandler(Intake<?> intake, boolean withMetadata) {
    this.intake = intake;
    this.withMetadata = withMetadata;
  }

  @Override
  public @Nullable HttpAnswer refuse(HttpHead head) {
    if (!head.method().equals("POST")) {
      return HttpAnswer.of(405, "text/plain", NOT_ALLOWED);
    }
    if (encoding(head) == null) {
      return HttpAnswer.of(415, "text/plain", UNSUPPORTED);
    }
    return null;
  }

  @Override
  public HttpAnswer answer(HttpHead head, ByteSlice body) {
    Encoding encoding = encoding(head);
    if (encoding == null) {
      throw new IllegalStateException("refuse() has let it pass");
    }
    Outcome outcome;
    try {
      outcome = intake.take(encoding, body, withMetadata ? head.metadata() : Map.of());
    } catch (OtlpFormatException e) {
      return failure(
          encoding, ServerStatus.of(Code.INVALID_ARGUMENT, String.valueOf(e.getMessage())));
    }
    ServerStatus status = ServerStatus.of(outcome);
    return status == null
        ? HttpAnswer.of(200, encoding.contentType(), encoding.success(intake.signal(), outcome))
        : failure(encoding, status);
  }

  /** Words what the server refuses on its own account. */
  static HttpAnswer error(HttpHead head, int status, String message) {
    Encoding known = encoding(head);
    Encoding encoding = known == null ? Encoding.JSON : known;
    return HttpAnswer.of(
        status, encoding.contentType(), encoding.failure(ServerStatus.ofHttp(status, message)));
  }

  private static HttpAnswer failure(Encoding encoding, ServerStatus status) {
    HttpAnswer answer =
        HttpAnswer.of(status.httpStatus(), encoding.contentType(), encoding.failure(status));
    String after = status.httpRetryAfter();
    return after == null ? answer : answer.with("Retry-After", after);
  }

  private static @Nullable Encoding encoding(HttpHead head) {
    return Encoding.ofContentType(head.header("Content-Type"));
  }
}
