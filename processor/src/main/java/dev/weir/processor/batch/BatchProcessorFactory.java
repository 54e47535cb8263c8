package dev.weir.processor.batch;

import dev.weir.pdata.Signal;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.ProcessorFactory;
import dev.weir.pipeline.Time;

/** Makes processors of type {@code batch}, for all three signals. */
public final class BatchProcessorFactory {
  private BatchProcessorFactory() {}

  /** Returns the factory. */
  public static ProcessorFactory<BatchProcessorConfig> create() {
    return of(Time.SYSTEM);
  }

  static ProcessorFactory<BatchProcessorConfig> of(Time time) {
    return ProcessorFactory.of(
            Factory.Type.of("batch", Factory.Stability.BETA, BatchProcessorConfig.SCHEMA))
        .withMetrics(
            (context, config, next) ->
                new BatchProcessor<>(context, Signal.METRICS, config, next, time))
        .withLogs(
            (context, config, next) ->
                new BatchProcessor<>(context, Signal.LOGS, config, next, time))
        .withTraces(
            (context, config, next) ->
                new BatchProcessor<>(context, Signal.TRACES, config, next, time))
        .withoutItemCounts();
  }
}
