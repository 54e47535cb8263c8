package dev.weir.exporter.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pdata.Signal;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Components;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.Receiver;
import dev.weir.pipeline.ReceiverFactory;
import dev.weir.pipeline.config.AgentConfig;
import dev.weir.pipeline.config.ConfigLoader;
import dev.weir.pipeline.config.ConfigSource;
import dev.weir.pipeline.config.LoadResult;
import dev.weir.pipeline.config.Schema;
import dev.weir.pipeline.config.SchemaTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrometheusExporterConfigTest {
  private record Nothing() {}

  private static LoadResult<Nothing> load(String body) {
    Components components =
        new Components(
            List.of(
                PrometheusExporterFactory.create(),
                new ReceiverFactory<>(
                    Factory.Type.of("nop", Factory.Stability.ALPHA, Schema.empty(new Nothing())),
                    Set.of(Signal.METRICS),
                    (context, config) -> new Receiver() {})));
    String yaml =
        """
        receivers:
          nop:
        exporters:
          prometheus:
        %s
        service:
          pipelines:
            metrics: {receivers: [nop], exporters: [prometheus]}
        """
            .formatted(body.indent(4));
    return new ConfigLoader<>(components, Schema.empty(new Nothing()), name -> null)
        .load(List.of(new ConfigSource.Text("test.yaml", yaml)));
  }

  private static PrometheusExporterConfig good(String body) {
    LoadResult<Nothing> result = load(body);
    assertThat(result).isInstanceOf(LoadResult.Loaded.class);
    AgentConfig<Nothing> config = ((LoadResult.Loaded<Nothing>) result).config();
    return (PrometheusExporterConfig)
        Objects.requireNonNull(
                config.component(ComponentKind.EXPORTER, ComponentId.parse("prometheus")))
            .config();
  }

  private static String bad(String body) {
    LoadResult<Nothing> result = load(body);
    assertThat(result).isInstanceOf(LoadResult.Failed.class);
    return ((LoadResult.Failed<Nothing>) result).render();
  }

  @Test
  void everyKeyOfTheCollectorIsKnown() {
    PrometheusExporterConfig config =
        good(
            """
            endpoint: "1.2.3.4:1234"
            namespace: test-space
            const_labels: {label1: value1, "another label": spaced value}
            send_timestamps: true
            metric_expiration: 180m
            enable_open_metrics: true
            without_scope_info: true
            translation_strategy: NoTranslation
            resource_to_telemetry_conversion: {enabled: true, exclude_service_attributes: true}
            idle_timeout: 1m0s
            keep_alives_enabled: true
            read_header_timeout: 1m0s
            write_timeout: 30s
            transport: tcp
            cors: null
            """);
    assertThat(config.metricExpiration()).isEqualTo(Duration.ofHours(3));
    assertThat(config.constLabels()).containsEntry("another label", "spaced value");
    assertThat(config.translation().keepNames()).isTrue();
    assertThat(config.deadline()).isEqualTo(Duration.ofSeconds(90));
  }

  @Test
  void theDefaultsAreTheCollectors() {
    PrometheusExporterConfig config = good("endpoint: localhost:8889");
    assertThat(config.metricExpiration()).isEqualTo(Duration.ofMinutes(5));
    assertThat(config.enableOpenMetrics()).isFalse();
    assertThat(config.translation().unitSuffix()).isTrue();
    assertThat(good("endpoint: localhost:8889\nadd_metric_suffixes: false").translation())
        .returns(false, t -> t.unitSuffix())
        .returns(false, t -> t.typeSuffix())
        .returns(false, t -> t.keepNames());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "namespace: x | endpoint",
        "endpoint: localhost | missing port; expected host:port, such as localhost:8889",
        "endpoint: localhost:99999 | invalid port 99999",
        "{endpoint: 'localhost:1', translation_strategy: None} | must be UnderscoreEscapingWithSuffixes",
        "{endpoint: 'localhost:1', metric_expiration: 0s} | must be positive",
        "{endpoint: 'localhost:1', max_series: 0} | must be between 1 and 100000000",
        "{endpoint: 'localhost:1', transport: unix} | must be tcp",
        "{endpoint: 'localhost:1', tls: {cert_file: a, key_file: b}} | this exporter cannot serve TLS yet",
        "{endpoint: 'localhost:1', cors: {allowed_origins: ['*']}} | does not answer browsers",
        "{endpoint: 'localhost:1', const_labels: {'': a}} | label name is empty",
        "{endpoint: 'localhost:1', metric_expirations: 1m} | metric_expiration"
      })
  void whatIsWrongIsSaid(String body, String message) {
    assertThat(bad(body)).contains("test.yaml:", "prometheus", message);
  }

  @Test
  void theReadmeListsEveryKeyAndDefault() throws IOException {
    String readme =
        Files.readString(Path.of("src/main/java/dev/weir/exporter/prometheus/README.md"));
    SchemaTable table = SchemaTable.of(PrometheusExporterConfig.SCHEMA);
    assertThat(table.differences(readme)).as(table.markdown()).isEmpty();
  }
}
