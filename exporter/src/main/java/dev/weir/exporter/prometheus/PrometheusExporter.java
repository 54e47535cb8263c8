package dev.weir.exporter.prometheus;

import dev.weir.pdata.Metric;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.exposition.Endpoint;
import dev.weir.pipeline.exposition.ExpositionServer;
import dev.weir.pipeline.exposition.ExpositionWriter;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the last value of each series and serves them. Consuming a batch never blocks on a peer and
 * never fails: what cannot be shown is counted by reason.
 */
final class PrometheusExporter implements Exporter<Metric> {
  private static final AttributeKey<String> EXPORTER = AttributeKey.stringKey("exporter");
  private static final AttributeKey<String> REASON = AttributeKey.stringKey("reason");
  private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("outcome");
  private static final Duration SWEEP_AT_MOST = Duration.ofMinutes(1);
  private static final Duration SWEEP_AT_LEAST = Duration.ofMillis(10);
  private static final int SWEEPS_IN_EXPIRATION = 5;

  private final ComponentContext context;
  private final PrometheusExporterConfig config;
  private final SeriesStore store;
  private final List<AutoCloseable> ownMetrics = new ArrayList<>();
  private @Nullable ExpositionServer server;
  private @Nullable ScheduledExecutorService sweeper;
  private @Nullable ScheduledFuture<?> sweeps;

  PrometheusExporter(ComponentContext context, PrometheusExporterConfig config) {
    this.context = context;
    this.config = config;
    this.store = new SeriesStore(config, context.clock(), context.logger());
  }

  @Override
  public Outcome consume(Telemetry<Metric> batch) {
    store.accept(batch);
    return Outcome.accepted();
  }

  @Override
  public void start(Host host) throws StartException {
    ExpositionServer started =
        ExpositionServer.start(
            new ExpositionServer.Settings(
                Endpoint.parse(config.endpoint()),
                "/metrics",
                config.enableOpenMetrics(),
                config.keepAlivesEnabled(),
                (int) config.maxConcurrentScrapes(),
                config.deadline()),
            this::write,
            context.logger());
    server = started;
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("prometheus-expiry-" + context.id()).factory());
    long every = sweepInterval().toMillis();
    sweeps = timer.scheduleWithFixedDelay(this::sweep, every, every, TimeUnit.MILLISECONDS);
    sweeper = timer;
    register(started);
    if (config.sendingQueue() != null && config.sendingQueue().enabled()) {
      context.logger().info("sending_queue has no effect: storing a batch neither waits nor fails");
    }
    context.logger().info("serving metrics on http://{}/metrics", shown(started.address()));
  }

  /** Returns the page's URL while it is served. */
  @Override
  public String shownAt() {
    return server == null ? "" : "http://" + shown(server.address()) + "/metrics";
  }

  private static String shown(InetSocketAddress address) {
    String host = address.getAddress().getHostAddress();
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
  }

  private Duration sweepInterval() {
    Duration interval = config.metricExpiration().dividedBy(SWEEPS_IN_EXPIRATION);
    if (interval.compareTo(SWEEP_AT_MOST) > 0) {
      return SWEEP_AT_MOST;
    }
    return interval.compareTo(SWEEP_AT_LEAST) < 0 ? SWEEP_AT_LEAST : interval;
  }

  private void sweep() {
    try {
      store.expire();
    } catch (RuntimeException e) {
      context.logger().error("cannot expire series; trying again later", e);
    }
  }

  private void write(ExpositionWriter writer) throws IOException {
    store.expire();
    store.write(writer);
  }

  private void register(ExpositionServer started) {
    Meter meter = context.meter();
    String id = context.id().toString();
    Attributes exporter = Attributes.of(EXPORTER, id);
    ownMetrics.add(
        meter
            .gaugeBuilder("weir_exporter_prometheus_series")
            .setDescription("Series that are kept. [Alpha]")
            .setUnit("{series}")
            .ofLongs()
            .buildWithCallback(out -> out.record(store.series(), exporter)));
    ownMetrics.add(
        meter
            .gaugeBuilder("weir_exporter_prometheus_max_series")
            .setDescription("How many series are kept at most: max_series. [Alpha]")
            .setUnit("{series}")
            .ofLongs()
            .buildWithCallback(out -> out.record(store.maxSeries(), exporter)));
    ownMetrics.add(
        meter
            .counterBuilder("weir_exporter_prometheus_expired_series")
            .setDescription("Series that had no point for metric_expiration. [Alpha]")
            .setUnit("{series}")
            .buildWithCallback(out -> out.record(store.expired(), exporter)));
    ownMetrics.add(
        meter
            .counterBuilder("weir_exporter_prometheus_dropped_points")
            .setDescription("Data points that are not shown, by reason. [Alpha]")
            .setUnit("{datapoint}")
            .buildWithCallback(
                out -> {
                  for (DropReason reason : DropReason.values()) {
                    out.record(
                        store.drops().get(reason),
                        Attributes.of(EXPORTER, id, REASON, reason.word()));
                  }
                }));
    ownMetrics.add(
        meter
            .counterBuilder("weir_exporter_prometheus_scrapes")
            .setDescription(
                "Scrapes by outcome: served, failed (cut or broken), rejected (too many at once)."
                    + " [Alpha]")
            .setUnit("{scrape}")
            .buildWithCallback(
                out -> {
                  out.record(started.served(), Attributes.of(EXPORTER, id, OUTCOME, "served"));
                  out.record(started.failed(), Attributes.of(EXPORTER, id, OUTCOME, "failed"));
                  out.record(started.rejected(), Attributes.of(EXPORTER, id, OUTCOME, "rejected"));
                }));
  }

  @Override
  public void stop(Duration grace) {
    if (sweeps != null) {
      sweeps.cancel(true);
      sweeps = null;
    }
    if (sweeper != null) {
      sweeper.shutdownNow();
      sweeper = null;
    }
    if (server != null) {
      server.stop(grace);
      server = null;
    }
    for (AutoCloseable metric : ownMetrics) {
      try {
        metric.close();
      } catch (Exception e) {
        context.logger().debug("cannot take back an own metric", e);
      }
    }
    ownMetrics.clear();
  }

  /** Returns where the page is served; for tests that bind port 0. */
  InetSocketAddress address() {
    return Objects.requireNonNull(server).address();
  }

  /** Returns the series. */
  SeriesStore store() {
    return store;
  }
}
