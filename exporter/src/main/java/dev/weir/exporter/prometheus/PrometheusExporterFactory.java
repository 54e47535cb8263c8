package dev.weir.exporter.prometheus;

import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.Factory;

/** Makes exporters of type {@code prometheus}, for metrics. */
public final class PrometheusExporterFactory {
  private PrometheusExporterFactory() {}

  /** Returns the factory. */
  public static ExporterFactory<PrometheusExporterConfig> create() {
    return ExporterFactory.of(
            Factory.Type.of("prometheus", Factory.Stability.ALPHA, PrometheusExporterConfig.SCHEMA))
        .withMetrics(PrometheusExporter::new);
  }
}
