package dev.weir.exporter.debug;

import dev.weir.pdata.Item;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.Factory;

/** Makes exporters of type {@code debug}, for all three signals. */
public final class DebugExporterFactory {
  private DebugExporterFactory() {}

  /** Returns the factory. */
  public static ExporterFactory<DebugExporterConfig> create() {
    return ExporterFactory.of(
            Factory.Type.of("debug", Factory.Stability.ALPHA, DebugExporterConfig.SCHEMA))
        .withMetrics((context, config) -> make(context, config, new MetricsText()))
        .withLogs((context, config) -> make(context, config, new LogsText()))
        .withTraces((context, config) -> make(context, config, new TracesText()));
  }

  private static <T extends Item> Exporter<T> make(
      ComponentContext context, DebugExporterConfig config, SignalText<T> text) {
    MessageOutput output =
        config.useInternalLogger()
            ? new LoggerOutput(context.logger())
            : new StreamOutput(config.outputPaths(), System.out, System.err, context.logger());
    MessageSampler sampler =
        new MessageSampler(context.clock(), config.samplingInitial(), config.samplingThereafter());
    return new DebugExporter<>(context, config.verbosity(), text, output, sampler);
  }
}
