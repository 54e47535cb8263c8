package dev.weir.receiver.ebpftcp;

import dev.weir.bpf.ConnectionSource;
import dev.weir.pdata.Signal;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.ReceiverFactory;
import dev.weir.pipeline.StartException;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Makes {@code ebpf_tcp} receivers. One factory for each run of the agent: it holds what the
 * receivers of that run share.
 */
public final class EbpfTcpReceiverFactory {
  /** The type in the config file. */
  public static final String TYPE = "ebpf_tcp";

  private final SourceOpener opener;
  private final LongSupplier monotonic;
  private @Nullable SharedSource kernel;

  private EbpfTcpReceiverFactory(SourceOpener opener, LongSupplier monotonic) {
    this.opener = opener;
    this.monotonic = monotonic;
  }

  /** Returns a factory whose receivers share one source, opened by {@code opener} when needed. */
  public static ReceiverFactory<EbpfTcpConfig> create(SourceOpener opener) {
    return create(opener, System::nanoTime);
  }

  /** Returns a factory with a clock of one's own, for tests. */
  static ReceiverFactory<EbpfTcpConfig> create(SourceOpener opener, LongSupplier monotonic) {
    EbpfTcpReceiverFactory factory = new EbpfTcpReceiverFactory(opener, monotonic);
    return new ReceiverFactory<>(
        Factory.Type.of(TYPE, Factory.Stability.ALPHA, EbpfTcpConfig.SCHEMA),
        Set.of(Signal.METRICS, Signal.LOGS),
        factory::make);
  }

  private synchronized EbpfTcpReceiver make(ComponentContext context, EbpfTcpConfig config) {
    SharedSource source;
    if (!config.replay().isEmpty()) {
      source = new SharedSource((probe, log) -> replay(config, log), context.clock(), monotonic);
    } else {
      if (kernel == null || kernel.sealed()) {
        kernel = new SharedSource(opener::open, context.clock(), monotonic);
      }
      source = kernel;
    }
    EbpfTcpReceiver receiver =
        new EbpfTcpReceiver(
            context, config, source, identities(config), identities(config), monotonic);
    source.join(receiver);
    return receiver;
  }

  private ConnectionSource replay(EbpfTcpConfig config, Logger log) throws StartException {
    return ReplaySource.open(Path.of(config.replay()), config.replaySpeed(), monotonic, log);
  }

  /**
   * Returns a resolver for one thread. A recording says nothing of the cgroups of the host that it
   * was made on, and those of this host must not be taken for them.
   */
  private Identity.Resolver identities(EbpfTcpConfig config) {
    return config.replay().isEmpty()
        ? new CgroupIdentity(Path.of("/proc"), monotonic)
        : Identity.Resolver.NOBODY;
  }
}
