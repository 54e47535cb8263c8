package dev.weir.agent;

import dev.weir.bpf.BpfException;
import dev.weir.bpf.ConnectionSource;
import dev.weir.bpf.Hook;
import dev.weir.bpf.ProbeConfig;
import dev.weir.bpf.TcpProbe;
import dev.weir.pipeline.StartException;
import dev.weir.receiver.ebpftcp.SourceOpener;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Opens the kernel for all {@code ebpf_tcp} receivers, and remembers what came of it for the
 * greeting. Thread safe.
 */
final class KernelSource implements SourceOpener {
  /**
   * What is known right after the programs were attached.
   *
   * @param hooks what became of each hook
   * @param adopted connections older than the agent that are measured from now on
   */
  record Opened(List<Hook.Status> hooks, long adopted) {
    Opened {
      hooks = List.copyOf(hooks);
    }

    long attached() {
      return hooks.stream().filter(status -> status.state() == Hook.State.ATTACHED).count();
    }
  }

  private volatile @Nullable Opened opened;

  @Override
  public ConnectionSource open(ProbeConfig config, Logger log) throws StartException {
    try {
      TcpProbe probe = TcpProbe.open(config, log);
      opened = new Opened(probe.hooks(), probe.statistics().adopted());
      return probe;
    } catch (BpfException e) {
      throw new StartException(e.getMessage() + " ('weir doctor' tells more)", e);
    }
  }

  /** Returns what came of the last opening, or null if the kernel was not opened. */
  @Nullable Opened opened() {
    return opened;
  }
}
