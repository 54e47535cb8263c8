package dev.weir.exporter.debug;

import dev.weir.pdata.Item;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.StartException;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;
import java.time.Duration;
import java.util.Map;

/**
 * Writes batches as text. Takes every batch whole, on the caller's thread; may be called by several
 * threads at once.
 */
final class DebugExporter<T extends Item> implements Exporter<T> {
  private static final AttributeKey<String> EXPORTER = AttributeKey.stringKey("exporter");

  private final DebugExporterConfig.Verbosity verbosity;
  private final SignalText<T> text;
  private final MessageOutput output;
  private final MessageSampler sampler;
  private final LongCounter sampledOut;
  private final Attributes self;

  DebugExporter(
      ComponentContext context,
      DebugExporterConfig.Verbosity verbosity,
      SignalText<T> text,
      MessageOutput output,
      MessageSampler sampler) {
    this.verbosity = verbosity;
    this.text = text;
    this.output = output;
    this.sampler = sampler;
    this.self = Attributes.of(EXPORTER, context.id().toString());
    this.sampledOut =
        context
            .meter()
            .counterBuilder("weir_debug_sampled_out_messages")
            .setUnit("{message}")
            .setDescription("Messages of exporter debug that its sampling kept back.")
            .build();
  }

  @Override
  public void start(Host host) throws StartException {
    output.open();
  }

  @Override
  public Outcome consume(Telemetry<T> batch) {
    String title = text.title();
    if (sampler.admits(title)) {
      Map<String, Integer> figures = text.figures(batch);
      output.summary(title, figures);
    } else {
      sampledOut.add(1, self);
    }
    if (verbosity != DebugExporterConfig.Verbosity.BASIC) {
      String body =
          verbosity == DebugExporterConfig.Verbosity.NORMAL
              ? text.normal(batch)
              : text.detailed(batch);
      if (sampler.admits(body)) {
        output.text(body);
      } else {
        sampledOut.add(1, self);
      }
    }
    return Outcome.accepted();
  }

  @Override
  public void stop(Duration grace) {
    output.close();
  }
}
