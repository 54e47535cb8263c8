package dev.weir.processor.memorylimiter;

import dev.weir.pdata.Item;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import dev.weir.pipeline.Processor;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;
import java.time.Duration;

/** Hands batches on, untouched, unless the memory is short. Thread safe. */
final class MemoryLimiterProcessor<T extends Item> implements Processor<T> {
  private static final AttributeKey<String> PROCESSOR = AttributeKey.stringKey("processor");
  private static final Duration LEAST_WAIT = Duration.ofSeconds(1);

  private final MemoryLimit limit;
  private final Consumer<T> next;
  private final Outcome refusal;
  private final LongCounter accepted;
  private final LongCounter refused;
  private final Attributes self;
  private boolean started;

  MemoryLimiterProcessor(
      ComponentContext context,
      Signal<T> signal,
      MemoryLimiterConfig config,
      MemoryLimit limit,
      Consumer<T> next) {
    this.limit = limit;
    this.next = next;
    Duration interval = config.checkInterval();
    // Nothing changes before the next check.
    Duration wait = interval.compareTo(LEAST_WAIT) > 0 ? interval : LEAST_WAIT;
    this.refusal = new Outcome.Retry(MemoryLimit.REFUSED, Code.UNAVAILABLE, wait);
    String words = signal.itemsName().replace('_', ' ');
    String unit =
        signal.equals(Signal.METRICS)
            ? "{datapoint}"
            : signal.equals(Signal.LOGS) ? "{record}" : "{span}";
    this.accepted =
        context
            .meter()
            .counterBuilder("otelcol_processor_memory_limiter_accepted_" + signal.itemsName())
            .setDescription(
                "Number of "
                    + words
                    + " successfully pushed into the next component in the pipeline. [Alpha]")
            .setUnit(unit)
            .build();
    this.refused =
        context
            .meter()
            .counterBuilder("otelcol_processor_memory_limiter_refused_" + signal.itemsName())
            .setDescription(
                "Number of "
                    + words
                    + " that were rejected by the next component in the pipeline. [Alpha]")
            .setUnit(unit)
            .build();
    this.self = Attributes.of(PROCESSOR, context.id().toString());
  }

  @Override
  public void start(Host host) {
    limit.start(host);
    started = true;
  }

  @Override
  public Outcome consume(Telemetry<T> batch) {
    boolean refuse = limit.mustRefuse();
    (refuse ? refused : accepted).add(batch.count(), self);
    return refuse ? refusal : next.consume(batch);
  }

  @Override
  public boolean mutates() {
    return false;
  }

  @Override
  public void stop(Duration grace) {
    if (started) {
      started = false;
      limit.stop();
    }
  }
}
