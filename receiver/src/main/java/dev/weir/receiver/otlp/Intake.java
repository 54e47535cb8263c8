package dev.weir.receiver.otlp;

import dev.weir.pdata.Item;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.otlp.OtlpFormatException;
import dev.weir.pdata.otlp.OtlpJson;
import dev.weir.pdata.otlp.OtlpLimitException;
import dev.weir.pdata.otlp.OtlpProtobuf;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import dev.weir.transport.Admission;
import dev.weir.transport.compression.ByteSlice;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Takes export requests of one signal over one transport. Thread safe.
 *
 * @param signal which signal
 * @param output the pipelines, which count
 * @param admission what the receiver may hold at once
 * @param <T> the type of item
 */
record Intake<T extends Item>(Signal<T> signal, Consumer<T> output, Admission admission) {
  private static final Duration BACK_OFF = Duration.ofSeconds(1);

  /**
   * Decodes a request and hands it to the pipelines. An empty one is accepted without bothering
   * them, as in the Collector.
   *
   * <p>Its bytes are counted by the server. A request of very many very small parts takes far more
   * than its bytes as objects, and is counted with that too, before they are built: until it is
   * answered, as its bytes are.
   *
   * @param metadata what the client said besides
   * @throws OtlpFormatException if it cannot be decoded
   */
  Outcome take(Encoding encoding, ByteSlice request, Map<String, List<String>> metadata)
      throws OtlpFormatException {
    try (Admission.Charge charge = admission.charge()) {
      Telemetry<T> batch;
      try {
        batch = decode(encoding, request, charge);
      } catch (OtlpLimitException e) {
        return charge.neverFits(request.length())
            ? new Outcome.Refused(e.getMessage() + ", always", Code.INVALID_ARGUMENT)
            : new Outcome.Retry(e.getMessage() + ", try later", Code.UNAVAILABLE, BACK_OFF);
      }
      if (batch.count() == 0) {
        return Outcome.accepted();
      }
      batch.metadata(metadata);
      return output.consume(batch);
    }
  }

  private Telemetry<T> decode(Encoding encoding, ByteSlice request, Admission.Charge charge)
      throws OtlpFormatException {
    byte[] bytes = request.array();
    return switch (encoding) {
      case PROTOBUF ->
          OtlpProtobuf.decode(signal, bytes, request.offset(), request.length(), charge::take);
      case JSON -> OtlpJson.decode(signal, bytes, request.offset(), request.length(), charge::take);
    };
  }
}
