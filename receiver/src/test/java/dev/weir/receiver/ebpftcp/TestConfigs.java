package dev.weir.receiver.ebpftcp;

import dev.weir.receiver.ebpftcp.EbpfTcpConfig.AttributeSettings;
import dev.weir.receiver.ebpftcp.EbpfTcpConfig.HistogramKind;
import dev.weir.receiver.ebpftcp.EbpfTcpConfig.MetricSettings;
import dev.weir.receiver.ebpftcp.EbpfTcpConfig.TemporalityChoice;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Configs that differ from the default in a few keys. */
final class TestConfigs {
  private EbpfTcpConfig config = EbpfTcpConfig.SCHEMA.defaults();

  static TestConfigs defaults() {
    return new TestConfigs();
  }

  EbpfTcpConfig config() {
    return config;
  }

  TestConfigs interval(Duration interval) {
    return with(interval, config.temporality(), config.metrics(), config.attributes(), null, null);
  }

  TestConfigs delta() {
    return with(null, TemporalityChoice.DELTA, config.metrics(), config.attributes(), null, null);
  }

  TestConfigs maxRows(long rows) {
    return with(null, config.temporality(), config.metrics(), config.attributes(), rows, null);
  }

  TestConfigs reportInterval(Duration interval) {
    return with(null, config.temporality(), config.metrics(), config.attributes(), null, interval);
  }

  TestConfigs record(java.nio.file.Path file) {
    return files(file.toString(), config.recordMaxSize(), "");
  }

  TestConfigs replay(java.nio.file.Path file) {
    return files("", config.recordMaxSize(), file.toString());
  }

  private TestConfigs files(String record, long recordMaxSize, String replay) {
    config =
        new EbpfTcpConfig(
            config.collectionInterval(),
            config.initialDelay(),
            config.temporality(),
            config.metrics(),
            config.attributes(),
            config.include(),
            config.exclude(),
            config.excludeSelf(),
            config.existingConnections(),
            config.ringSize(),
            config.overflowEntries(),
            config.filterEntries(),
            config.rowCapacity(),
            config.maxRows(),
            config.rowExpiration(),
            config.reportInterval(),
            config.logQueueSize(),
            config.ownerSweep(),
            record,
            recordMaxSize,
            replay,
            0);
    return this;
  }

  TestConfigs exponential(MetricDefinition metric, int maxSize) {
    Map<MetricDefinition, MetricSettings> metrics = new HashMap<>(config.metrics());
    metrics.put(
        metric, new MetricSettings(true, HistogramKind.EXPONENTIAL, metric.bounds(), maxSize));
    return with(null, config.temporality(), metrics, config.attributes(), null, null);
  }

  TestConfigs without(MetricDefinition metric) {
    Map<MetricDefinition, MetricSettings> metrics = new HashMap<>(config.metrics());
    metrics.put(metric, new MetricSettings(false, HistogramKind.EXPLICIT, metric.bounds(), 160));
    return with(null, config.temporality(), metrics, config.attributes(), null, null);
  }

  TestConfigs gauge(MetricDefinition metric) {
    Map<MetricDefinition, MetricSettings> metrics = new HashMap<>(config.metrics());
    metrics.put(metric, new MetricSettings(true, HistogramKind.EXPLICIT, metric.bounds(), 160));
    return with(null, config.temporality(), metrics, config.attributes(), null, null);
  }

  TestConfigs attribute(AttributeDefinition attribute, boolean metrics, boolean logs) {
    Map<AttributeDefinition, AttributeSettings> attributes = new HashMap<>(config.attributes());
    attributes.put(attribute, new AttributeSettings(metrics, logs));
    return with(null, config.temporality(), config.metrics(), attributes, null, null);
  }

  private TestConfigs with(
      @org.jspecify.annotations.Nullable Duration interval,
      TemporalityChoice temporality,
      Map<MetricDefinition, MetricSettings> metrics,
      Map<AttributeDefinition, AttributeSettings> attributes,
      @org.jspecify.annotations.Nullable Long maxRows,
      @org.jspecify.annotations.Nullable Duration reportInterval) {
    config =
        new EbpfTcpConfig(
            interval == null ? config.collectionInterval() : interval,
            config.initialDelay(),
            temporality,
            metrics,
            attributes,
            config.include(),
            config.exclude(),
            config.excludeSelf(),
            config.existingConnections(),
            config.ringSize(),
            config.overflowEntries(),
            config.filterEntries(),
            config.rowCapacity(),
            maxRows == null ? config.maxRows() : maxRows,
            config.rowExpiration(),
            reportInterval == null ? config.reportInterval() : reportInterval,
            config.logQueueSize(),
            config.ownerSweep(),
            config.record(),
            config.recordMaxSize(),
            config.replay(),
            config.replaySpeed());
    return this;
  }
}
