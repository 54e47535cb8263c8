package dev.weir.agent;

import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.config.AgentConfig;
import dev.weir.pipeline.config.ConfigSource;
import dev.weir.pipeline.config.ConfigWarning;
import dev.weir.pipeline.config.LoadResult;
import dev.weir.pipeline.service.GraphException;
import dev.weir.pipeline.service.GraphPlan;
import dev.weir.pipeline.service.PipelineService;
import dev.weir.pipeline.telemetry.AgentTelemetry;
import dev.weir.pipeline.telemetry.TelemetryConfig;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;

/** {@code weir}: runs the agent until a signal or a component ends it. */
final class RunCommand {
  private final BuildInfo build;
  private final BuiltIn builtIn;
  private final StopSignal stopSignal;

  RunCommand(BuildInfo build, BuiltIn builtIn, StopSignal stopSignal) {
    this.build = build;
    this.builtIn = builtIn;
    this.stopSignal = stopSignal;
  }

  /** Runs, and returns the exit code after everything was flushed. */
  int run(List<ConfigSource> sources, PrintWriter err) throws CommandFailure, InterruptedException {
    LoadResult<TelemetryConfig> result = Configuration.load(builtIn.components(), sources);
    AgentConfig<TelemetryConfig> config = Configuration.demand(result);
    InstantSource clock = InstantSource.system();
    AgentTelemetry telemetry;
    try {
      telemetry = AgentTelemetry.start(build, config.telemetry(), clock);
    } catch (StartException e) {
      throw new CommandFailure(ExitCode.CANNOT_START, String.valueOf(e.getMessage()), e);
    }
    warn(result.warnings(), telemetry.logger("config", Map.of()));
    PipelineService service;
    try {
      service = PipelineService.build(build, GraphPlan.of(config), telemetry, clock);
    } catch (GraphException e) {
      telemetry.stop(PipelineService.DEFAULT_GRACE);
      throw new CommandFailure(ExitCode.CANNOT_START, String.valueOf(e.getMessage()), e);
    }
    stopSignal.arm(() -> service.requestStop("received a signal"));
    int code = ExitCode.BUG;
    try {
      code = run(service, telemetry, config, err);
      return code;
    } catch (StartException e) {
      code = ExitCode.CANNOT_START;
      throw new CommandFailure(code, String.valueOf(e.getMessage()), e);
    } finally {
      stopSignal.finished(code);
    }
  }

  private int run(
      PipelineService service,
      AgentTelemetry telemetry,
      AgentConfig<TelemetryConfig> config,
      PrintWriter err)
      throws StartException, InterruptedException {
    service.start();
    Greeting.print(
        build, config, service.shownAt(), telemetry.addresses(), builtIn.kernel().opened(), err);
    Thread givingBack = StartMemory.releaseNowAndThen();
    Thread shrinking = SoftHeap.ofJvm().watch();
    PipelineService.End end;
    try {
      end = service.awaitEnd();
    } finally {
      givingBack.interrupt();
      shrinking.interrupt();
    }
    List<String> errors = service.stop(PipelineService.DEFAULT_GRACE);
    for (String error : errors) {
      err.println("Error: " + error);
    }
    if (end.fatal()) {
      err.println("Error: " + end.reason());
    }
    return end.fatal() || !errors.isEmpty() ? ExitCode.FAILED : ExitCode.OK;
  }

  private static void warn(List<ConfigWarning> warnings, Logger logger) {
    for (ConfigWarning warning : warnings) {
      logger.atLevel(warning.level()).log(warning.toString());
    }
  }
}
