package dev.weir.exporter.accesslog;

import dev.weir.pdata.LogRecord;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.files.RotatedFiles;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.nio.file.Path;

/** Makes exporters of type {@code access_log}, for logs. */
public final class AccessLogExporterFactory {
  private AccessLogExporterFactory() {}

  /** Returns the factory. */
  public static ExporterFactory<AccessLogExporterConfig> create() {
    return ExporterFactory.of(
            Factory.Type.of("access_log", Factory.Stability.ALPHA, AccessLogExporterConfig.SCHEMA))
        .withLogs(AccessLogExporterFactory::make);
  }

  private static Exporter<LogRecord> make(
      ComponentContext context, AccessLogExporterConfig config) {
    AccessLogMetrics metrics = new AccessLogMetrics(context.meter(), context.id());
    Sink sink;
    if (config.path().isEmpty()) {
      // Not System.out: that swallows errors, and its channel is never closed here.
      sink = new StreamSink(new FileOutputStream(FileDescriptor.out).getChannel());
    } else {
      Path path = Path.of(config.path()).toAbsolutePath();
      RotatedFiles rotated =
          new RotatedFiles(
              path,
              config.rotation(),
              config.compression() == AccessLogExporterConfig.Compression.GZIP,
              context.clock(),
              context.logger());
      sink =
          new FileSink(
              path, config, config.rotation().maxBytes(), rotated, metrics, context.logger());
    }
    return new AccessLogExporter(context, config, sink, metrics);
  }
}
