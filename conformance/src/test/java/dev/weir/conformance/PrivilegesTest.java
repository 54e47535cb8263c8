package dev.weir.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testbed.AgentProcess;
import dev.weir.testbed.Namespaces;
import dev.weir.testbed.Traffic;
import dev.weir.testbed.Traffic.Result;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the agent needs of its surroundings, and what it says where that is missing. */
class PrivilegesTest {
  private static final String CONFIG =
      """
      receivers: {ebpf_tcp: {}}
      exporters: {debug: {}}
      service:
        telemetry: {metrics: {level: none}}
        pipelines: {metrics: {receivers: [ebpf_tcp], exporters: [debug]}}
      """;

  private static final String[] AS_NOBODY = {
    "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"
  };

  private static String refusal(AgentProcess.Launch launch) {
    try (AgentProcess agent = launch.config(CONFIG).start()) {
      assertThat(agent.exitCode()).as(agent::toString).isNotZero();
      String said = agent.stderr();
      assertThat(said).doesNotContain("\tat ").doesNotContain("Exception");
      return said;
    }
  }

  @Test
  void anUnprivilegedUserIsToldWhatIsNeeded() {
    assertThat(refusal(AgentProcess.agent().readableByAll().under(AS_NOBODY)))
        .contains("CAP_BPF")
        .contains("CAP_PERFMON")
        .contains("root");
  }

  /** In a mount namespace of its own, where a file system without BTF lies over the kernel's. */
  @Test
  void withoutBtfItSaysWhichKernelsHaveIt() {
    assertThat(
            refusal(
                AgentProcess.agent()
                    .under(
                        "unshare",
                        "--mount",
                        "sh",
                        "-c",
                        "mount -t tmpfs none /sys/kernel/btf && exec \"$0\" \"$@\"")))
        .contains("/sys/kernel/btf/vmlinux")
        .contains("CONFIG_DEBUG_INFO_BTF");
  }

  @Test
  void withoutLibbpfItSaysHowToInstallIt() {
    String hide =
        "for f in $(ldconfig -p | sed -n 's|.*libbpf[.]so.* => ||p'); do mount --bind /dev/null"
            + " \"$(readlink -f \"$f\")\"; done; exec \"$0\" \"$@\"";
    assertThat(refusal(AgentProcess.agent().under("unshare", "--mount", "sh", "-c", hide)))
        .contains("libbpf")
        .contains("apt-get install");
  }

  @Test
  void twoCapabilitiesAreEnough() {
    AgentProcess.Launch launch =
        AgentProcess.agent()
            .readableByAll()
            .under(
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                "--inh-caps=-all,+bpf,+perfmon",
                "--ambient-caps=-all,+bpf,+perfmon",
                "--bounding-set=-all,+bpf,+perfmon");
    try (RunningAgent agent = RunningAgent.with("collection_interval: 100ms", launch);
        Namespaces net = Namespaces.create()) {
      Result known = Traffic.run(net, "churn", "--count", "300", "--vary", "20000");
      agent.assertExact(net, List.of(known));
    }
  }
}
