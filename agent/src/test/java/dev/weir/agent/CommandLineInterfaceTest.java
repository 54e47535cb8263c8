package dev.weir.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

final class CommandLineInterfaceTest {
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
