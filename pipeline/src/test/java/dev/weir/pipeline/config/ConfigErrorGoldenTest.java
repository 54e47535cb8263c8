package dev.weir.pipeline.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pipeline.config.LoadResult.Failed;
import dev.weir.pipeline.config.LoadResult.Loaded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each broken configuration in {@code errors/} gives exactly the text beside it. To look at a new
 * text, run with {@code -Dweir.golden.write=true}, and read what it wrote before it is committed.
 */
class ConfigErrorGoldenTest {
  private static final Path DIRECTORY =
      Path.of("src/test/resources/dev/weir/pipeline/config/errors");

  static Stream<String> cases() throws IOException {
    try (Stream<Path> files = Files.list(DIRECTORY)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".yaml"))
          .map(name -> name.substring(0, name.length() - ".yaml".length()))
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aBrokenConfigurationIsExplained(String name) throws IOException {
    String yaml = Files.readString(DIRECTORY.resolve(name + ".yaml"));
    String actual =
        switch (SampleComponents.loader(Map.of("SECRET", "hunter2"))
            .load(List.of(new ConfigSource.Text("config.yaml", yaml)))) {
          case Failed<SampleComponents.Telemetry> failed -> failed.render() + "\n";
          case Loaded<SampleComponents.Telemetry> loaded -> "loaded\n";
        };

    Path golden = DIRECTORY.resolve(name + ".txt");
    if (Boolean.getBoolean("weir.golden.write")) {
      Files.writeString(golden, actual);
    }
    assertThat(actual).isEqualTo(Files.readString(golden));
    assertThat(actual).doesNotContain("hunter2");
  }
}
