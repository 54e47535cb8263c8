package dev.weir.bpf;

import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;

/**
 * What the running kernel offers, asked without loading anything and without privileges.
 *
 * <p>The floor is Linux {@value #FLOOR_MAJOR}.{@value #FLOOR_MINOR}: socket storage for tracing
 * programs (5.11), {@code bpf_sock_from_file} (5.11), {@code bpf_get_socket_cookie} for tracing
 * programs and recursion_misses (5.12), and {@code sock_cgroup_data.cgroup} as a pointer (5.15).
 * Hooks are then looked for one by one in the kernel's BTF.
 */
public final class Kernel {
  /** Major version of the oldest kernel. */
  public static final int FLOOR_MAJOR = 5;

  /** Minor version of the oldest kernel. */
  public static final int FLOOR_MINOR = 15;

  /** Where the kernel shows its BTF. */
  public static final Path BTF = Path.of("/sys/kernel/btf/vmlinux");

  private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+).*");

  private Kernel() {}

  /** Returns the release of the running kernel, as {@code uname -r} says it. */
  public static String release() {
    return System.getProperty("os.version", "");
  }

  /**
   * Returns whether {@code release} is at least the floor; an unreadable release is let through.
   */
  public static boolean isAtLeastFloor(String release) {
    Matcher m = VERSION.matcher(release);
    if (!m.matches()) {
      return true;
    }
    int major = Integer.parseInt(m.group(1));
    return major > FLOOR_MAJOR
        || (major == FLOOR_MAJOR && Integer.parseInt(m.group(2)) >= FLOOR_MINOR);
  }

  /** Returns whether the kernel shows its BTF. */
  public static boolean hasBtf() {
    return Files.isReadable(BTF);
  }

  /**
   * Checks what must be there before anything can be loaded.
   *
   * @throws BpfException that says what is missing and what to do
   */
  static void demandBasics(String release) throws BpfException {
    if (!System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux")) {
      throw new BpfException("ebpf_tcp runs on Linux only; use its replay key elsewhere");
    }
    if (!isAtLeastFloor(release)) {
      throw new BpfException(
          String.format(
              Locale.ROOT,
              "kernel %s is too old: ebpf_tcp needs Linux %d.%d or newer",
              release,
              FLOOR_MAJOR,
              FLOOR_MINOR));
    }
    if (!hasBtf()) {
      throw new BpfException(
          BTF
              + " is missing: the kernel was built without CONFIG_DEBUG_INFO_BTF=y, or /sys is not"
              + " mounted here. Use a distribution kernel with BTF (Debian 11, Ubuntu 20.10, RHEL 8.2,"
              + " Fedora 31 and newer have it), and in a container mount /sys");
    }
  }

  /**
   * Says for each hook of the TCP probe whether the kernel has it: {@link Hook.State#ATTACHED}
   * means here that it could be attached.
   *
   * @throws BpfException if libbpf or the kernel's BTF is missing
   */
  public static List<Hook.Status> hooks(Logger log) throws BpfException {
    return hooks(Libbpf.find(log));
  }

  static List<Hook.Status> hooks(Libbpf libbpf) throws BpfException {
    Libbpf.Pointer btf = libbpf.kernelBtf();
    if (btf.isNull()) {
      throw new BpfException(
          "the kernel's BTF at " + BTF + " cannot be read: errno " + btf.errno());
    }
    MemorySegment types = btf.address();
    try {
      List<Hook.Status> found = new ArrayList<>();
      for (Hook hook : Hook.TCP) {
        int kind = hook.btfType().startsWith("btf_trace_") ? Libbpf.BTF_KIND_TYPEDEF : 4;
        boolean there = libbpf.btfHas(types, hook.btfType(), kind);
        found.add(
            new Hook.Status(
                hook,
                there ? Hook.State.ATTACHED : Hook.State.MISSING,
                there ? "" : "kernel " + release() + " has no " + hook.target()));
      }
      return List.copyOf(found);
    } finally {
      libbpf.freeBtf(types);
    }
  }
}
