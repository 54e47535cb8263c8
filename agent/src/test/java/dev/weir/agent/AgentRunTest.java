package dev.weir.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testbed.AgentProcess;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The agent as a process: how it greets, stops and fails. */
final class AgentRunTest {
  private static final String QUIET =
      """
      receivers:
        ebpf_tcp:
      exporters:
        prometheus:
          endpoint: localhost:0
      service:
        telemetry:
          metrics: {level: none}
        pipelines:
          metrics:
            receivers: [ebpf_tcp]
            exporters: [prometheus]
      """;

  @Test
  void theGreetingSaysWhatRunsAndWhereToLook() {
    try (AgentProcess agent = AgentProcess.agent().config(QUIET).start()) {
      awaitLine(agent, "connections older than the agent: "); // the last one

      assertThat(agent.stderr())
          .contains("weir 0.")
          .contains("pipeline metrics: ebpf_tcp -> prometheus")
          .containsPattern("exporter prometheus: http://127.0.0.1:\\d+/metrics")
          .contains("hooks: 6 of 6");
    }
  }

  @Test
  void aSignalEndsItWithExitCodeZero() {
    try (AgentProcess agent = AgentProcess.agent().config(QUIET).start()) {
      awaitLine(agent, "is running");
      agent.terminate();

      assertThat(agent.exitCode()).isZero();
      assertThat(agent.stderr()).contains("Shutdown complete");
    }
  }

  @Test
  void aPortInUseIsSaidWithoutAStackTrace() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("localhost"));
        AgentProcess agent =
            AgentProcess.agent()
                .config(QUIET.replace("localhost:0", "localhost:" + taken.getLocalPort()))
                .start()) {
      assertThat(agent.exitCode()).isEqualTo(ExitCode.CANNOT_START);
      assertThat(agent.stderr())
          .contains("Error: ")
          .contains(Integer.toString(taken.getLocalPort()))
          .doesNotContain("\tat ");
    }
  }

  @Test
  void aBrokenConfigurationIsSaidWithItsPlace() {
    try (AgentProcess agent = AgentProcess.agent().config("receivers:\n  ebpf_tpc:\n").start()) {
      assertThat(agent.exitCode()).isEqualTo(ExitCode.CANNOT_START);
      assertThat(agent.stderr())
          .contains("config.yaml:2:3: ")
          .contains("ebpf_tcp")
          .doesNotContain("\tat ");
    }
  }

  @Test
  void aSecondSignalEndsItAtOnce() throws Exception {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "--enable-native-access=ALL-UNNAMED",
                    "-cp",
                    System.getProperty("java.class.path"),
                    NeverStops.class.getName()))
            .start();
    try {
      assertThat(process.inputReader().readLine()).isEqualTo("armed");
      process.toHandle().destroy(); // SIGTERM, and the pipes stay open
      assertThat(process.inputReader().readLine()).isEqualTo("asked");
      process.toHandle().destroy();

      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(128 + 15);
    } finally {
      process.destroyForcibly();
    }
  }

  /** An agent whose stop hangs. */
  static final class NeverStops {
    private NeverStops() {}

    public static void main(String[] arguments) throws InterruptedException {
      StopSignal signal = new StopSignal();
      signal.arm(() -> System.out.println("asked"));
      System.out.println("armed");
      Thread.currentThread().join();
    }
  }

  private static void awaitLine(AgentProcess agent, String line) {
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(() -> assertThat(agent.stderr()).contains(line));
  }
}
