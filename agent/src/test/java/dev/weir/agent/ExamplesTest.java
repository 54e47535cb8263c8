package dev.weir.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every configuration that we show to people is valid, without a warning. */
final class ExamplesTest {

  @TestFactory
  Stream<DynamicTest> everyConfigurationIsValid() throws IOException {
    List<Path> files;
    try (Stream<Path> examples = Files.walk(Repository.root().resolve("examples"))) {
      files =
          Stream.concat(
                  Stream.of(Repository.root().resolve("config.yaml")),
                  examples.filter(file -> file.toString().endsWith(".yaml")))
              .sorted()
              .toList();
    }
    assertThat(files).hasSizeGreaterThan(1);
    return files.stream().map(file -> dynamicTest(file.toString(), () -> validate(file)));
  }

  private static void validate(Path file) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        new CommandLineInterface(
                new PrintWriter(out, true),
                new PrintWriter(err, true),
                BuiltIn.create(),
                new StopSignal(),
                null)
            .run("validate", "--config", file.toString());
    assertThat(err.toString()).isEmpty();
    assertThat(out.toString()).isEmpty();
    assertThat(code).isZero();
  }
}
