package dev.weir.pipeline.telemetry;

import dev.weir.pipeline.config.Schema;
import java.util.Map;

/**
 * {@code service::telemetry}: what the agent tells about itself.
 *
 * @param logs its log
 * @param metrics its metrics
 * @param traces its traces, of which there are none
 * @param resource who it is: attributes on top of those that are found out; an empty value takes
 *     one away
 */
public record TelemetryConfig(
    LogsConfig logs, MetricsConfig metrics, TracesConfig traces, Map<String, String> resource) {

  /**
   * The agent makes no traces of itself; the key is known so that a Collector's file works.
   *
   * @param level as for metrics, without effect
   */
  public record TracesConfig(MetricsConfig.Level level) {
    static final Schema<TracesConfig> SCHEMA =
        Schema.define(
            fields -> {
              var level =
                  fields.choice(
                      "level",
                      MetricsConfig.Level.class,
                      MetricsConfig.Level.NONE,
                      "Without effect.");
              return values -> new TracesConfig(values.get(level));
            });
  }

  /** The keys. */
  public static final Schema<TelemetryConfig> SCHEMA =
      Schema.define(
          fields -> {
            var logs = fields.section("logs", LogsConfig.SCHEMA, "The agent's own log.");
            var metrics =
                fields.section("metrics", MetricsConfig.SCHEMA, "The agent's own metrics.");
            var traces =
                fields.section(
                    "traces",
                    TracesConfig.SCHEMA,
                    "The agent makes no traces of itself; known so that a Collector's file works.");
            var resource =
                fields.textMap(
                    "resource",
                    "Attributes of the agent itself, on top of service.name, service.version,"
                        + " service.instance.id, host.name, host.id and k8s.node.name; an empty value"
                        + " takes one away.");
            return values ->
                new TelemetryConfig(
                    values.get(logs),
                    values.get(metrics),
                    values.get(traces),
                    values.get(resource));
          });

  /** Copies the map. */
  public TelemetryConfig {
    resource = Map.copyOf(resource);
  }
}
