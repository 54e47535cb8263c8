package dev.weir.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testbed.AgentProcess;
import dev.weir.testbed.BpfTool;
import dev.weir.testbed.Namespaces;
import dev.weir.testbed.Traffic;
import dev.weir.testbed.Traffic.Result;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** However the agent ends, the kernel is as it was; and what was counted has gone out. */
class StopTest {
  /** Nothing is handed on before the stop: one collection an hour. */
  private static final String FLUSHED_AT_STOP =
      """
      receivers:
        ebpf_tcp: {collection_interval: 1h, initial_delay: 1h, row_expiration: 2h}
      exporters:
        debug: {verbosity: normal, use_internal_logger: false, sampling_initial: 1000000}
      service:
        telemetry: {metrics: {level: none}}
        pipelines:
          metrics: {receivers: [ebpf_tcp], exporters: [debug]}
      """;

  private static long sum(String text, String metric, String... labels) {
    long sum = 0;
    Matcher m =
        Pattern.compile("(?m)^" + Pattern.quote(metric) + "\\{(.*)} ([0-9]+)$").matcher(text);
    while (m.find()) {
      String found = "," + m.group(1) + ",";
      boolean all = true;
      for (String label : labels) {
        all &= found.contains("," + label + ",");
      }
      sum += all ? Long.parseLong(m.group(2)) : 0;
    }
    return sum;
  }

  @Test
  void sigtermUnderLoadFlushesWhatWasCounted() {
    try (Namespaces net = Namespaces.create();
        Namespaces other = Namespaces.create();
        AgentProcess agent = AgentProcess.agent().config(FLUSHED_AT_STOP).start()) {
      agent.awaitRunning();
      BpfTool.Ids held = BpfTool.heldBy(agent.pid());
      assertThat(held.links()).isNotEmpty();
      assertThat(BpfTool.present().and(held)).isEqualTo(held);
      try (Traffic load =
          Traffic.start(
              other, "churn", "--count", "60000", "--up", "10", "--down", "10", "--workers", "2")) {
        Result known =
            Traffic.run(net, "churn", "--count", "2000", "--vary", "20000", "--workers", "2");
        assertThat(load.running()).isTrue();
        agent.terminate();
        assertThat(agent.exitCode()).as(agent::toString).isZero();
        String text = agent.stdout();
        String source = "source.address=" + net.client4();
        assertThat(sum(text, "tcp.connection.opened", source, "reporter=client")).isEqualTo(2000);
        assertThat(sum(text, "tcp.connection.closed", source, "reporter=client")).isEqualTo(2000);
        assertThat(sum(text, "tcp.connection.closed", source, "reporter=server")).isEqualTo(2000);
        assertThat(sum(text, "tcp.io", source, "reporter=client", "network.io.direction=transmit"))
            .isEqualTo(known.client().sent());
        assertThat(sum(text, "tcp.io", source, "reporter=server", "network.io.direction=transmit"))
            .isEqualTo(known.server().sent());
        assertThat(agent.stderr()).doesNotContain("\tat ");
      }
      awaitGone(held);
    }
  }

  @Test
  void sigkillLeavesNothingInTheKernel() {
    try (Namespaces net = Namespaces.create();
        AgentProcess agent = AgentProcess.agent().config(FLUSHED_AT_STOP).start()) {
      agent.awaitRunning();
      BpfTool.Ids held = BpfTool.heldBy(agent.pid());
      assertThat(held.links()).isNotEmpty();
      assertThat(BpfTool.present().and(held)).isEqualTo(held);
      Traffic.run(net, "churn", "--count", "1000", "--up", "10", "--down", "10");
      agent.kill();
      assertThat(agent.exitCode()).isEqualTo(128 + 9);
      awaitGone(held);
    }
  }

  private static void awaitGone(BpfTool.Ids held) {
    // The kernel frees maps and programs after a grace period.
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () ->
                assertThat(BpfTool.present().and(held))
                    .matches(BpfTool.Ids::isEmpty, "nothing is left"));
  }
}
