package dev.weir.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What /proc and /sys say about this machine and this process. Everything is read when asked for; a
 * file that is not there, or must not be read, is null.
 *
 * @param root where /proc and /sys are: {@code /}, or a copy in a test
 */
record MachineFiles(Path root) {

  @Nullable String kernelRelease() {
    return text("proc/sys/kernel/osrelease");
  }

  /** Returns the kernel's BTF, or null. */
  byte @Nullable [] kernelTypes() {
    try {
      return Files.readAllBytes(root.resolve("sys/kernel/btf/vmlinux"));
    } catch (IOException e) {
      return null;
    }
  }

  /** Returns the effective capabilities of this process as a mask, or null. */
  @Nullable Long effectiveCapabilities() {
    for (String line : lines("proc/self/status")) {
      if (line.startsWith("CapEff:")) {
        try {
          return Long.parseUnsignedLong(line.substring("CapEff:".length()).strip(), 16);
        } catch (NumberFormatException e) {
          return null;
        }
      }
    }
    return null;
  }

  /** Returns whether this process is in the machine's first user namespace. */
  boolean inFirstUserNamespace() {
    String map = text("proc/self/uid_map");
    return map == null
        || (map.strip().split("\\s+").length == 3 && map.strip().endsWith("4294967295"));
  }

  /** Returns what a link such as {@code proc/self/ns/pid} points at, or null. */
  @Nullable String link(String path) {
    try {
      return Files.readSymbolicLink(root.resolve(path)).toString();
    } catch (IOException | UnsupportedOperationException e) {
      return null;
    }
  }

  /** Returns the text of a file without white space at its ends, or null. */
  @Nullable String text(String path) {
    try {
      return Files.readString(root.resolve(path), StandardCharsets.ISO_8859_1).strip();
    } catch (IOException e) {
      return null;
    }
  }

  /** Returns the lines of a file; none if it cannot be read. */
  List<String> lines(String path) {
    String text = text(path);
    return text == null ? List.of() : text.lines().toList();
  }
}
