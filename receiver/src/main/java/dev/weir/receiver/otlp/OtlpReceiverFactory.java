package dev.weir.receiver.otlp;

import dev.weir.pdata.Signal;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.ReceiverFactory;
import java.util.Set;

/** Makes receivers of type {@code otlp}. */
public final class OtlpReceiverFactory {
  private OtlpReceiverFactory() {}

  /** Returns the factory. */
  public static ReceiverFactory<OtlpReceiverConfig> create() {
    return new ReceiverFactory<>(
        Factory.Type.of("otlp", Factory.Stability.ALPHA, OtlpReceiverConfig.SCHEMA),
        Set.of(Signal.TRACES, Signal.METRICS, Signal.LOGS),
        OtlpReceiver::new);
  }
}
