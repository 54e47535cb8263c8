package dev.weir.receiver.ebpftcp;

import dev.weir.bpf.ProbeConfig;
import dev.weir.pipeline.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** From a selection as it is written to what the kernel compares. */
final class Selections {
  private Selections() {}

  /**
   * Returns the selection.
   *
   * @throws StartException if the file of a network namespace cannot be read
   */
  static ProbeConfig.Selection of(EbpfTcpConfig.SelectionConfig written) throws StartException {
    List<Integer> namespaces = new ArrayList<>();
    for (String namespace : written.namespaces()) {
      namespaces.add(namespace.startsWith("/") ? inode(namespace) : EbpfTcpConfig.inode(namespace));
    }
    return new ProbeConfig.Selection(
        written.cidrs().stream().map(EbpfTcpConfig::cidr).toList(),
        written.ports().stream().map(Long::intValue).toList(),
        written.processes(),
        namespaces);
  }

  private static int inode(String file) throws StartException {
    try {
      Object inode = Files.getAttribute(Path.of(file), "unix:ino");
      return (int) ((Number) inode).longValue();
    } catch (IOException | RuntimeException e) {
      throw new StartException(
          "network_namespaces: cannot read the inode of "
              + file
              + " ("
              + e
              + "); it must be the file of a network namespace, such as those in /run/netns",
          e);
    }
  }
}
