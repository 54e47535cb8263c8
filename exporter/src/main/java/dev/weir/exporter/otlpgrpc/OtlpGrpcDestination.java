package dev.weir.exporter.otlpgrpc;

import dev.weir.pdata.Item;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.otlp.ExportResponse;
import dev.weir.pdata.otlp.OtlpFormatException;
import dev.weir.pdata.otlp.OtlpProtobuf;
import dev.weir.pdata.otlp.Pieces;
import dev.weir.pdata.otlp.RpcStatus;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.sending.Destination;
import dev.weir.pipeline.sending.StatusText;
import dev.weir.transport.GrpcAnswer;
import dev.weir.transport.GrpcClient;
import dev.weir.transport.GrpcClientConfig;
import dev.weir.transport.SharedInstances;
import dev.weir.transport.tls.TlsException;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Sends a batch as one call of OTLP's service for its signal. Which answers mean to try again is
 * the Collector's choice (collector.md 4), which is that of OTLP's specification.
 */
final class OtlpGrpcDestination<T extends Item> implements Destination<T> {
  private static final Map<Signal<?>, MethodDescriptor<Pieces, byte[]>> METHODS =
      Map.of(
          Signal.TRACES, export("trace.v1.TraceService"),
          Signal.METRICS, export("metrics.v1.MetricsService"),
          Signal.LOGS, export("logs.v1.LogsService"));

  private final ComponentContext context;
  private final GrpcClientConfig config;
  private final Owner owner;
  private final SharedInstances<Owner, GrpcClient> clients;
  private final MethodDescriptor<Pieces, byte[]> method;
  private @Nullable GrpcClient client;

  /** Who has a client of its own. */
  record Owner(ComponentId id, GrpcClientConfig config) {}

  OtlpGrpcDestination(
      ComponentContext context,
      GrpcClientConfig config,
      Signal<T> signal,
      SharedInstances<Owner, GrpcClient> clients) {
    this.context = context;
    this.config = config;
    this.owner = new Owner(context.id(), config);
    this.clients = clients;
    this.method = Objects.requireNonNull(METHODS.get(signal));
  }

  private static MethodDescriptor<Pieces, byte[]> export(String service) {
    return GrpcClient.method("opentelemetry.proto.collector." + service + "/Export");
  }

  @Override
  public void start(Host host) throws StartException {
    try {
      client =
          clients.open(
              owner,
              () ->
                  GrpcClient.open(
                      context.id().toString(),
                      config,
                      context.build(),
                      context.clock(),
                      context.logger()));
    } catch (TlsException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public Outcome send(Telemetry<T> batch, Duration timeout) throws InterruptedException {
    GrpcClient open = client;
    if (open == null) {
      return Outcome.retry("the exporter is not started");
    }
    return switch (open.call(method, OtlpProtobuf.pieces(batch), timeout)) {
      case GrpcAnswer.Message answer -> taken(answer.message());
      case GrpcAnswer.Failed failed -> refused(failed);
    };
  }

  private static Outcome taken(byte[] answer) {
    try {
      ExportResponse said = ExportResponse.ofProtobuf(answer);
      return said.isPartial()
          ? new Outcome.Partial(said.rejected(), said.message())
          : Outcome.accepted();
    } catch (OtlpFormatException e) {
      return new Outcome.Refused(
          StatusText.of(
              Code.INTERNAL, "grpc: failed to unmarshal the received message: " + e.getMessage()),
          Code.INTERNAL);
    }
  }

  private static Outcome refused(GrpcAnswer.Failed failed) {
    String reason = StatusText.of(failed.code(), failed.description());
    Duration after = retryAfter(failed.details());
    boolean again =
        switch (failed.code()) {
          case CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS -> true;
          // Only a server that says when is one that will ever have room again.
          case RESOURCE_EXHAUSTED -> after != null;
          default -> false;
        };
    return again
        ? new Outcome.Retry(reason, failed.code(), after == null || after.isZero() ? null : after)
        : new Outcome.Refused(reason, failed.code());
  }

  /** Returns the delay of a RetryInfo, zero if it names none; null if there is no RetryInfo. */
  private static @Nullable Duration retryAfter(byte @Nullable [] status) {
    if (status == null) {
      return null;
    }
    try {
      return RpcStatus.ofProtobuf(status).retryAfter();
    } catch (OtlpFormatException e) {
      return null; // the status itself says enough
    }
  }

  @Override
  public void stop(Duration grace) {
    if (client != null) {
      client = null;
      clients.close(owner, grace);
    }
  }
}
