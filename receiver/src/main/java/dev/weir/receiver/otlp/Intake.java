package dev.weir.receiver.otlp;

import dev.weir.pdata.Item;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.otlp.OtlpFormatException;
import dev.weir.pdata.otlp.OtlpJson;
import dev.weir.pdata.otlp.OtlpProtobuf;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Outcome;
import dev.weir.transport.compression.ByteSlice;
import java.util.List;
import java.util.Map;

/**
 * Takes export requests of one signal over one transport. Thread safe.
 *
 * @param signal which signal
 * @param output the pipelines, which count
 * @param <T> the type of item
 */
record Intake<T extends Item>(Signal<T> signal, Consumer<T> output) {

  /**
   * Decodes a request and hands it to the pipelines. An empty one is accepted without bothering
   * them, as in the Collector.
   *
   * @param metadata what the client said besides
   * @throws OtlpFormatException if it cannot be decoded
   */
  Outcome take(Encoding encoding, ByteSlice request, Map<String, List<String>> metadata)
      throws OtlpFormatException {
    Telemetry<T> batch =
        switch (encoding) {
          case PROTOBUF ->
              OtlpProtobuf.decode(signal, request.array(), request.offset(), request.length());
          case JSON -> OtlpJson.decode(signal, request.array(), request.offset(), request.length());
        };
    if (batch.count() == 0) {
      return Outcome.accepted();
    }
    batch.metadata(metadata);
    return output.consume(batch);
  }
}
