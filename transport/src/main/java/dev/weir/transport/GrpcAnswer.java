package dev.weir.transport;

import dev.weir.pipeline.Outcome.Code;
import org.jspecify.annotations.Nullable;

/** What became of one call: the answer to it, or why there is none. */
public sealed interface GrpcAnswer {

  /**
   * The server answered.
   *
   * @param message its message
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Message(byte[] message) implements GrpcAnswer {}

  /**
   * The server, or the transport on its behalf, gave a status.
   *
   * @param code which
   * @param description its text, in the words that Go's grpc has for a failed connection
   * @param details the {@code google.rpc.Status} that came with it in protobuf, or null
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Failed(Code code, String description, byte @Nullable [] details) implements GrpcAnswer {}
}
