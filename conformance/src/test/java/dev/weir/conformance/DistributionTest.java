package dev.weir.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testbed.AgentProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * What ships, where the tests run with {@code -Dweir.launcher}: everything is where the launcher
 * looks for it. Run by itself, the same of the agent on the class path.
 */
class DistributionTest {
  private static final String LAUNCHER = System.getProperty("weir.launcher", "");

  @Test
  void theBuiltInConfigurationIsGood() {
    try (AgentProcess agent = AgentProcess.agent().with("validate", "--verbose").start()) {
      assertThat(agent.exitCode()).as(agent.stderr()).isZero();
      assertThat(agent.stdout()).contains("The configuration is good");
      assertThat(agent.stderr()).isEmpty();
    }
  }

  @Test
  void theLauncherAddsNothingToWhatTheAgentSays() {
    try (AgentProcess agent = AgentProcess.agent().with("--version").start()) {
      assertThat(agent.exitCode()).as(agent.stderr()).isZero();
      assertThat(agent.stdout()).startsWith("weir ").hasLineCount(1);
      assertThat(agent.stderr()).isEmpty();
    }
  }

  @Test
  void aDistributionIsComplete() {
    if (LAUNCHER.isEmpty()) {
      assertThat(AgentProcess.command()).contains("dev.weir.agent.Main");
      return;
    }
    Path home = Path.of(LAUNCHER).resolveSibling("..").normalize();
    assertThat(AgentProcess.command()).containsExactly(LAUNCHER);
    assertThat(home.resolve("lib/weir.aot")).as("the AOT cache").isNotEmptyFile();
    assertThat(home.resolve("lib/weir-otlp.aot")).as("the one for OTLP").isNotEmptyFile();
    assertThat(home.resolve("config.yaml")).isRegularFile();
    assertThat(home.resolve("bpf")).isDirectoryContaining(file -> Files.isRegularFile(file));
  }
}
