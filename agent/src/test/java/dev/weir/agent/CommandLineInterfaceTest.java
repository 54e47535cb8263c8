package dev.weir.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class CommandLineInterfaceTest {
  private static final String DEBUG =
      "yaml:{receivers: {ebpf_tcp: }, exporters: {debug: },"
          + " service: {pipelines: {metrics: {receivers: [ebpf_tcp], exporters: [debug]}}}}";

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void theVersionIsThatOfTheParentPom() {
    assertThat(run("--version")).isZero();
    assertThat(out.toString()).matches("weir version \\d+\\.\\d+\\.\\d+.*\n");
  }

  @Test
  void helpNamesEveryCommandAndExitCode() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString())
        .contains("validate", "components", "print-config", "doctor", "top", "Exit codes:");
  }

  @Test
  void everyCommandHasHelp() {
    for (String command :
        new String[] {"validate", "components", "print-config", "doctor", "top"}) {
      assertThat(run(command, "--help")).isZero();
      assertThat(out.toString()).contains("Usage: weir " + command);
    }
  }

  @Test
  void anUnknownCommandIsAUsageErrorWithASuggestion() {
    assertThat(run("validte")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString())
        .contains("'validte'")
        .contains("weir validate")
        .doesNotContain("\tat ");
  }

  @Test
  void anUnknownOptionIsAUsageError() {
    assertThat(run("--confg", "x.yaml")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("--confg").doesNotContain("\tat ");
  }

  @Test
  void anUnknownFormatIsAUsageError() {
    assertThat(run("doctor", "--format", "xml")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("\"xml\" is neither text nor json");
  }

  @Test
  void theWholeConfigurationIsPrintedAsYamlOrJson() {
    assertThat(run("print-config", "--config", DEBUG)).isZero();
    assertThat(out.toString()).contains("    debug:\n").contains("        verbosity: basic\n");

    assertThat(run("print-config", "--format", "json", "--config", DEBUG)).isZero();
    assertThat(out.toString()).contains("      \"verbosity\": \"basic\"");

    assertThat(run("print-initial-config", "--mode=unredacted", "--config", DEBUG)).isZero();
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void aConfigurationThatMakesNoSenseIsPrintedOnRequest() {
    String[] nonsense = {"--config", DEBUG, "--set", "exporters.debug.sampling_initial=-1"};

    assertThat(run(with("print-config", nonsense))).isEqualTo(ExitCode.CANNOT_START);
    assertThat(out.toString()).isEmpty();
    assertThat(run(with("print-config", nonsense, "--validate=false"))).isZero();
    assertThat(out.toString()).contains("sampling_initial: -1");
    assertThat(err.toString()).contains("Warning: ");
    assertThat(run(with("print-config", nonsense, "--validate"))).isEqualTo(ExitCode.CANNOT_START);
  }

  @Test
  void anUnknownModeOrNotationIsAUsageError() {
    assertThat(run("print-config", "--mode", "nosuch")).isEqualTo(ExitCode.USAGE);
    assertThat(run("print-config", "--format", "nosuch")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString())
        .contains("invalid mode \"nosuch\": modes are: redacted, unredacted")
        .contains("unrecognized print format: nosuch");
  }

  private static String[] with(String command, String[] arguments, String... more) {
    return Stream.of(Stream.of(command), Stream.of(arguments), Stream.of(more))
        .flatMap(part -> part)
        .toArray(String[]::new);
  }

  private int run(String... arguments) {
    return new CommandLineInterface(
            new PrintWriter(out, true),
            new PrintWriter(err, true),
            BuiltIn.create(),
            new StopSignal(),
            null)
        .run(arguments);
  }
}
