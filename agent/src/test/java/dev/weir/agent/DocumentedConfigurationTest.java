package dev.weir.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every YAML block of every page is a configuration that loads, without a warning. One without
 * pipelines is a part: it is laid over a small whole one. One that begins with the comment {@code #
 * Wrong} must not load; {@code # Not for Weir} is somebody else's YAML.
 */
final class DocumentedConfigurationTest {
  private static final Pattern BLOCK =
      Pattern.compile("^( *)```ya?ml[^\\n]*\\n(.*?)^\\1```", Pattern.DOTALL | Pattern.MULTILINE);
  private static final Set<String> ELSEWHERE = Set.of("target", "dist", ".git");
  private static final String WHOLE =
      """
      receivers: {ebpf_tcp: }
      exporters: {debug: }
      service:
        pipelines:
          metrics: {receivers: [ebpf_tcp], exporters: [debug]}
          logs: {receivers: [ebpf_tcp], exporters: [debug]}
      """;

  @TestFactory
  Stream<DynamicTest> everyBlockOfEveryPageDoesWhatItSays() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path page : pages()) {
      String text = Files.readString(page);
      Matcher block = BLOCK.matcher(text);
      while (block.find()) {
        long line = text.substring(0, block.start()).lines().count() + 1;
        String yaml = block.group(2).indent(-block.group(1).length());
        tests.add(
            dynamicTest(
                Repository.root().relativize(page) + ":" + line, page.toUri(), () -> check(yaml)));
      }
    }
    assertThat(tests).as("YAML blocks").hasSizeGreaterThan(6);
    return tests.stream();
  }

  private static List<Path> pages() throws IOException {
    try (Stream<Path> files =
        Files.find(
            Repository.root(),
            20,
            (file, attributes) ->
                attributes.isRegularFile() && file.getFileName().toString().endsWith(".md"))) {
      return files
          .filter(
              file ->
                  Stream.iterate(file, Path::getParent)
                      .takeWhile(each -> !each.equals(Repository.root()))
                      .noneMatch(each -> ELSEWHERE.contains(each.getFileName().toString())))
          .sorted()
          .toList();
    }
  }

  private static void check(String yaml) {
    if (yaml.startsWith("# Not for Weir")) {
      return;
    }
    List<String> arguments = new ArrayList<>(List.of("validate"));
    if (!yaml.contains("pipelines:")) {
      arguments.addAll(List.of("--config", "yaml:" + WHOLE));
    }
    arguments.addAll(List.of("--config", "yaml:" + yaml));
    StringWriter err = new StringWriter();
    int code =
        new CommandLineInterface(
                new PrintWriter(new StringWriter(), true),
                new PrintWriter(err, true),
                BuiltIn.create(),
                new StopSignal(),
                null)
            .run(arguments.toArray(String[]::new));
    if (yaml.startsWith("# Wrong")) {
      assertThat(code).isEqualTo(ExitCode.CANNOT_START);
      assertThat(err.toString()).startsWith("Error: ");
    } else {
      assertThat(err.toString()).isEmpty();
      assertThat(code).isZero();
    }
  }
}
