package dev.weir.exporter.accesslog;

import dev.weir.exporter.accesslog.AccessLogMetrics.Reason;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.ScopeItems;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.StartException;
import io.opentelemetry.api.metrics.ObservableLongGauge;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Makes lines of log records and puts them into the buffer. May be called by several threads at
 * once: each formats for itself, and a batch's lines may stand between another's.
 */
final class AccessLogExporter implements Exporter<LogRecord> {
  private static final int CHUNK = 1 << 16;

  private final ComponentContext context;
  private final AccessLogExporterConfig config;
  private final Sink sink;
  private final AccessLogMetrics metrics;
  private final LineBuffer buffer;

  /** A formatter nobody uses now; another is made when two threads need one at once. */
  private final AtomicReference<@Nullable LineFormat> idle = new AtomicReference<>();

  private @Nullable LineWriter writer;
  private @Nullable ObservableLongGauge gauge;

  AccessLogExporter(
      ComponentContext context,
      AccessLogExporterConfig config,
      Sink sink,
      AccessLogMetrics metrics) {
    this.context = context;
    this.config = config;
    this.sink = sink;
    this.metrics = metrics;
    this.buffer =
        new LineBuffer(
            (int) config.bufferSize(),
            config.onOverflow() == AccessLogExporterConfig.OnOverflow.BLOCK,
            config.flushInterval().toNanos());
  }

  @Override
  public boolean countsItems() {
    return true;
  }

  @Override
  public void start(Host host) throws StartException {
    sink.open();
    LineWriter started =
        new LineWriter(
            context.id().toString(),
            buffer,
            sink,
            metrics,
            context.logger(),
            wrong ->
                host.report(
                    context.id(),
                    wrong.isEmpty() ? Host.Status.OK : Host.Status.RECOVERABLE_ERROR,
                    wrong));
    started.start();
    writer = started;
    gauge = metrics.buffered(buffer::bytes);
  }

  @Override
  public Outcome consume(Telemetry<LogRecord> batch) {
    LineFormat format = idle.getAndSet(null);
    if (format == null) {
      format = new LineFormat(config);
    }
    LineBytes out = format.out();
    out.clear();
    long lost = 0;
    for (ResourceItems<LogRecord> group : batch.resources()) {
      for (ScopeItems<LogRecord> scope : group.scopes()) {
        for (LogRecord item : scope.items()) {
          int begin = out.size();
          format.line(group.resource().attributes(), item);
          if (out.size() - begin > config.bufferSize()) {
            out.truncate(begin);
            metrics.dropped(1, Reason.TOO_LONG);
            lost++;
          } else if (out.size() >= CHUNK) {
            lost += offer(out);
          }
        }
      }
    }
    lost += offer(out);
    idle.set(format);
    return lost == 0
        ? Outcome.accepted()
        : new Outcome.Partial(lost, "the access log found no room for these lines");
  }

  private int offer(LineBytes out) {
    int lost = buffer.offer(out.bytes(), out.size());
    out.clear();
    if (lost > 0) {
      metrics.dropped(lost, buffer.isClosed() ? Reason.STOPPED : Reason.BUFFER_FULL);
    }
    return lost;
  }

  @Override
  public void stop(Duration grace) {
    buffer.close();
    LineWriter started = writer;
    if (started == null) {
      return;
    }
    long deadline = System.nanoTime() + grace.toNanos();
    started.stop(grace);
    sink.close(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
    if (gauge != null) {
      gauge.close();
    }
  }
}
