package dev.weir.agent;

import dev.weir.bpf.Hook;
import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.config.AgentConfig;
import dev.weir.pipeline.config.AgentConfig.Pipeline;
import dev.weir.pipeline.config.AgentConfig.Reference;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The few lines that tell a person, once everything runs, what runs and where to look. */
final class Greeting {
  private Greeting() {}

  /**
   * Prints them.
   *
   * @param shownAt where components show what they make
   * @param ownMetrics where the agent shows its own metrics
   * @param opened what came of opening the kernel, or null if that was not asked for
   */
  static void print(
      BuildInfo build,
      AgentConfig<?> config,
      Map<String, String> shownAt,
      List<InetSocketAddress> ownMetrics,
      KernelSource.@Nullable Opened opened,
      PrintWriter out) {
    out.println("weir " + build.version() + " is running.");
    for (Pipeline pipeline : config.pipelines().values()) {
      out.println("  pipeline " + pipeline.id() + ": " + chain(pipeline));
    }
    shownAt.forEach((component, place) -> out.println("  " + component + ": " + place));
    for (InetSocketAddress address : ownMetrics) {
      out.println("  own metrics: " + url(address));
    }
    if (opened != null) {
      out.println("  hooks: " + opened.attached() + " of " + opened.hooks().size());
      for (Hook.Status status : opened.hooks()) {
        if (status.state() != Hook.State.ATTACHED) {
          out.println("    " + status.detail() + ": " + status.hook().without());
        }
      }
      out.println(
          "  connections older than the agent: "
              + opened.adopted()
              + " measured from now on; any other from its next change of state on");
    }
    out.flush();
  }

  private static String chain(Pipeline pipeline) {
    StringBuilder chain = new StringBuilder(ids(pipeline.receivers()));
    for (Reference processor : pipeline.processors()) {
      chain.append(" -> ").append(processor.id());
    }
    return chain.append(" -> ").append(ids(pipeline.exporters())).toString();
  }

  private static String ids(List<Reference> references) {
    return references.stream()
        .map(reference -> reference.id().toString())
        .collect(Collectors.joining(", "));
  }

  static String url(InetSocketAddress address) {
    String host = address.getAddress().isLoopbackAddress() ? "localhost" : address.getHostString();
    return "http://"
        + (host.contains(":") ? "[" + host + "]" : host)
        + ":"
        + address.getPort()
        + "/metrics";
  }
}
