package dev.weir.exporter.accesslog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.exporter.testing.TestYaml;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.config.SchemaTable;
import dev.weir.pipeline.files.Rotation;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class AccessLogExporterConfigTest {
  private final ExporterFactory<AccessLogExporterConfig> factory =
      AccessLogExporterFactory.create();

  @Test
  void theReadmeHasEveryKeyWithItsDefault() throws Exception {
    assertThat(
            SchemaTable.of(AccessLogExporterConfig.SCHEMA)
                .differences(TestYaml.readme("accesslog")))
        .isEmpty();
  }

  @Test
  void theReadmesExampleLoads() throws Exception {
    var config =
        (AccessLogExporterConfig)
            TestYaml.config(factory, TestYaml.example(TestYaml.readme("accesslog")));
    assertThat(config.path()).isEqualTo("/var/log/weir/access.log");
    assertThat(config.createDirectory()).isTrue();
    assertThat(config.rotation()).isEqualTo(new Rotation(50, 0, 5, false));
    assertThat(config.compression()).isEqualTo(AccessLogExporterConfig.Compression.GZIP);
    assertThat(config.flushInterval()).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void whatCannotBeIsNamedWithItsKey() {
    assertThat(TestYaml.errors(factory, "exporters: {access_log: {buffer_size: 1000}}\n"))
        .contains("buffer_size")
        .contains("must be from 65536 to 1073741824");
    assertThat(TestYaml.errors(factory, "exporters: {access_log: {rotation: {max_days: -1}}}\n"))
        .contains("max_days");
    assertThat(TestYaml.errors(factory, "exporters: {access_log: {compression: gzip}}\n"))
        .contains("compression is for files put aside: set path too");
    assertThat(TestYaml.errors(factory, "exporters: {access_log: {flush_intervall: 1s}}\n"))
        .contains("flush_interval");
  }
}
