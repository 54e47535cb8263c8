package dev.weir.agent;

import dev.weir.pipeline.Components;
import dev.weir.pipeline.config.ConfigPrinter;
import dev.weir.pipeline.config.ConfigSource;
import dev.weir.pipeline.config.ConfigWarning;
import dev.weir.pipeline.config.LoadResult;
import dev.weir.pipeline.telemetry.TelemetryConfig;
import java.io.PrintWriter;
import java.util.List;

/** {@code weir print-config}: writes the configuration with every key that it leaves out. */
final class PrintConfigCommand {
  /**
   * What was asked for.
   *
   * @param validates whether what makes no sense is an error, and not only a warning
   */
  record Request(ConfigPrinter.Format format, ConfigPrinter.Secrets secrets, boolean validates) {}

  private final Components components;

  PrintConfigCommand(Components components) {
    this.components = components;
  }

  int run(List<ConfigSource> sources, Request request, PrintWriter out, PrintWriter err)
      throws CommandFailure {
    LoadResult<TelemetryConfig> result =
        request.validates()
            ? Configuration.load(components, sources)
            : Configuration.loadUnvalidated(components, sources);
    for (ConfigWarning warning : result.warnings()) {
      err.println("Warning: " + warning);
    }
    out.print(
        ConfigPrinter.print(Configuration.demand(result), request.format(), request.secrets()));
    return ExitCode.OK;
  }
}
