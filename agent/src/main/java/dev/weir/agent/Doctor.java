package dev.weir.agent;

import dev.weir.agent.Finding.Level;
import dev.weir.bpf.Hook;
import dev.weir.bpf.Kernel;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Looks at everything that {@code ebpf_tcp} needs of the machine and of this process, and says what
 * is lost without each. It only reads: nothing is loaded into the kernel.
 */
final class Doctor {
  /**
   * The inode of the machine's first PID namespace (PROC_PID_INIT_INO in the kernel's proc_ns.h).
   */
  private static final String FIRST_PID_NAMESPACE = "pid:[4026531836]";

  /** Until 5.11 BPF memory counted against RLIMIT_MEMLOCK; the floor is above that. */
  private static final String DOCS = "docs/troubleshooting.md";

  private record Need(Capability capability, boolean essential, String what) {}

  private static final List<Need> NEEDS =
      List.of(
          new Need(Capability.CAP_BPF, true, "programs and maps cannot be loaded"),
          new Need(Capability.CAP_PERFMON, true, "tracing programs cannot be loaded"),
          new Need(
              Capability.CAP_SYS_PTRACE,
              false,
              "container and pod of other users' processes stay unknown where cgroup v1 is in use"));

  private final MachineFiles files;

  Doctor(MachineFiles files) {
    this.files = files;
  }

  /** Looks at everything; the findings come in the order in which they should be read. */
  List<Finding> examine() {
    List<Finding> findings = new ArrayList<>();
    findings.add(kernel());
    hooks(findings);
    findings.add(lockdown());
    capabilities(findings);
    findings.add(libbpf());
    findings.add(cgroups());
    findings.add(pidNamespace());
    findings.add(lockedMemory());
    return findings;
  }

  private Finding kernel() {
    String release = files.kernelRelease();
    if (release == null) {
      return Finding.missing(
          "kernel",
          "/proc/sys/kernel/osrelease cannot be read",
          "nothing works without /proc",
          "mount /proc");
    }
    String floor = Kernel.FLOOR_MAJOR + "." + Kernel.FLOOR_MINOR;
    if (!Kernel.isAtLeastFloor(release)) {
      return Finding.missing(
          "kernel",
          release + ", older than " + floor,
          "the programs do not load",
          "run a kernel of version " + floor + " or newer");
    }
    return Finding.ok("kernel", release + " (at least " + floor + " is needed)");
  }

  private void hooks(List<Finding> findings) {
    byte[] btf = files.kernelTypes();
    String remedy = "use a kernel built with CONFIG_DEBUG_INFO_BTF=y, see " + DOCS;
    if (btf == null) {
      findings.add(
          Finding.missing(
              "BTF",
              "/sys/kernel/btf/vmlinux cannot be read",
              "the programs cannot be fitted to this kernel, and which hooks it has is unknown",
              remedy));
      return;
    }
    KernelTypeNames names;
    try {
      names = KernelTypeNames.of(btf);
    } catch (IllegalArgumentException e) {
      findings.add(
          Finding.missing(
              "BTF",
              "/sys/kernel/btf/vmlinux " + e.getMessage(),
              "the programs cannot be fitted to this kernel",
              remedy));
      return;
    }
    findings.add(
        Finding.ok(
            "BTF",
            String.format(
                Locale.ROOT, "/sys/kernel/btf/vmlinux, %.1f MB", btf.length / 1_000_000.0)));
    for (Hook hook : Hook.TCP) {
      if (names.has(hook.btfType())) {
        findings.add(Finding.ok("hook", hook.target()));
      } else {
        findings.add(
            new Finding(
                "hook",
                hook.required() ? Level.MISSING : Level.LIMITED,
                hook.target() + " is not in this kernel",
                hook.without(),
                "a newer kernel, or one built with more options"));
      }
    }
  }

  /** Lockdown in confidentiality mode refuses programs that read kernel memory. */
  private Finding lockdown() {
    String modes = files.text("sys/kernel/security/lockdown");
    if (modes != null && modes.contains("[confidentiality]")) {
      return Finding.missing(
          "lockdown",
          "confidentiality",
          "the kernel refuses programs that read its memory",
          "boot with lockdown=integrity or less");
    }
    return Finding.ok("lockdown", modes == null ? "not in use" : selected(modes));
  }

  private static String selected(String modes) {
    int open = modes.indexOf('[');
    int close = modes.indexOf(']', open + 1);
    return open < 0 || close < 0 ? modes : modes.substring(open + 1, close);
  }

  private void capabilities(List<Finding> findings) {
    Long mask = files.effectiveCapabilities();
    if (mask == null) {
      findings.add(
          Finding.missing(
              "capabilities",
              "/proc/self/status cannot be read",
              "which capabilities this process has is unknown",
              "mount /proc"));
      return;
    }
    boolean first = files.inFirstUserNamespace();
    for (Need need : NEEDS) {
      findings.add(capability(need, mask, first));
    }
    if (!first) {
      findings.add(
          Finding.missing(
              "user namespace",
              "not the machine's first",
              "capabilities of another user namespace do not count for BPF",
              "run outside of user namespaces (in containers: no userns remapping, not rootless)"));
    }
  }

  private static Finding capability(Need need, long mask, boolean counts) {
    String name = need.capability().name();
    if (counts && need.capability().in(mask)) {
      return Finding.ok("capability", name);
    }
    // CAP_SYS_ADMIN stood for both before 5.8, and still does.
    boolean implied =
        (need.capability() == Capability.CAP_BPF || need.capability() == Capability.CAP_PERFMON)
            && Capability.CAP_SYS_ADMIN.in(mask);
    if (counts && implied) {
      return Finding.ok("capability", name + " (by CAP_SYS_ADMIN)");
    }
    return new Finding(
        "capability",
        need.essential() ? Level.MISSING : Level.LIMITED,
        name + " is missing",
        need.what(),
        "run as root, or give the process " + name);
  }

  private static Finding libbpf() {
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup.libraryLookup("libbpf.so.1", arena);
      return Finding.ok("libbpf", "libbpf.so.1");
    } catch (IllegalArgumentException e) {
      return Finding.missing(
          "libbpf",
          "libbpf.so.1 cannot be loaded",
          "programs cannot be loaded",
          "install libbpf 1.0 or newer (package libbpf1 or libbpf)");
    }
  }

  private Finding cgroups() {
    @Nullable String unified = null;
    boolean legacy = false;
    for (String line : files.lines("proc/self/mountinfo")) {
      // ... mount point is field 5; after " - " comes the type of file system
      int separator = line.indexOf(" - ");
      if (separator < 0) {
        continue;
      }
      String[] mount = line.split(" ", 6);
      String type = line.substring(separator + 3).split(" ", 2)[0];
      if (type.equals("cgroup2")) {
        unified = mount.length > 4 ? mount[4] : "";
      } else if (type.equals("cgroup")) {
        legacy = true;
      }
    }
    if (unified != null && !legacy) {
      return Finding.ok("cgroups", "v2 at " + unified);
    }
    if (unified != null) {
      return Finding.ok(
          "cgroups", "hybrid: v2 at " + unified + ", containers are told from their processes");
    }
    if (legacy) {
      return Finding.ok("cgroups", "v1: containers are told from their processes");
    }
    return Finding.limited(
        "cgroups",
        "no cgroup file system is mounted",
        "container.id and k8s.pod.uid stay unknown",
        "mount the host's /sys/fs/cgroup");
  }

  private Finding pidNamespace() {
    String namespace = files.link("proc/self/ns/pid");
    if (namespace == null) {
      return Finding.limited(
          "pid namespace",
          "/proc/self/ns/pid cannot be read",
          "whether process ids fit is unknown",
          "mount /proc");
    }
    if (!namespace.equals(FIRST_PID_NAMESPACE)) {
      return Finding.limited(
          "pid namespace",
          namespace + ", not the machine's first",
          "process ids that the kernel tells mean nothing here: containers on cgroup v1 stay"
              + " unknown",
          "run in the host's PID namespace (hostPID: true, --pid=host)");
    }
    return Finding.ok("pid namespace", "the machine's first");
  }

  /**
   * Above the floor the kernel charges BPF memory to the cgroup; the limit is told all the same.
   */
  private Finding lockedMemory() {
    for (String line : files.lines("proc/self/limits")) {
      if (line.startsWith("Max locked memory")) {
        String limit = line.substring("Max locked memory".length()).strip().split("\\s+", 2)[0];
        return Finding.ok(
            "locked memory",
            limit + (limit.equals("unlimited") ? "" : " bytes") + " (not needed since 5.11)");
      }
    }
    return Finding.ok("locked memory", "no limit is stated (not needed since 5.11)");
  }
}
