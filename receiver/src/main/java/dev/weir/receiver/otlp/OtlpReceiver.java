package dev.weir.receiver.otlp;

import dev.weir.pdata.Item;
import dev.weir.pdata.Signal;
import dev.weir.pdata.otlp.OtlpFormatException;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import dev.weir.pipeline.Receiver;
import dev.weir.pipeline.StartException;
import dev.weir.transport.Admission;
import dev.weir.transport.GrpcServer;
import dev.weir.transport.GrpcServer.Answer;
import dev.weir.transport.GrpcServerConfig;
import dev.weir.transport.HttpHandler;
import dev.weir.transport.HttpServer;
import dev.weir.transport.ServerLoops;
import dev.weir.transport.ServerSetting;
import dev.weir.transport.ServerStatus;
import dev.weir.transport.StallWatch;
import dev.weir.transport.compression.ByteSlice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Serves OTLP over gRPC and HTTP. A request is answered when the pipelines have taken it: what is
 * acknowledged is theirs.
 */
final class OtlpReceiver implements Receiver {
  /** So small a share of the heap tiny items may weigh in all, whatever may be in flight. */
  private static final int OBJECTS_SHARE = 16;

  private final ComponentContext context;
  private final OtlpReceiverConfig config;
  private final Admission admission;
  private final Duration stallLimit;
  private @Nullable ServerLoops loops;
  private @Nullable OwnMetrics ownMetrics;
  private @Nullable GrpcServer grpc;
  private @Nullable HttpServer http;

  OtlpReceiver(ComponentContext context, OtlpReceiverConfig config) {
    this(context, config, StallWatch.LIMIT);
  }

  /**
   * Makes a receiver that is patient for so long.
   *
   * @param stallLimit how long a request may stand still half way
   */
  OtlpReceiver(ComponentContext context, OtlpReceiverConfig config, Duration stallLimit) {
    this.stallLimit = stallLimit;
    this.context = context;
    this.config = config;
    this.admission =
        new Admission(
            config.maxInFlightMib() << 20,
            Runtime.getRuntime().maxMemory() / OBJECTS_SHARE,
            (int) config.maxConcurrentRequests(),
            (int) config.maxConnections());
  }

  @Override
  public void start(Host host) throws StartException {
    ServerLoops made = new ServerLoops(context.id().toString());
    loops = made;
    StallWatch stalls = new StallWatch(made, stallLimit, context.logger());
    ServerSetting setting =
        new ServerSetting(
            made, admission, stalls, context.clock(), context.logger(), context.meter());
    try {
      GrpcServerConfig grpcConfig = config.protocols().grpc();
      if (grpcConfig != null) {
        grpc = GrpcServer.start(grpcConfig, services(), setting);
        context
            .logger()
            .atInfo()
            .addKeyValue("endpoint", grpcConfig.listener().endpoint())
            .log("Starting GRPC server");
      }
      OtlpReceiverConfig.Http httpConfig = config.protocols().http();
      if (httpConfig != null) {
        http =
            HttpServer.start(
                httpConfig.server(), handlers(httpConfig), OtlpHttpHandler::error, setting);
        context
            .logger()
            .atInfo()
            .addKeyValue("endpoint", httpConfig.server().listener().endpoint())
            .log("Starting HTTP server");
      }
    } catch (StartException e) {
      stop(Duration.ZERO);
      throw e;
    }
    ownMetrics = new OwnMetrics(context, admission, stalls);
  }

  private <T extends Item> @Nullable Intake<T> intake(Signal<T> signal, String transport) {
    Consumer<T> output = context.output(signal, transport);
    return output == null ? null : new Intake<>(signal, output, admission);
  }

  private List<GrpcServer.Service> services() {
    List<GrpcServer.Service> services = new ArrayList<>();
    add(services, "trace", "TraceService", intake(Signal.TRACES, "grpc"));
    add(services, "metrics", "MetricsService", intake(Signal.METRICS, "grpc"));
    add(services, "logs", "LogsService", intake(Signal.LOGS, "grpc"));
    return services;
  }

  private static void add(
      List<GrpcServer.Service> services, String folder, String name, @Nullable Intake<?> intake) {
    if (intake != null) {
      services.add(
          new GrpcServer.Service(
              "opentelemetry.proto.collector." + folder + ".v1." + name,
              Map.of("Export", (request, metadata) -> export(intake, request, metadata))));
    }
  }

  private static Answer export(
      Intake<?> intake, ByteSlice request, Map<String, List<String>> metadata) {
    Outcome outcome;
    try {
      outcome = intake.take(Encoding.PROTOBUF, request, metadata);
    } catch (OtlpFormatException e) {
      return new Answer.Failure(
          ServerStatus.of(Code.INTERNAL, "grpc: error unmarshalling request: " + e.getMessage()));
    }
    ServerStatus status = ServerStatus.of(outcome);
    return status == null
        ? new Answer.Message(Encoding.PROTOBUF.success(intake.signal(), outcome))
        : new Answer.Failure(status);
  }

  private Map<String, HttpHandler> handlers(OtlpReceiverConfig.Http paths) {
    Map<String, HttpHandler> handlers = new LinkedHashMap<>();
    boolean metadata = paths.server().includeMetadata();
    add(handlers, paths.tracesPath(), intake(Signal.TRACES, "http"), metadata);
    add(handlers, paths.metricsPath(), intake(Signal.METRICS, "http"), metadata);
    add(handlers, paths.logsPath(), intake(Signal.LOGS, "http"), metadata);
    return handlers;
  }

  private static void add(
      Map<String, HttpHandler> handlers,
      String path,
      @Nullable Intake<?> intake,
      boolean metadata) {
    if (intake != null) {
      handlers.put(path, new OtlpHttpHandler(intake, metadata));
    }
  }

  /** Returns the port of gRPC, or -1. */
  int grpcPort() {
    return grpc == null ? -1 : grpc.port();
  }

  /** Returns the port of HTTP, or -1. */
  int httpPort() {
    return http == null ? -1 : http.port();
  }

  @Override
  public void stop(Duration grace) {
    long end = System.nanoTime() + grace.toNanos();
    GrpcServer stoppedGrpc = grpc;
    HttpServer stoppedHttp = http;
    // Both stop listening before either is waited for.
    if (stoppedHttp != null) {
      stoppedHttp.shutdown();
    }
    if (stoppedGrpc != null) {
      stoppedGrpc.shutdown();
    }
    if (stoppedHttp != null) {
      stoppedHttp.stop(left(end));
    }
    if (stoppedGrpc != null) {
      stoppedGrpc.stop(left(end));
    }
    if (loops != null) {
      loops.close();
    }
    if (ownMetrics != null) {
      ownMetrics.close();
    }
    ownMetrics = null;
    grpc = null;
    http = null;
    loops = null;
  }

  private static Duration left(long end) {
    return Duration.ofNanos(Math.max(0, end - System.nanoTime()));
  }
}
