package dev.weir.exporter.otlphttp;

import dev.weir.pdata.Signal;
import dev.weir.pipeline.config.Schema;
import dev.weir.pipeline.sending.SendingConfig;
import dev.weir.transport.HttpClientConfig;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The keys of exporter {@code otlp_http} (collector.md 2.4).
 *
 * @param endpoint the server, to which {@code /v1/traces} and so on are appended; or empty
 * @param tracesEndpoint where traces go instead, or empty
 * @param metricsEndpoint where metrics go instead, or empty
 * @param logsEndpoint where logs go instead, or empty
 * @param encoding protobuf or JSON
 * @param client how the server is reached
 * @param sending time limit, retries, queue
 */
public record OtlpHttpExporterConfig(
    String endpoint,
    String tracesEndpoint,
    String metricsEndpoint,
    String logsEndpoint,
    Encoding encoding,
    HttpClientConfig client,
    SendingConfig sending) {

  /** How a batch becomes a body. */
  public enum Encoding {
    /** {@code application/x-protobuf}. */
    PROTO,
    /** {@code application/json}. */
    JSON
  }

  /** Half the processor time of level 6 for a tenth more bytes; figures in docs/performance.md. */
  private static final int GZIP_LEVEL = 3;

  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** Declares the keys. */
  static final Schema<OtlpHttpExporterConfig> SCHEMA =
      Schema.define(
          fields -> {
            var endpoint =
                fields.text(
                    "endpoint",
                    "",
                    "The server, such as `https://gateway:4318`: `/v1/traces`, `/v1/metrics` and"
                        + " `/v1/logs` are appended.");
            var traces = fields.text("traces_endpoint", "", "The whole URL for traces instead.");
            var metrics = fields.text("metrics_endpoint", "", "The whole URL for metrics instead.");
            var logs = fields.text("logs_endpoint", "", "The whole URL for logs instead.");
            var profiles =
                fields.text("profiles_endpoint", "", "Accepted; there are no profiles here.");
            var encoding =
                fields.choice("encoding", Encoding.class, Encoding.PROTO, "`proto` or `json`.");
            var client = HttpClientConfig.declare(fields, GZIP_LEVEL);
            var sending = SendingConfig.declare(fields, TIMEOUT);
            fields.rule(OtlpHttpExporterConfig::errors);
            return values -> {
              values.get(profiles);
              return new OtlpHttpExporterConfig(
                  values.get(endpoint),
                  values.get(traces),
                  values.get(metrics),
                  values.get(logs),
                  values.get(encoding),
                  client.apply(values),
                  sending.apply(values));
            };
          });

  private List<String> errors() {
    List<String> errors = new ArrayList<>(client.errors());
    Map<String, String> urls =
        Map.of(
            "endpoint", endpoint,
            "traces_endpoint", tracesEndpoint,
            "metrics_endpoint", metricsEndpoint,
            "logs_endpoint", logsEndpoint);
    if (urls.values().stream().allMatch(String::isEmpty)) {
      errors.add("at least one endpoint must be specified");
    }
    urls.forEach(
        (key, url) -> {
          if (!url.isEmpty() && !valid(url)) {
            errors.add(key + " must be a valid URL, such as http://localhost:4318");
          }
        });
    return errors;
  }

  private static boolean valid(String url) {
    try {
      URI uri = new URI(url);
      return uri.getHost() != null
          && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()));
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /** Returns where a signal goes, or an empty string if no endpoint is given for it. */
  String url(Signal<?> signal) {
    String own =
        signal.equals(Signal.TRACES)
            ? tracesEndpoint
            : signal.equals(Signal.METRICS) ? metricsEndpoint : logsEndpoint;
    if (!own.isEmpty() || endpoint.isEmpty()) {
      return own;
    }
    return endpoint + (endpoint.endsWith("/") ? "" : "/") + "v1/" + signal.signalName();
  }
}
