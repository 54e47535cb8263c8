package dev.weir.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.agent.Finding.Level;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Looks at made-up machines. Only libbpf is that of the machine that runs the test. */
final class DoctorTest {
  private static final String ALL_CAPABILITIES = "000001ffffffffff";
  private static final String[] HOOKS = {
    "btf_trace_inet_sock_set_state",
    "btf_trace_tcp_destroy_sock",
    "btf_trace_tcp_receive_reset",
    "btf_trace_tcp_send_reset",
    "bpf_iter__bpf_sk_storage_map",
    "bpf_iter__task_file"
  };

  @TempDir Path root;

  @BeforeEach
  void aMachineThatHasEverything() throws IOException {
    write("proc/sys/kernel/osrelease", "6.18.44-generic\n");
    writeBytes("sys/kernel/btf/vmlinux", btf(HOOKS));
    write("proc/self/status", "Name:\tjava\nCapEff:\t" + ALL_CAPABILITIES + "\n");
    write("proc/self/uid_map", "         0          0 4294967295\n");
    write("proc/self/limits", "Max locked memory         8388608              8388608    bytes\n");
    write(
        "proc/self/mountinfo",
        "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
    link("proc/self/ns/pid", "pid:[4026531836]");
  }

  @Test
  void aMachineThatHasEverythingIsFine() {
    assertThat(examine()).allMatch(finding -> finding.level() == Level.OK);
  }

  @Test
  void aKernelBelowTheFloorIsEssential() throws IOException {
    write("proc/sys/kernel/osrelease", "5.4.0-42-generic\n");

    assertThat(finding("kernel").level()).isEqualTo(Level.MISSING);
    assertThat(finding("kernel").found()).contains("5.4.0-42-generic").contains("5.15");
  }

  @Test
  void aKernelWithAMinorVersionOfTwoDigitsIsNewer() throws IOException {
    write("proc/sys/kernel/osrelease", "5.15\n");
    assertThat(finding("kernel").level()).isEqualTo(Level.OK);
  }

  @Test
  void withoutBtfNothingCanBeLoaded() throws IOException {
    Files.delete(root.resolve("sys/kernel/btf/vmlinux"));

    assertThat(finding("BTF").level()).isEqualTo(Level.MISSING);
    assertThat(finding("BTF").remedy()).contains("CONFIG_DEBUG_INFO_BTF");
  }

  @Test
  void aFileThatIsNotBtfIsNamed() throws IOException {
    write("sys/kernel/btf/vmlinux", "this is a text, and not what the kernel would say");

    assertThat(finding("BTF").found()).contains("does not begin like BTF");
  }

  @Test
  void aMissingBackstopIsALimit() throws IOException {
    writeBytes(
        "sys/kernel/btf/vmlinux",
        btf(
            "btf_trace_inet_sock_set_state",
            "btf_trace_tcp_receive_reset",
            "btf_trace_tcp_send_reset",
            "bpf_iter__bpf_sk_storage_map",
            "bpf_iter__task_file"));

    assertThat(examine())
        .filteredOn(finding -> finding.level() != Level.OK)
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.level()).isEqualTo(Level.LIMITED);
              assertThat(finding.found())
                  .isEqualTo("tp_btf/tcp_destroy_sock is not in this kernel");
              assertThat(finding.consequence()).isNotEmpty();
            });
  }

  @Test
  void aNameThatOnlyBeginsTheSameIsNotTheHook() throws IOException {
    writeBytes("sys/kernel/btf/vmlinux", btf("btf_trace_inet_sock_set_state_locked"));

    assertThat(examine())
        .anyMatch(f -> f.found().equals("tp_btf/inet_sock_set_state is not in this kernel"));
  }

  @Test
  void withoutCapabilitiesEachOneIsNamed() throws IOException {
    write("proc/self/status", "CapEff:\t0000000000000000\n");

    assertThat(examine())
        .filteredOn(finding -> finding.level() == Level.MISSING)
        .extracting(Finding::found)
        .containsExactly("CAP_BPF is missing", "CAP_PERFMON is missing");
  }

  @Test
  void theLeastPrivilegesAreEnough() throws IOException {
    // CAP_BPF 39, CAP_PERFMON 38
    write("proc/self/status", "CapEff:\t000000c000000000\n");

    assertThat(examine()).noneMatch(finding -> finding.level() == Level.MISSING);
  }

  @Test
  void capSysAdminStandsForTheTwoNewerOnes() throws IOException {
    // CAP_SYS_ADMIN 21
    write("proc/self/status", "CapEff:\t0000000000200000\n");

    assertThat(examine())
        .extracting(Finding::found)
        .contains("CAP_BPF (by CAP_SYS_ADMIN)", "CAP_PERFMON (by CAP_SYS_ADMIN)");
  }

  @Test
  void capabilitiesOfAnotherUserNamespaceDoNotCount() throws IOException {
    write("proc/self/uid_map", "         0     100000      65536\n");

    assertThat(finding("user namespace").level()).isEqualTo(Level.MISSING);
    assertThat(examine()).extracting(Finding::found).contains("CAP_BPF is missing");
  }

  @Test
  void confidentialLockdownIsEssential() throws IOException {
    write("sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
    assertThat(finding("lockdown").level()).isEqualTo(Level.MISSING);

    write("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
    assertThat(finding("lockdown")).isEqualTo(Finding.ok("lockdown", "integrity"));
  }

  @Test
  void theKindOfCgroupMountIsTold() throws IOException {
    assertThat(finding("cgroups").found()).isEqualTo("v2 at /sys/fs/cgroup");

    write(
        "proc/self/mountinfo",
        """
        31 30 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
        32 30 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
        """);
    assertThat(finding("cgroups").found()).startsWith("hybrid: v2 at /sys/fs/cgroup/unified");

    write(
        "proc/self/mountinfo", "31 30 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
    assertThat(finding("cgroups").found()).startsWith("v1");

    write("proc/self/mountinfo", "31 30 0:27 / /tmp rw - tmpfs tmpfs rw\n");
    assertThat(finding("cgroups").level()).isEqualTo(Level.LIMITED);
  }

  @Test
  void anotherPidNamespaceIsALimit() throws IOException {
    link("proc/self/ns/pid", "pid:[4026532999]");

    assertThat(finding("pid namespace").level()).isEqualTo(Level.LIMITED);
    assertThat(finding("pid namespace").remedy()).contains("hostPID");
  }

  @Test
  void theExitCodeTellsWhetherTheAgentCanRun() {
    Finding fine = Finding.ok("kernel", "6.18");
    Finding limited = Finding.limited("hook", "x is missing", "y", "z");
    Finding missing = Finding.missing("BTF", "not there", "all", "boot");

    assertThat(print(DoctorCommand.Format.TEXT, List.of(fine, limited)).code).isZero();
    assertThat(print(DoctorCommand.Format.TEXT, List.of(fine, missing)).code).isEqualTo(1);
  }

  @Test
  void theTextTellsWhatIsLostAndWhatToTry() {
    Finding limited = Finding.limited("hook", "x is missing", "resets are lost", "a newer kernel");

    assertThat(print(DoctorCommand.Format.TEXT, List.of(limited)).text)
        .isEqualTo(
            """
            limited  hook  x is missing
                           lost: resets are lost
                           try:  a newer kernel

            Weir can run here, with the limits above.
            """);
  }

  @Test
  void theJsonQuotesWhatItMust() {
    Finding odd = Finding.missing("BTF", "\"a\\b\"\n\u0001", "", "");

    assertThat(print(DoctorCommand.Format.JSON, List.of(odd)).text)
        .isEqualTo(
            """
            {
              "runs": false,
              "findings": [
                {"subject": "BTF", "level": "missing", "found": "\\"a\\\\b\\"\\n\\u0001", "lost": "", "remedy": ""}
              ]
            }
            """);
  }

  private record Printed(int code, String text) {}

  private static Printed print(DoctorCommand.Format format, List<Finding> findings) {
    StringWriter text = new StringWriter();
    int code = new DoctorCommand(findings).run(format, new PrintWriter(text, true));
    return new Printed(code, text.toString());
  }

  private List<Finding> examine() {
    return new Doctor(new MachineFiles(root)).examine();
  }

  private Finding finding(String subject) {
    return examine().stream().filter(f -> f.subject().equals(subject)).findFirst().orElseThrow();
  }

  private void write(String path, String text) throws IOException {
    writeBytes(path, text.getBytes(StandardCharsets.UTF_8));
  }

  private void writeBytes(String path, byte[] bytes) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.write(file, bytes);
  }

  private void link(String path, String target) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.deleteIfExists(file);
    Files.createSymbolicLink(file, Path.of(target));
  }

  /** Makes BTF without types: a header of 24 bytes and a string section. */
  private static byte[] btf(String... names) {
    byte[] strings = ("\0" + String.join("\0", names) + "\0").getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(24 + strings.length)
        .order(ByteOrder.nativeOrder())
        .putShort((short) 0xeb9f)
        .put((byte) 1)
        .put((byte) 0)
        .putInt(24)
        .putInt(0)
        .putInt(0)
        .putInt(0)
        .putInt(strings.length)
        .put(strings)
        .array();
  }
}
