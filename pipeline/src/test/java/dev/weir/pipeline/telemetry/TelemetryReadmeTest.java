package dev.weir.pipeline.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pipeline.config.SchemaTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class TelemetryReadmeTest {
  private static final Path README = Path.of("src/main/java/dev/weir/pipeline/telemetry/README.md");

  @Test
  void theTableOfKeysIsTheSchema() throws IOException {
    String readme = Files.readString(README);
    assertThat(SchemaTable.of(TelemetryConfig.SCHEMA).differences(readme)).isEmpty();
  }
}
