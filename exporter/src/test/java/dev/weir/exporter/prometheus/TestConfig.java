package dev.weir.exporter.prometheus;

import java.time.Duration;
import java.util.Map;

/** A config for tests: the defaults on a free port of localhost, and what a test changes. */
final class TestConfig {
  private String endpoint = "127.0.0.1:0";
  private String namespace = "";
  private Map<String, String> constLabels = Map.of();
  private boolean sendTimestamps = false;
  private Duration metricExpiration = Duration.ofMinutes(5);
  private boolean enableOpenMetrics = false;
  private boolean withoutScopeInfo = false;
  private boolean addMetricSuffixes = true;
  private String translationStrategy = "";
  private boolean resourceLabels = false;
  private boolean excludeServiceAttributes = false;
  private long maxSeries = 500_000;
  private long maxConcurrentScrapes = 8;
  private boolean createdSamples = false;

  TestConfig endpoint(String value) {
    endpoint = value;
    return this;
  }

  TestConfig namespace(String value) {
    namespace = value;
    return this;
  }

  TestConfig constLabels(Map<String, String> value) {
    constLabels = value;
    return this;
  }

  TestConfig sendTimestamps(boolean value) {
    sendTimestamps = value;
    return this;
  }

  TestConfig metricExpiration(Duration value) {
    metricExpiration = value;
    return this;
  }

  TestConfig enableOpenMetrics(boolean value) {
    enableOpenMetrics = value;
    return this;
  }

  TestConfig withoutScopeInfo(boolean value) {
    withoutScopeInfo = value;
    return this;
  }

  TestConfig addMetricSuffixes(boolean value) {
    addMetricSuffixes = value;
    return this;
  }

  TestConfig translationStrategy(String value) {
    translationStrategy = value;
    return this;
  }

  TestConfig resourceLabels(boolean value) {
    resourceLabels = value;
    return this;
  }

  TestConfig excludeServiceAttributes(boolean value) {
    excludeServiceAttributes = value;
    return this;
  }

  TestConfig maxSeries(long value) {
    maxSeries = value;
    return this;
  }

  TestConfig maxConcurrentScrapes(long value) {
    maxConcurrentScrapes = value;
    return this;
  }

  TestConfig createdSamples(boolean value) {
    createdSamples = value;
    return this;
  }

  PrometheusExporterConfig build() {
    PrometheusExporterConfig defaults = PrometheusExporterConfig.SCHEMA.defaults();
    return new PrometheusExporterConfig(
        endpoint,
        namespace,
        constLabels,
        sendTimestamps,
        metricExpiration,
        enableOpenMetrics,
        withoutScopeInfo,
        addMetricSuffixes,
        translationStrategy,
        new PrometheusExporterConfig.ResourceToTelemetry(resourceLabels, excludeServiceAttributes),
        maxSeries,
        maxConcurrentScrapes,
        createdSamples,
        defaults.keepAlivesEnabled(),
        defaults.readHeaderTimeout(),
        defaults.writeTimeout(),
        defaults.idleTimeout(),
        defaults.transport(),
        null,
        null,
        null);
  }
}
