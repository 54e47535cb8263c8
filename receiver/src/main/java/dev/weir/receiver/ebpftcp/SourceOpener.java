package dev.weir.receiver.ebpftcp;

import dev.weir.bpf.ConnectionSource;
import dev.weir.bpf.ProbeConfig;
import dev.weir.pipeline.StartException;
import org.slf4j.Logger;

/** Opens the source that all {@code ebpf_tcp} receivers of an agent share: the kernel. */
@FunctionalInterface
public interface SourceOpener {
  /**
   * Loads and attaches everything.
   *
   * @param log for what is missing and what that costs
   * @throws StartException if that cannot be done; says what to try, and leaves nothing attached
   */
  ConnectionSource open(ProbeConfig config, Logger log) throws StartException;
}
