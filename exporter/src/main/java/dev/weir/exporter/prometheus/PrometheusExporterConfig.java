package dev.weir.exporter.prometheus;

import dev.weir.pipeline.config.Schema;
import dev.weir.pipeline.exposition.Endpoint;
import dev.weir.pipeline.exposition.NameTranslation;
import dev.weir.pipeline.exposition.TranslationStrategy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The keys of exporter {@code prometheus}, as the Collector names them (collector.md 2.8); {@code
 * max_series}, {@code max_concurrent_scrapes} and {@code created_samples} are our own.
 *
 * @param endpoint where the page is served, {@code host:port}
 * @param namespace put before each metric name
 * @param constLabels labels of every series
 * @param sendTimestamps whether samples carry the time of their point
 * @param metricExpiration how long a series is shown without a new point
 * @param enableOpenMetrics whether who asks for OpenMetrics gets it
 * @param withoutScopeInfo whether the {@code otel_scope_*} labels are left out
 * @param addMetricSuffixes whether unit and type become suffixes, if no strategy is given
 * @param translationStrategy a {@link TranslationStrategy}, or empty
 * @param resourceToTelemetry whether resource attributes become labels
 * @param maxSeries how many series are kept
 * @param maxConcurrentScrapes how many pages are written at once
 * @param createdSamples whether OpenMetrics pages have {@code _created} samples
 * @param keepAlivesEnabled whether a connection may serve several scrapes
 * @param readHeaderTimeout how long a request may take to arrive, 0 for no limit
 * @param writeTimeout how long an answer may take to be sent, 0 for no limit
 * @param idleTimeout accepted; the server's own limit of 30 seconds holds
 * @param transport {@code tcp}
 * @param tls not to be had yet
 * @param cors not to be had
 * @param sendingQueue accepted; storing a batch neither waits nor fails, so nothing is queued
 */
public record PrometheusExporterConfig(
    String endpoint,
    String namespace,
    Map<String, String> constLabels,
    boolean sendTimestamps,
    Duration metricExpiration,
    boolean enableOpenMetrics,
    boolean withoutScopeInfo,
    boolean addMetricSuffixes,
    String translationStrategy,
    ResourceToTelemetry resourceToTelemetry,
    long maxSeries,
    long maxConcurrentScrapes,
    boolean createdSamples,
    boolean keepAlivesEnabled,
    Duration readHeaderTimeout,
    Duration writeTimeout,
    Duration idleTimeout,
    String transport,
    @Nullable Tls tls,
    @Nullable Cors cors,
    @Nullable SendingQueue sendingQueue) {

  /** What a timeout of 0 becomes: nothing may hold a connection for good. */
  private static final Duration NO_LIMIT = Duration.ofHours(1);

  /**
   * The section {@code resource_to_telemetry_conversion}.
   *
   * @param enabled whether resource attributes become labels
   * @param excludeServiceAttributes whether {@code service.name}, {@code service.namespace} and
   *     {@code service.instance.id} do not: they are in {@code job} and {@code instance}
   */
  public record ResourceToTelemetry(boolean enabled, boolean excludeServiceAttributes) {
    static final Schema<ResourceToTelemetry> SCHEMA =
        Schema.define(
            fields -> {
              var enabled =
                  fields.flag(
                      "enabled", false, "Resource attributes become labels of every series.");
              var exclude =
                  fields.flag(
                      "exclude_service_attributes",
                      false,
                      "Leaves out service.name, service.namespace and service.instance.id, which"
                          + " are in job and instance.");
              return values -> new ResourceToTelemetry(values.get(enabled), values.get(exclude));
            });
  }

  /** The section {@code tls}, which is refused as soon as it is there. */
  public record Tls(String certFile, String keyFile, String caFile, String clientCaFile) {
    static final Schema<Tls> SCHEMA =
        Schema.define(
            fields -> {
              var cert = fields.text("cert_file", "", "Certificate of the server.");
              var key = fields.text("key_file", "", "Key of the server.");
              var ca = fields.text("ca_file", "", "Authorities to trust.");
              var clientCa = fields.text("client_ca_file", "", "Authorities of clients.");
              return values ->
                  new Tls(values.get(cert), values.get(key), values.get(ca), values.get(clientCa));
            });
  }

  /** The section {@code cors}, which is refused as soon as it allows something. */
  public record Cors(List<String> allowedOrigins, List<String> allowedHeaders, long maxAge) {
    static final Schema<Cors> SCHEMA =
        Schema.define(
            fields -> {
              var origins = fields.texts("allowed_origins", List.of(), "Origins that may read.");
              var headers = fields.texts("allowed_headers", List.of(), "Headers they may send.");
              var maxAge = fields.whole("max_age", 0, "Seconds that a browser may remember.");
              return values ->
                  new Cors(values.get(origins), values.get(headers), values.get(maxAge));
            });
  }

  /** The section {@code sending_queue}, which has no effect here. */
  public record SendingQueue(
      boolean enabled, long numConsumers, long queueSize, String sizer, boolean blockOnOverflow) {
    static final Schema<SendingQueue> SCHEMA =
        Schema.define(
            fields -> {
              var enabled = fields.flag("enabled", true, "No effect.");
              var consumers = fields.whole("num_consumers", 10, "No effect.");
              var size = fields.whole("queue_size", 1000, "No effect.");
              var sizer = fields.text("sizer", "requests", "No effect.");
              var block = fields.flag("block_on_overflow", false, "No effect.");
              return values ->
                  new SendingQueue(
                      values.get(enabled),
                      values.get(consumers),
                      values.get(size),
                      values.get(sizer),
                      values.get(block));
            });
  }

  /** Declares the keys. */
  static final Schema<PrometheusExporterConfig> SCHEMA =
      Schema.define(
          fields -> {
            var endpoint =
                fields
                    .text("endpoint", "", "Where the page is served: `host:port`, path `/metrics`.")
                    .required();
            var namespace =
                fields.text("namespace", "", "Put before each metric name, with an underscore.");
            var constLabels = fields.textMap("const_labels", "Labels of every series.");
            var sendTimestamps =
                fields.flag(
                    "send_timestamps",
                    false,
                    "Samples carry the time of their point, not that of the scrape.");
            var expiration =
                fields
                    .duration(
                        "metric_expiration",
                        Duration.ofMinutes(5),
                        "How long a series is shown without a new point.")
                    .check(d -> d.isPositive(), "must be positive");
            var openMetrics =
                fields.flag(
                    "enable_open_metrics",
                    false,
                    "Who asks for OpenMetrics gets it, with exemplars; otherwise all get the text"
                        + " format.");
            var withoutScope =
                fields.flag(
                    "without_scope_info",
                    false,
                    "Leaves out the labels otel_scope_name, otel_scope_version,"
                        + " otel_scope_schema_url and otel_scope_(attribute).");
            var suffixes =
                fields
                    .flag(
                        "add_metric_suffixes",
                        true,
                        "Unit and type become suffixes of a metric's name. Does not count if"
                            + " `translation_strategy` is set.")
                    .deprecated("use translation_strategy instead");
            var strategy =
                fields
                    .text(
                        "translation_strategy",
                        "",
                        "`UnderscoreEscapingWithSuffixes` (the same as empty),"
                            + " `UnderscoreEscapingWithoutSuffixes`, `NoUTF8EscapingWithSuffixes`"
                            + " or `NoTranslation`.")
                    .check(
                        s -> s.isEmpty() || TranslationStrategy.named(s).isPresent(),
                        "must be UnderscoreEscapingWithSuffixes, UnderscoreEscapingWithoutSuffixes,"
                            + " NoUTF8EscapingWithSuffixes or NoTranslation");
            var resource =
                fields.section(
                    "resource_to_telemetry_conversion",
                    ResourceToTelemetry.SCHEMA,
                    "Resource attributes as labels.");
            var maxSeries =
                fields
                    .whole(
                        "max_series",
                        500_000,
                        "How many series are kept; points of further ones are dropped and counted.")
                    .check(n -> n > 0 && n <= 100_000_000, "must be between 1 and 100000000");
            var maxScrapes =
                fields
                    .whole(
                        "max_concurrent_scrapes",
                        8,
                        "How many pages are written at once; who comes on top gets status 503.")
                    .check(n -> n > 0 && n <= 1000, "must be between 1 and 1000");
            var created =
                fields.flag(
                    "created_samples",
                    false,
                    "OpenMetrics pages say with `_created` samples when each counter, histogram"
                        + " and summary began.");
            var keepAlives =
                fields.flag("keep_alives_enabled", true, "A connection may serve several scrapes.");
            var readHeader =
                fields
                    .duration(
                        "read_header_timeout",
                        Duration.ofMinutes(1),
                        "How long a request may take to arrive; 0 is an hour.")
                    .check(d -> !d.isNegative(), "must not be negative");
            var write =
                fields
                    .duration(
                        "write_timeout",
                        Duration.ofSeconds(30),
                        "How long an answer may take to be sent; 0 is an hour.")
                    .check(d -> !d.isNegative(), "must not be negative");
            var idle =
                fields.duration(
                    "idle_timeout",
                    Duration.ofMinutes(1),
                    "Accepted; an idle connection is closed after 30s.");
            var transport =
                fields
                    .text("transport", "tcp", "`tcp`; nothing else is there.")
                    .check(t -> t.equals("tcp"), "must be tcp: other transports are not there");
            var tls =
                fields.optionalSection(
                    "tls",
                    Tls.SCHEMA,
                    "Not there yet: an error, so that nobody serves in clear" + " by mistake.");
            var cors =
                fields.optionalSection(
                    "cors", Cors.SCHEMA, "Not there: an error if it allows an origin.");
            var queue =
                fields.optionalSection(
                    "sending_queue",
                    SendingQueue.SCHEMA,
                    "Accepted, without effect: storing a batch neither waits nor fails.");
            fields.rule(PrometheusExporterConfig::errors);
            return values ->
                new PrometheusExporterConfig(
                    values.get(endpoint),
                    values.get(namespace),
                    values.get(constLabels),
                    values.get(sendTimestamps),
                    values.get(expiration),
                    values.get(openMetrics),
                    values.get(withoutScope),
                    values.get(suffixes),
                    values.get(strategy),
                    values.get(resource),
                    values.get(maxSeries),
                    values.get(maxScrapes),
                    values.get(created),
                    values.get(keepAlives),
                    values.get(readHeader),
                    values.get(write),
                    values.get(idle),
                    values.get(transport),
                    values.get(tls),
                    values.get(cors),
                    values.get(queue));
          });

  /** Copies the labels. */
  public PrometheusExporterConfig {
    constLabels = Map.copyOf(constLabels);
  }

  private List<String> errors() {
    List<String> errors = new ArrayList<>();
    if (!endpoint.isEmpty()) {
      try {
        Endpoint.parse(endpoint);
      } catch (IllegalArgumentException e) {
        errors.add("endpoint: " + e.getMessage());
      }
    }
    if (tls != null) {
      errors.add(
          "tls: this exporter cannot serve TLS yet; leave the section out and bind to localhost,"
              + " or put a proxy that does TLS in front");
    }
    if (cors != null && !cors.allowedOrigins().isEmpty()) {
      errors.add("cors: this exporter does not answer browsers of other origins");
    }
    for (String name : constLabels.keySet()) {
      try {
        translation().labelName(name);
      } catch (IllegalArgumentException e) {
        errors.add("const_labels: " + e.getMessage());
      }
    }
    return errors;
  }

  /** Returns how names are made. */
  NameTranslation translation() {
    TranslationStrategy strategy =
        TranslationStrategy.named(translationStrategy)
            .orElse(
                addMetricSuffixes
                    ? TranslationStrategy.UNDERSCORE_ESCAPING_WITH_SUFFIXES
                    : TranslationStrategy.UNDERSCORE_ESCAPING_WITHOUT_SUFFIXES);
    return NameTranslation.of(strategy, namespace);
  }

  /** Returns how long one request may take. */
  Duration deadline() {
    return readHeaderTimeout.isZero() || writeTimeout.isZero()
        ? NO_LIMIT
        : readHeaderTimeout.plus(writeTimeout);
  }
}
