package dev.weir.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.weir.testbed.AgentProcess;
import dev.weir.testbed.Ports;
import dev.weir.testbed.Scrape;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every configuration that we show to people is valid, without a warning. */
final class ExamplesTest {
  private static final Path REPLAY = Repository.root().resolve("examples/replay");
  private static final Path RECORDING = REPLAY.resolve("connections.weir");

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

  @Test
  void theRecordingPlaysWithoutPrivileges() {
    int port = Ports.free();
    try (AgentProcess agent =
        AgentProcess.agent()
            .with(
                "--config",
                REPLAY.resolve("config.yaml").toString(),
                "--set",
                "receivers.ebpf_tcp.replay=" + RECORDING,
                "--set",
                "receivers.ebpf_tcp.replay_speed=0",
                "--set",
                "exporters.prometheus.endpoint=localhost:" + port,
                "--set",
                "service.telemetry.metrics.level=none")
            .scrapedAt(URI.create("http://localhost:" + port + "/metrics"))
            .start()) {
      // 56 requests and 3 connections that ended by RST, seen from the client.
      agent.awaitScrape(
          page ->
              page.sum(
                      "tcp_connection_opened_total",
                      Scrape.labels("destination_port", "8080", "reporter", "client"))
                  == 59);
      agent.terminate();
      assertThat(agent.exitCode()).isZero();
      assertThat(agent.stdout())
          .contains("fail 127.0.0.1:")
          .contains("error.type=refused")
          .contains("source.process.executable.name=shop");
    }
  }

  @Test
  void theRecordingShowsInTheLiveTable() {
    try (AgentProcess top =
        AgentProcess.agent()
            .with("top", "--once", "--interval", "1s", "--replay", RECORDING.toString())
            .start()) {
      assertThat(top.exitCode()).isZero();
      assertThat(top.stderr()).isEmpty();
      assertThat(top.stdout().lines())
          .hasSize(4)
          .anyMatch(
              line ->
                  line.startsWith("shop 127.0.0.1  127.0.0.10:8080 nginx")
                      && line.contains("68.4 kB"));
    }
  }

  private static void validate(Path file) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = cli(out, err).run("validate", "--config", file.toString());
    assertThat(err.toString()).isEmpty();
    assertThat(out.toString()).isEmpty();
    assertThat(code).isZero();
  }

  private static CommandLineInterface cli(StringWriter out, StringWriter err) {
    return new CommandLineInterface(
        new PrintWriter(out, true),
        new PrintWriter(err, true),
        BuiltIn.create(),
        new StopSignal(),
        null);
  }
}
