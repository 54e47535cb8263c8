package dev.weir.extension.healthcheck;

import dev.weir.pipeline.config.Schema;
import dev.weir.pipeline.exposition.Endpoint;
import dev.weir.transport.tls.TlsServerConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The keys of extension {@code health_check}, version 1 of the Collector's (collector.md 2.16).
 *
 * @param endpoint where it listens
 * @param path the path that is answered; one that ends in a slash answers for everything below it
 * @param responseBody what the answers say instead of the status, or null
 * @param tls encryption, or null for none
 * @param responseHeaders more headers of each answer
 */
public record HealthCheckConfig(
    Endpoint endpoint,
    String path,
    @Nullable ResponseBody responseBody,
    @Nullable TlsServerConfig tls,
    Map<String, String> responseHeaders) {
  private static final String DEFAULT_ENDPOINT = "localhost:13133";

  /** Copies the headers. */
  public HealthCheckConfig {
    responseHeaders = Map.copyOf(responseHeaders);
  }

  /**
   * What the answers say.
   *
   * @param healthy while data flows
   * @param unhealthy before and after
   */
  public record ResponseBody(String healthy, String unhealthy) {
    static final Schema<ResponseBody> SCHEMA =
        Schema.define(
            fields -> {
              var healthy = fields.text("healthy", "", "The body while data flows.");
              var unhealthy = fields.text("unhealthy", "", "The body before and after.");
              return values -> new ResponseBody(values.get(healthy), values.get(unhealthy));
            });
  }

  /** The section {@code check_collector_pipeline}, which does nothing in the Collector either. */
  private record PipelineCheck(boolean enabled, Duration interval, long threshold) {
    static final Schema<PipelineCheck> SCHEMA =
        Schema.define(
            fields -> {
              var enabled = fields.flag("enabled", false, "Without effect, as in the Collector.");
              var interval =
                  fields.duration(
                      "interval", Duration.ofMinutes(5), "Without effect, as in the Collector.");
              var threshold =
                  fields.whole(
                      "exporter_failure_threshold", 5, "Without effect, as in the Collector.");
              return values ->
                  new PipelineCheck(
                      values.get(enabled), values.get(interval), values.get(threshold));
            });
  }

  /** Declares the keys. */
  static final Schema<HealthCheckConfig> SCHEMA =
      Schema.define(
          fields -> {
            var endpoint =
                fields
                    .text(
                        "endpoint", DEFAULT_ENDPOINT, "Where it listens; port 0 takes a free one.")
                    .check(HealthCheckConfig::isEndpoint, "must be host:port");
            var path =
                fields
                    .text(
                        "path",
                        "/",
                        "The path that is answered; one that ends in `/` answers for everything"
                            + " below it.")
                    .check(p -> p.startsWith("/"), "path must start with /");
            var body =
                fields.optionalSection(
                    "response_body", ResponseBody.SCHEMA, "What the answers say instead.");
            var tls =
                fields.optionalSection("tls", TlsServerConfig.SCHEMA, "Encryption of connections.");
            var headers = fields.textMap("response_headers", "More headers of each answer.");
            fields
                .text("transport", "tcp", "How it listens: only `tcp`.")
                .check("tcp"::equals, "only tcp is supported");
            fields.duration(
                "read_header_timeout",
                Duration.ZERO,
                "Without effect: a connection that says nothing for 30 s is closed.");
            fields.duration("idle_timeout", Duration.ZERO, "Without effect, as the one before.");
            fields.duration("write_timeout", Duration.ZERO, "Without effect, as the one before.");
            fields
                .flag("use_v2", false, "Version 2 is not there.")
                .check(v2 -> !v2, "version 2 is not there, leave it out");
            fields.section(
                "check_collector_pipeline",
                PipelineCheck.SCHEMA,
                "Accepted and without effect, as in the Collector.");
            fields.rule(HealthCheckConfig::errors);
            return values ->
                new HealthCheckConfig(
                    endpoint(values.get(endpoint)),
                    values.get(path),
                    values.get(body),
                    values.get(tls),
                    values.get(headers));
          });

  private List<String> errors() {
    List<String> errors = new ArrayList<>();
    for (String name : responseHeaders.keySet()) {
      if (name.isEmpty() || !name.chars().allMatch(c -> c > ' ' && c < 127 && c != ':')) {
        errors.add("response_headers: \"" + name + "\" is no name of a header");
      }
    }
    return errors;
  }

  private static boolean isEndpoint(String text) {
    try {
      Endpoint.parse(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static Endpoint endpoint(String text) {
    return Endpoint.parse(isEndpoint(text) ? text : DEFAULT_ENDPOINT);
  }
}
