package dev.weir.pipeline.telemetry;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Key;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Text;
import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.exposition.Endpoint;
import dev.weir.pipeline.exposition.ExpositionServer;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.sdk.metrics.Aggregation;
import io.opentelemetry.sdk.metrics.InstrumentSelector;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.SdkMeterProviderBuilder;
import io.opentelemetry.sdk.metrics.View;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's telemetry about itself, as configured: logs through its own SLF4J backend, metrics
 * through the OpenTelemetry SDK. Thread safe.
 */
public final class AgentTelemetry implements OwnTelemetry {
  private static final String SCOPE = "dev.weir.pipeline.telemetry";

  /** What only level detailed shows (observed/own-metrics.md). */
  private static final List<String> DETAILED =
      List.of(
          "otelcol_exporter_enqueue_size",
          "otelcol_exporter_enqueue_size_bytes",
          "otelcol_exporter_queue_batch_send_size",
          "otelcol_exporter_queue_batch_send_size_bytes",
          "otelcol_processor_batch_batch_send_size_bytes",
          "otelcol_processor_internal_duration",
          "http.*",
          "rpc.*");

  /** What level basic leaves out besides. */
  private static final List<String> NORMAL = List.of("otelcol_processor_batch_*");

  private final Map<String, String> attributes;
  private final LogSink sink;
  private final LogRouter router;
  private final @Nullable LibraryLoggers libraries;
  private final LogSink earlier;
  private final @Nullable LogExport logExport;
  private final @Nullable SdkMeterProvider provider;
  private final List<ExpositionServer> servers;
  private final boolean detailed;

  private AgentTelemetry(
      Map<String, String> attributes,
      LogSink sink,
      @Nullable LogExport logExport,
      @Nullable SdkMeterProvider provider,
      List<ExpositionServer> servers,
      boolean detailed) {
    this.attributes = attributes;
    this.sink = sink;
    this.router = new LogRouter(sink);
    this.logExport = logExport;
    this.provider = provider;
    this.servers = List.copyOf(servers);
    this.detailed = detailed;
    if (LoggerFactory.getILoggerFactory() instanceof LibraryLoggers ours) {
      libraries = ours;
      earlier = ours.router().sink();
      ours.router().sink(sink);
    } else {
      libraries = null; // an embedder has its own logging: libraries stay with that
      earlier = sink;
    }
  }

  /**
   * Opens log outputs and ports.
   *
   * @throws StartException if one cannot be opened; the message is for the user
   */
  public static AgentTelemetry start(BuildInfo build, TelemetryConfig config, InstantSource clock)
      throws StartException {
    return start(build, config, clock, System.getenv(), Path.of("/"));
  }

  static AgentTelemetry start(
      BuildInfo build,
      TelemetryConfig config,
      InstantSource clock,
      Map<String, String> environment,
      Path root)
      throws StartException {
    Map<String, String> attributes =
        AgentResource.detect(build, config.resource(), environment, root);
    LogSink sink;
    try {
      sink =
          LogSink.open(config.logs(), AgentResource.forLogs(attributes, config.resource()), clock);
    } catch (IOException e) {
      throw new StartException(
          "failed to create logger: " + e.getMessage() + " (service::telemetry::logs)", e);
    }
    MetricsConfig.Level level = config.metrics().level();
    if (level == MetricsConfig.Level.NONE) {
      LogExport export;
      try {
        export = exportLogs(config.logs(), build, attributes, sink, MeterProvider.noop());
      } catch (StartException e) {
        close(sink);
        throw e;
      }
      AgentTelemetry telemetry =
          new AgentTelemetry(attributes, sink, export, null, List.of(), false);
      telemetry.logger("telemetry", Map.of()).info("Internal metrics telemetry disabled");
      return telemetry;
    }
    List<ExpositionServer> servers = new ArrayList<>();
    SdkMeterProvider provider = null;
    LogExport export;
    try {
      provider = provider(build, config.metrics(), attributes, sink, servers);
      export = exportLogs(config.logs(), build, attributes, sink, provider);
    } catch (StartException e) {
      if (provider != null) {
        provider.close();
      }
      servers.forEach(ExpositionServer::close);
      close(sink);
      throw e;
    }
    AgentTelemetry telemetry =
        new AgentTelemetry(
            attributes, sink, export, provider, servers, level == MetricsConfig.Level.DETAILED);
    Meter meter = telemetry.meter(SCOPE);
    ProcessMetrics.register(meter, System.nanoTime());
    telemetry.registerLogMetrics(meter);
    return telemetry;
  }

  private static @Nullable LogExport exportLogs(
      LogsConfig config,
      BuildInfo build,
      Map<String, String> attributes,
      LogSink sink,
      MeterProvider meters)
      throws StartException {
    if (config.processors().isEmpty()) {
      return null;
    }
    LogExport export = LogExport.open(config, build, sdkResource(attributes), meters);
    sink.exportTo(export);
    return export;
  }

  private static SdkMeterProvider provider(
      BuildInfo build,
      MetricsConfig config,
      Map<String, String> attributes,
      LogSink sink,
      List<ExpositionServer> servers)
      throws StartException {
    SdkMeterProviderBuilder builder =
        SdkMeterProvider.builder().setResource(sdkResource(attributes));
    addViews(config.level(), builder);
    config.views().forEach(view -> view.addTo(builder));
    for (MetricsConfig.Reader reader : config.readers()) {
      MetricsConfig.Pull pull = reader.pull();
      if (pull != null && pull.exporter().prometheus() != null) {
        PullReader pullReader = new PullReader();
        builder.registerMetricReader(pullReader);
        servers.add(
            serve(
                pull.exporter().prometheus(),
                attributes,
                pullReader,
                new WeirLogger("telemetry", Map.of(), new LogRouter(sink))));
      }
      MetricsConfig.Periodic periodic = reader.periodic();
      if (periodic != null) {
        builder.registerMetricReader(PushReaders.of(periodic, build, attributes));
      }
    }
    return builder.build();
  }

  private static ExpositionServer serve(
      MetricsConfig.Prometheus config,
      Map<String, String> attributes,
      PullReader reader,
      Logger logger)
      throws StartException {
    OwnPage page = new OwnPage(config, attributes);
    AtomicReference<@Nullable ExpositionServer> self = new AtomicReference<>();
    try {
      ExpositionServer server =
          ExpositionServer.start(
              ExpositionServer.Settings.at(new Endpoint(config.host(), (int) config.port())),
              writer ->
                  page.write(
                      reader.read(),
                      () -> {
                        ExpositionServer running = self.get();
                        return running == null ? 0 : running.failed();
                      },
                      writer),
              logger);
      self.set(server);
      return server;
    } catch (StartException e) {
      throw new StartException(
          "failed to create meter provider: " + e.getMessage() + " (service::telemetry::metrics)",
          e);
    }
  }

  private static void addViews(MetricsConfig.Level level, SdkMeterProviderBuilder builder) {
    if (level == MetricsConfig.Level.DETAILED) {
      return;
    }
    View drop = View.builder().setAggregation(Aggregation.drop()).build();
    List<String> dropped = new ArrayList<>(DETAILED);
    if (level == MetricsConfig.Level.BASIC) {
      dropped.addAll(NORMAL);
    }
    for (String name : dropped) {
      builder.registerView(InstrumentSelector.builder().setName(name).build(), drop);
    }
    builder.registerView(
        InstrumentSelector.builder().setName("otelcol_exporter_send_failed_*").build(),
        View.builder()
            .setAttributeFilter(key -> !key.equals("error.type") && !key.equals("error.permanent"))
            .build());
  }

  private static io.opentelemetry.sdk.resources.Resource sdkResource(
      Map<String, String> attributes) {
    var made = io.opentelemetry.api.common.Attributes.builder();
    attributes.forEach(made::put);
    return io.opentelemetry.sdk.resources.Resource.create(made.build());
  }

  private void registerLogMetrics(Meter meter) {
    meter
        .counterBuilder("weir_log_sampled_out_lines")
        .setDescription("Lines of the own log that sampling left out.")
        .setUnit("{line}")
        .buildWithCallback(m -> m.record(sink.sampledOut()));
    meter
        .counterBuilder("weir_log_failed_writes")
        .setDescription("Writes of the own log to an output that failed.")
        .setUnit("{write}")
        .buildWithCallback(m -> m.record(sink.failed()));
  }

  @Override
  public Logger logger(String name, Map<String, String> fields) {
    return new WeirLogger(name, Map.copyOf(fields).isEmpty() ? Map.of() : fields, router);
  }

  @Override
  public Meter meter(String scope) {
    return provider == null ? MeterProvider.noop().get(scope) : provider.get(scope);
  }

  @Override
  public Resource resource() {
    Attributes.Builder made = Attributes.builder();
    attributes.forEach((name, value) -> made.put(Key.of(name), Text.of(value)));
    return Resource.of(made.build());
  }

  @Override
  public boolean detailed() {
    return detailed;
  }

  /** Returns where the pages for Prometheus are, in the order of the config. */
  public List<InetSocketAddress> addresses() {
    return servers.stream().map(ExpositionServer::address).toList();
  }

  /** Changes the level of the log while the agent runs. */
  public void logLevel(LogsConfig.Level level) {
    sink.level(level);
  }

  /** Ends it; a second call does nothing more. */
  @Override
  public void stop(Duration grace) {
    if (logExport != null) { // before the metrics, which tell what of it was dropped
      logExport.stop(grace);
    }
    if (provider != null) {
      provider.shutdown().join(grace.toNanos(), TimeUnit.NANOSECONDS);
    }
    for (ExpositionServer server : servers) {
      server.stop(grace.compareTo(Duration.ofSeconds(1)) < 0 ? grace : Duration.ofSeconds(1));
    }
    if (libraries != null) {
      libraries.router().restore(sink, earlier);
    }
    close(sink);
  }

  private static void close(LogSink sink) {
    try {
      sink.close();
    } catch (IOException e) {
      // Nothing is left to log to; the data was written before.
    }
  }
}
