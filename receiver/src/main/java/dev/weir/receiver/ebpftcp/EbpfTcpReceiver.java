package dev.weir.receiver.ebpftcp;

import dev.weir.bpf.ConnectionRecord;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Metric;
import dev.weir.pdata.Scope;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Receiver;
import dev.weir.pipeline.StartException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One {@code ebpf_tcp}: its rows, its collections, its two outlets. What the thread that reads may
 * touch is behind {@link SharedSource.Member}; start and stop are called by the engine.
 */
final class EbpfTcpReceiver implements Receiver, SharedSource.Member {
  private static final long LONGEST_SNAPSHOT = 2_000_000_000L;

  /**
   * A drain of the ring waits 200 ms in all for the queue of events: the ring holds as much at
   * 40,000 a second.
   */
  private static final int MOST_LOOKS = 1000;

  static final String SCOPE = "dev.weir.receiver.ebpf_tcp";

  private final ComponentContext context;
  private final EbpfTcpConfig config;
  private final SharedSource source;
  private final Scope scope;
  private final @Nullable RowTable table;
  private final @Nullable MetricBatch batch;
  private final @Nullable MetricOutlet metrics;
  private final @Nullable EventQueue queue;
  private final @Nullable EventOutlet events;
  private final long interval;
  private final long reportInterval;

  private @Nullable Host host;
  private @Nullable OwnMetrics ownMetrics;
  private boolean started;

  // Owned by the thread that reads.
  private long due = Long.MAX_VALUE;
  private boolean reportDueKnown;
  private long reportDue;
  private long reportWindowEnd;
  private boolean sampling = true;
  private int looks = MOST_LOOKS;
  private boolean reporting;

  /** What the thread that reads says of itself to the thread that scrapes. */
  private volatile Figures figures = new Figures(0, 0, 0, 0, 0, 0);

  /**
   * Figures as of the last collection.
   *
   * @param rows rows in use
   * @param overflowed records that found no room for a row
   * @param overflowConnections connections opened in the overflow row
   * @param active live connections
   * @param remainder by how much exported counters are ahead
   * @param skipped collections without a batch, because the one before was still under way
   */
  record Figures(
      long rows,
      long overflowed,
      long overflowConnections,
      long active,
      long remainder,
      long skipped) {}

  EbpfTcpReceiver(
      ComponentContext context,
      EbpfTcpConfig config,
      SharedSource source,
      Identity.Resolver metricIdentities,
      Identity.Resolver eventIdentities,
      LongSupplier monotonic) {
    this.context = context;
    this.config = config;
    this.source = source;
    this.scope = Scope.of(SCOPE, context.build().version());
    this.interval = config.collectionInterval().toNanos();
    this.reportInterval = config.reportInterval().toNanos();
    Consumer<Metric> metricConsumer = context.output(Signal.METRICS);
    if (metricConsumer == null) {
      table = null;
      batch = null;
      metrics = null;
    } else {
      table =
          new RowTable(
              config,
              metricIdentities,
              RandomGenerator.getDefault(),
              EpochTime.nanos(context.clock()),
              monotonic.getAsLong());
      batch = new MetricBatch(table, config.temporality().pdata());
      metrics =
          new MetricOutlet(
              context.id().toString(),
              metricConsumer,
              config.temporality() == EbpfTcpConfig.TemporalityChoice.DELTA,
              context.logger(),
              monotonic.getAsLong());
    }
    Consumer<LogRecord> eventConsumer = context.output(Signal.LOGS);
    if (eventConsumer == null) {
      queue = null;
      events = null;
    } else {
      Set<AttributeDefinition> attributes = EnumSet.noneOf(AttributeDefinition.class);
      for (AttributeDefinition attribute : AttributeDefinition.values()) {
        if (config.onLogs(attribute)) {
          attributes.add(attribute);
        }
      }
      queue = new EventQueue((int) config.logQueueSize());
      events =
          new EventOutlet(
              context.id().toString(),
              queue,
              new ConnectionEvents(attributes, eventIdentities),
              eventConsumer,
              context.resource(),
              scope,
              context.clock(),
              context.logger());
    }
  }

  @Override
  public void start(Host host) throws StartException {
    this.host = host;
    source.start(this, context.logger());
    started = true;
    if (metrics != null) {
      metrics.start();
    }
    if (events != null) {
      events.start();
    }
    ownMetrics = new OwnMetrics(context, this, source.speaker(this) ? source : null);
  }

  @Override
  public void stop(Duration grace) {
    if (!started) {
      return;
    }
    started = false;
    long deadline = System.nanoTime() + grace.toNanos();
    source.stop(this, grace);
    if (metrics != null) {
      metrics.finish(left(deadline));
    }
    if (events != null) {
      events.finish(left(deadline));
    }
    if (ownMetrics != null) {
      ownMetrics.close();
    }
  }

  private static Duration left(long deadline) {
    return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
  }

  // ---- for the agent's own metrics, any thread

  Figures figures() {
    return figures;
  }

  @Nullable MetricOutlet metrics() {
    return metrics;
  }

  @Nullable EventQueue queue() {
    return queue;
  }

  @Nullable EventOutlet events() {
    return events;
  }

  // ---- on the thread that reads

  @Override
  public ComponentId id() {
    return context.id();
  }

  @Override
  public EbpfTcpConfig config() {
    return config;
  }

  @Override
  public boolean wantsEvents() {
    return queue != null;
  }

  @Override
  public boolean wantsFields() {
    return table != null && config.wantsFields();
  }

  @Override
  public void begin(long now) {
    due = now + config.initialDelay().toNanos();
    if (table != null) {
      table.now(now);
    }
  }

  @Override
  public void recordOffset(long nanos) {
    if (events != null) {
      events.epochOffset(nanos);
    }
  }

  @Override
  public void now(long now) {
    if (table != null) {
      table.now(now);
    }
  }

  @Override
  public void accept(MemorySegment memory, long at) {
    if (table != null) {
      table.fold(memory, at, sampling);
    }
    if (queue != null) {
      event(queue, memory, at);
    }
  }

  private void event(EventQueue queue, MemorySegment memory, long at) {
    switch (ConnectionRecord.kind(memory, at)) {
      case ConnectionRecord.KIND_OPEN, ConnectionRecord.KIND_CLOSE, ConnectionRecord.KIND_FAIL ->
          offer(queue, memory, at);
      case ConnectionRecord.KIND_LIVE -> {
        long time = ConnectionRecord.time(memory, at);
        if (reportInterval > 0
            && reporting(time)
            && time - ConnectionRecord.start(memory, at) >= reportInterval) {
          offer(queue, memory, at);
        }
      }
      default -> {
        // A handover or a late RST is no event of the connection, nor are further fields.
      }
    }
  }

  /**
   * A ring's worth of records may be more than the queue holds, so the other thread begins while
   * this one still reads; and what it is about to make room for is waited for, for a while.
   */
  private void offer(EventQueue queue, MemorySegment memory, long at) {
    if (events != null) {
      if (queue.size() * 2 == queue.capacity()) {
        events.wake();
      } else if (looks > 0 && !queue.hasRoom()) {
        looks = events.awaitRoom(looks);
      }
    }
    queue.offer(memory, at);
  }

  @Override
  public void acceptOverflow(MemorySegment key, MemorySegment sum) {
    if (table != null) {
      table.foldOverflow(key, sum);
    }
  }

  @Override
  public void acceptTotal(MemorySegment sum) {
    if (table != null) {
      table.foldTotal(sum);
    }
  }

  @Override
  public void drained() {
    looks = MOST_LOOKS;
    if (events != null && queue != null && queue.size() > 0) {
      events.wake();
    }
  }

  @Override
  public long due() {
    return due;
  }

  @Override
  public void snapshotBegins(boolean own) {
    sampling = own;
    reporting = false;
  }

  /**
   * Returns whether a live connection of this time is reported: all those of one snapshot are, each
   * report interval. By the records' own time, so that a recording is played as it was.
   */
  private boolean reporting(long time) {
    if (!reportDueKnown) {
      reportDueKnown = true;
      reportDue = time + reportInterval;
    }
    if (time - reportDue >= 0) {
      reporting = true;
      reportWindowEnd = time + Math.min(reportInterval / 2, LONGEST_SNAPSHOT);
      reportDue = time + reportInterval;
    }
    return reporting && time - reportWindowEnd < 0;
  }

  @Override
  public void collect(long now, long epochOffset) {
    if (due - now <= 0) {
      due = due + interval;
      if (due - now <= 0) {
        due = now + interval;
      }
    }
    if (table == null || batch == null || metrics == null) {
      return;
    }
    long skipped = figures.skipped();
    if (metrics.underWay()) {
      skipped++;
    } else {
      hand(batch, metrics, now, epochOffset);
      table.expire(config.rowExpiration().toNanos(), metrics.deliveredUpTo());
    }
    publish(table, skipped);
  }

  private void hand(MetricBatch batch, MetricOutlet metrics, long now, long epochOffset) {
    List<Metric> taken = batch.take(now + epochOffset);
    if (taken.isEmpty()) {
      metrics.nothingToHand(now);
    } else {
      metrics.hand(Telemetry.of(Signal.METRICS, context.resource(), scope, taken), now);
    }
  }

  private void publish(RowTable table, long skipped) {
    figures =
        new Figures(
            table.rows(),
            table.overflowed(),
            table.overflowConnections(),
            table.active(),
            table.remainder(),
            skipped);
  }

  @Override
  public void end(long now, long epochOffset) {
    due = Long.MAX_VALUE;
    if (table != null && batch != null && metrics != null) {
      hand(batch, metrics, now, epochOffset);
      publish(table, figures.skipped());
    }
    drained();
  }

  @Override
  public void failed(Throwable cause) {
    Host reportTo = host;
    if (reportTo != null) {
      reportTo.fatal(context.id(), "the thread that reads connection records has died: " + cause);
    }
  }
}
