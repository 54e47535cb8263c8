package dev.weir.conformance.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.conformance.oracle.OtlpClient.Signal;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The page of the exporter prometheus says the same as the Collector's, whatever metrics come in by
 * OTLP: as parsed, for the order of families and the layout of numbers are free.
 */
@Tag("oracle")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrometheusPagesTest {
  private static final int STORIES = 120;
  private static final String OPEN_METRICS = "application/openmetrics-text;version=1.0.0";

  private static final String CONFIGURATION =
      """
      receivers:
        otlp: {protocols: {grpc: {endpoint: 'localhost:@grpc@'}}}
      exporters:
        prometheus/default: {endpoint: 'localhost:@default@'}
        prometheus/options:
          endpoint: 'localhost:@options@'
          namespace: my-ns
          const_labels: {cluster: eu-1, le2: 'a "b" \\ c'}
          send_timestamps: true
          enable_open_metrics: true
        prometheus/resource:
          endpoint: 'localhost:@resource@'
          without_scope_info: true
          resource_to_telemetry_conversion: {enabled: true}
        prometheus/nosuffix: {endpoint: 'localhost:@nosuffix@', add_metric_suffixes: false}
        prometheus/underscores: {endpoint: 'localhost:@underscores@', translation_strategy: UnderscoreEscapingWithoutSuffixes}
        prometheus/utf8: {endpoint: 'localhost:@utf8@', translation_strategy: NoUTF8EscapingWithSuffixes, enable_open_metrics: true}
        prometheus/asis: {endpoint: 'localhost:@asis@', translation_strategy: NoTranslation, namespace: ns}
      service:
        telemetry: {metrics: {level: none}}
        pipelines:
          metrics:
            receivers: [otlp]
            exporters: [prometheus/default, prometheus/options, prometheus/resource, prometheus/nosuffix, prometheus/underscores, prometheus/utf8, prometheus/asis]
      """;

  private Pair pair;

  @BeforeAll
  void start() {
    pair = Pair.start(CONFIGURATION);
    long now = Instant.now().getEpochSecond();
    long seed = Long.getLong("weir.seed", 4);
    System.out.println("seed " + seed);
    MetricStories stories = new MetricStories(seed, now - 60);
    pair.each(
        subject -> {
          try (OtlpClient client = new OtlpClient(subject.port("grpc"), 0)) {
            for (int story = 0; story < STORIES; story++) {
              for (ExportMetricsServiceRequest request : stories.tell(story)) {
                assertThat(client.grpc(Signal.METRICS, request.toByteArray()).status())
                    .isEqualTo("OK");
              }
            }
          }
          return "";
        });
  }

  @AfterAll
  void stop() {
    pair.close();
  }

  private static final Pattern FINITE_BUCKET =
      Pattern.compile("(.*)_bucket\\{.*le=(?!\\+Inf).*", Pattern.DOTALL);
  private static final Pattern EMPTY_EXEMPLAR = Pattern.compile(" # \\{} .*", Pattern.DOTALL);

  /**
   * Two things Weir does otherwise on purpose, and they are left out here: exponential histograms
   * have buckets with bounds (the Collector shows those only to who speaks protobuf), and exemplars
   * without a trace are shown.
   */
  private static Pair.Both<Set<String>> alike(Pair.Both<Set<String>> pages) {
    Set<String> withBuckets = new HashSet<>();
    for (String line : pages.collector()) {
      Matcher bucket = FINITE_BUCKET.matcher(line);
      if (bucket.matches()) {
        withBuckets.add(bucket.group(1));
      }
    }
    Set<String> weir = new TreeSet<>();
    for (String line : pages.weir()) {
      Matcher bucket = FINITE_BUCKET.matcher(line);
      if (!bucket.matches() || withBuckets.contains(bucket.group(1))) {
        weir.add(EMPTY_EXEMPLAR.matcher(line).replaceFirst(""));
      }
    }
    return new Pair.Both<>(pages.collector(), weir);
  }

  private void compare(String exporter, String accept) {
    Pair.Both<Set<String>> pages = alike(pair.each(s -> s.scrape(exporter, accept).lines()));
    assertThat(pages.collector()).hasSizeGreaterThan(1000);
    assertThat(String.join("\n", Exposition.difference(pages.collector(), pages.weir()))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"default", "options", "resource", "underscores", "utf8", "asis"})
  void thePageOfTheTextFormatSaysTheSame(String exporter) {
    compare(exporter, "");
  }

  @ParameterizedTest
  @ValueSource(strings = {"utf8", "asis"})
  void namesInQuotesAreTheSame(String exporter) {
    compare(exporter, "text/plain;version=1.0.0;escaping=allow-utf-8");
  }

  @ParameterizedTest
  @ValueSource(strings = {"options", "utf8"})
  void thePageOfOpenMetricsSaysTheSame(String exporter) {
    compare(exporter, OPEN_METRICS);
  }

  @Test
  void suffixesAreLeftOutAsConfiguredThoughTheCollectorOverhearsIt() {
    Set<String> withSuffixes = pair.collector().scrape("default", "").lines();
    assertThat(pair.collector().scrape("nosuffix", "").lines()).isEqualTo(withSuffixes);
    assertThat(pair.weir().scrape("nosuffix", "").lines())
        .isEqualTo(pair.weir().scrape("underscores", "").lines());
  }

  @Test
  void aLabelThatPrometheusKeepsForItselfCostsNoSeries() {
    pair.each(
        subject -> {
          try (OtlpClient client = new OtlpClient(subject.port("grpc"), 0)) {
            return client.grpc(Signal.METRICS, MetricStories.reservedLabel().toByteArray());
          }
        });
    assertThat(pair.collector().scrape("default", "").lines())
        .noneMatch(line -> line.startsWith("reserved{"));
    assertThat(pair.weir().scrape("default", "").lines())
        .anyMatch(line -> line.startsWith("reserved{key__mine=1,"));
  }
}
