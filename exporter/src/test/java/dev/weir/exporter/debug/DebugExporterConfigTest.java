package dev.weir.exporter.debug;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.exporter.debug.DebugExporterConfig.Verbosity;
import dev.weir.exporter.testing.TestYaml;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.config.SchemaTable;
import java.util.List;
import org.junit.jupiter.api.Test;

class DebugExporterConfigTest {
  private final ExporterFactory<DebugExporterConfig> factory = DebugExporterFactory.create();

  @Test
  void theReadmeHasEveryKeyWithItsDefault() throws Exception {
    assertThat(SchemaTable.of(DebugExporterConfig.SCHEMA).differences(TestYaml.readme("debug")))
        .isEmpty();
  }

  @Test
  void theReadmesExampleLoads() throws Exception {
    assertThat(TestYaml.config(factory, TestYaml.example(TestYaml.readme("debug"))))
        .isEqualTo(new DebugExporterConfig(Verbosity.NORMAL, 2, 1, false, List.of("stdout")));
  }

  @Test
  void outputPathsAndTheInternalLoggerExcludeEachOther() {
    assertThat(TestYaml.errors(factory, "exporters: {debug: {output_paths: [stderr]}}\n"))
        .contains("output_paths is not supported when use_internal_logger is true")
        .contains("test.yaml:1");
    assertThat(
            TestYaml.errors(
                factory, "exporters: {debug: {use_internal_logger: false, output_paths: []}}\n"))
        .contains("output_paths must not be empty when use_internal_logger is false");
  }

  @Test
  void aBadVerbosityIsNamed() {
    assertThat(TestYaml.errors(factory, "exporters: {debug: {verbosity: loud}}\n"))
        .contains("verbosity")
        .contains("loud");
  }
}
