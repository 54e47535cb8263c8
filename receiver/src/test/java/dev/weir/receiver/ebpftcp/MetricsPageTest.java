package dev.weir.receiver.ebpftcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MetricsPageTest {
  /** Tests run in the module's folder; from the root it is one up. */
  private static final Path PAGE =
      Path.of(Files.isDirectory(Path.of("receiver")) ? "docs" : "../docs").resolve("metrics.md");

  @Test
  void thePageSaysWhatTheCodeDoes() throws IOException {
    if (Boolean.getBoolean("weir.docs.write")) {
      Files.createDirectories(PAGE.getParent());
      Files.writeString(PAGE, MetricsPage.markdown());
    }

    assertThat(PAGE).content().isEqualTo(MetricsPage.markdown());
  }

  @Test
  void eachNameIsDefinedOnce() {
    assertThat(MetricDefinition.values())
        .extracting(MetricDefinition::metricName)
        .doesNotHaveDuplicates()
        .allMatch(name -> name.startsWith("tcp."));
    assertThat(AttributeDefinition.values())
        .extracting(AttributeDefinition::attributeName)
        .doesNotHaveDuplicates();
  }
}
