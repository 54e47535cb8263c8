package dev.weir.agent;

import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.Components;
import dev.weir.pipeline.config.AgentConfig;
import dev.weir.pipeline.config.ConfigSource;
import dev.weir.pipeline.config.ConfigWarning;
import dev.weir.pipeline.config.LoadResult;
import dev.weir.pipeline.service.GraphException;
import dev.weir.pipeline.service.GraphPlan;
import dev.weir.pipeline.service.PipelineService;
import dev.weir.pipeline.telemetry.OwnTelemetry;
import dev.weir.pipeline.telemetry.TelemetryConfig;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.List;

/**
 * {@code weir validate}: loads and checks a configuration and builds its pipelines, as a start
 * would, but opens nothing. Silent on success, as the Collector.
 */
final class ValidateCommand {
  private final BuildInfo build;
  private final Components components;

  ValidateCommand(BuildInfo build, Components components) {
    this.build = build;
    this.components = components;
  }

  int run(List<ConfigSource> sources, boolean verbose, PrintWriter out, PrintWriter err)
      throws CommandFailure {
    LoadResult<TelemetryConfig> result = Configuration.load(components, sources);
    for (ConfigWarning warning : result.warnings()) {
      err.println("Warning: " + warning);
    }
    AgentConfig<TelemetryConfig> config = Configuration.demand(result);
    try {
      PipelineService.build(
          build, GraphPlan.of(config), OwnTelemetry.none(), InstantSource.system());
    } catch (GraphException e) {
      throw new CommandFailure(ExitCode.CANNOT_START, String.valueOf(e.getMessage()), e);
    }
    if (verbose) {
      int pipelines = config.pipelines().size();
      out.println(
          "The configuration is good: "
              + pipelines
              + (pipelines == 1 ? " pipeline." : " pipelines."));
    }
    return ExitCode.OK;
  }
}
