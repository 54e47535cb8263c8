package dev.weir.pipeline.telemetry;

import dev.weir.pipeline.exposition.ExpositionFormat;
import dev.weir.pipeline.exposition.ExpositionWriter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Collection;
import java.util.Map;

/** Writes own metrics to a stream, each time as a whole page for Prometheus and a blank line. */
final class ConsoleExporter implements MetricExporter {
  private final OwnPage page;
  private final OutputStream out;

  ConsoleExporter(Map<String, String> resource, OutputStream out) {
    this.page = new OwnPage(MetricsConfig.Prometheus.DEFAULT, resource);
    this.out = out;
  }

  @Override
  public synchronized CompletableResultCode export(Collection<MetricData> metrics) {
    try {
      ExpositionWriter writer = new ExpositionWriter(out, ExpositionFormat.TEXT);
      page.write(metrics, () -> 0, writer);
      writer.end();
      out.write('\n');
      out.flush();
      return CompletableResultCode.ofSuccess();
    } catch (IOException e) {
      return CompletableResultCode.ofExceptionalFailure(e);
    }
  }

  @Override
  public AggregationTemporality getAggregationTemporality(InstrumentType type) {
    return AggregationTemporality.CUMULATIVE;
  }

  @Override
  public CompletableResultCode flush() {
    return CompletableResultCode.ofSuccess();
  }

  @Override
  public CompletableResultCode shutdown() {
    return CompletableResultCode.ofSuccess();
  }
}
