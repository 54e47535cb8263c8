package dev.weir.pipeline.telemetry;

import dev.weir.pipeline.config.Schema;
import java.util.Map;

/**
 * {@code service::telemetry}: what the agent tells about itself.
 *
 * @param logs its log
 * @param metrics its metrics
 * @param resource who it is: attributes on top of those that are found out; an empty value takes
 *     one away
 */
public record TelemetryConfig(
    LogsConfig logs, MetricsConfig metrics, Map<String, String> resource) {
  /** The keys. */
  public static final Schema<TelemetryConfig> SCHEMA =
      Schema.define(
          fields -> {
            var logs = fields.section("logs", LogsConfig.SCHEMA, "The agent's own log.");
            var metrics =
                fields.section("metrics", MetricsConfig.SCHEMA, "The agent's own metrics.");
            var resource =
                fields.textMap(
                    "resource",
                    "Attributes of the agent itself, on top of service.name, service.version,"
                        + " service.instance.id, host.name, host.id and k8s.node.name; an empty value"
                        + " takes one away.");
            return values ->
                new TelemetryConfig(values.get(logs), values.get(metrics), values.get(resource));
          });

  /** Copies the map. */
  public TelemetryConfig {
    resource = Map.copyOf(resource);
  }
}
