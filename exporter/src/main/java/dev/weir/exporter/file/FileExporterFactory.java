package dev.weir.exporter.file;

import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.Factory;
import dev.weir.transport.SharedInstances;

/** Makes exporters of type {@code file}, for all signals. */
public final class FileExporterFactory {
  private FileExporterFactory() {}

  /** Returns the factory. */
  public static ExporterFactory<FileExporterConfig> create() {
    SharedInstances<FileExporter.Owner, MessageFiles> files = new SharedInstances<>();
    return ExporterFactory.of(
            Factory.Type.of("file", Factory.Stability.ALPHA, FileExporterConfig.SCHEMA))
        .withTraces((context, config) -> new FileExporter<>(context, config, files))
        .withMetrics((context, config) -> new FileExporter<>(context, config, files))
        .withLogs((context, config) -> new FileExporter<>(context, config, files));
  }
}
