package dev.weir.pipeline.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.config.LoadResult;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MetricViewTest {
  private static final BuildInfo BUILD = new BuildInfo("weir", "1.2.3");

  private static List<String> page(String views) throws Exception {
    AgentTelemetry telemetry =
        AgentTelemetry.start(
            BUILD,
            PushReadersTest.config(
                """
                service:
                  telemetry:
                    logs: {level: error}
                    metrics:
                      level: detailed
                      readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: 0}}}}]
                      views: %s
                """
                    .formatted(views)),
            InstantSource.system());
    try {
      Meter meter = telemetry.meter("m");
      var labels =
          Attributes.of(
              AttributeKey.stringKey("server.address"), "a", AttributeKey.stringKey("path"), "b");
      meter.counterBuilder("weir_test_counter").setUnit("{x}").build().add(3, labels);
      var histogram = meter.histogramBuilder("weir_test_seconds").build();
      histogram.record(0.2, labels);
      histogram.record(7, labels);
      return AgentTelemetryTest.scrape(telemetry.addresses().getFirst())
          .lines()
          .filter(line -> line.startsWith("weir_test") || line.startsWith("renamed"))
          .toList();
    } finally {
      telemetry.stop(Duration.ofSeconds(1));
    }
  }

  @Test
  void metricsAreRenamedAndLoseAttributes() throws Exception {
    assertThat(
            page(
                "[{selector: {instrument_name: weir_test_counter}, stream: {name: renamed,"
                    + " attribute_keys: {included: ['server.*', path], excluded: ['p?th']}}}]"))
        .contains("renamed{server_address=\"a\"} 3")
        .noneMatch(line -> line.startsWith("weir_test_counter"));
  }

  @Test
  void metricsAreDroppedByNameUnitScopeAndType() throws Exception {
    for (String selector :
        List.of(
            "instrument_name: 'weir_test_c*'",
            "unit: '{x}'",
            "{meter_name: m, instrument_type: counter}")) {
      String body = selector.startsWith("{") ? selector : "{" + selector + "}";
      assertThat(page("[{selector: " + body + ", stream: {aggregation: {drop: }}}]"))
          .as(selector)
          .isNotEmpty()
          .allMatch(line -> line.startsWith("weir_test_seconds"));
    }
  }

  @Test
  void histogramsGetOtherBounds() throws Exception {
    assertThat(
            page(
                "[{selector: {instrument_name: weir_test_seconds}, stream: {attribute_keys:"
                    + " {excluded: ['*']}, aggregation: {explicit_bucket_histogram: {boundaries:"
                    + " [0.5, 1]}}}}]"))
        .contains(
            "weir_test_seconds_bucket{le=\"0.5\"} 1",
            "weir_test_seconds_bucket{le=\"1\"} 1",
            "weir_test_seconds_bucket{le=\"+Inf\"} 2");
    assertThat(
            page(
                "[{selector: {instrument_name: weir_test_seconds}, stream: {attribute_keys:"
                    + " {excluded: ['*']}, aggregation: {base2_exponential_bucket_histogram: }}}]"))
        .contains("weir_test_seconds_bucket{le=\"+Inf\"} 2", "weir_test_seconds_count 2");
    assertThat(
            page(
                "[{selector: {instrument_name: weir_test_seconds}, stream: {aggregation: {sum:"
                    + " }}}]"))
        .contains("weir_test_seconds{path=\"b\",server_address=\"a\"} 7.2");
  }

  @Test
  void viewsWantLevelDetailedAndMustMeanSomething() {
    String good = "{selector: {instrument_name: x}}";
    assertThat(refusal("{views: [" + good + "]}"))
        .contains("views can only be set when service::telemetry::metrics::level is detailed");
    assertThat(refusal("{level: detailed, views: [{}]}")).contains("which metrics are meant");
    assertThat(refusal("{level: detailed, views: [{selector: {instrument_type: meter}}]}"))
        .contains("observable_gauge");
    assertThat(
            refusal(
                "{level: detailed, views: [{selector: {unit: s}, stream: {aggregation: {sum: ,"
                    + " drop: }}}]}"))
        .contains("at most one kind of aggregation");
    assertThat(
            refusal(
                "{level: detailed, views: [{selector: {instrument_name: 'x*'}, stream: {name:"
                    + " y}}]}"))
        .contains("stream::name");
    assertThat(
            refusal(
                "{level: detailed, views: [{selector: {unit: s}, stream: {aggregation:"
                    + " {explicit_bucket_histogram: {boundaries: [2, 1]}}}}]}"))
        .contains("must rise");
  }

  private static String refusal(String metrics) {
    return switch (PushReadersTest.load("service:\n  telemetry: {metrics: " + metrics + "}\n")) {
      case LoadResult.Failed<TelemetryConfig> failed -> failed.render();
      case LoadResult.Loaded<TelemetryConfig> loaded -> "none";
    };
  }
}
