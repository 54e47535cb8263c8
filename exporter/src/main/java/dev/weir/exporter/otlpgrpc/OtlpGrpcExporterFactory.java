package dev.weir.exporter.otlpgrpc;

import dev.weir.pdata.Item;
import dev.weir.pdata.Signal;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.sending.SendingExporter;
import dev.weir.transport.GrpcClient;
import dev.weir.transport.SharedInstances;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import java.util.List;

/** Makes exporters of type {@code otlp_grpc}, also called {@code otlp}, for all signals. */
public final class OtlpGrpcExporterFactory {
  private static final AttributeKey<String> SERVER_ADDRESS =
      AttributeKey.stringKey("server.address");
  private static final AttributeKey<Long> SERVER_PORT = AttributeKey.longKey("server.port");

  private OtlpGrpcExporterFactory() {}

  /** Returns the factory. */
  public static ExporterFactory<OtlpGrpcExporterConfig> create() {
    SharedInstances<OtlpGrpcDestination.Owner, GrpcClient> clients = new SharedInstances<>();
    return ExporterFactory.of(
            new Factory.Type<>(
                "otlp_grpc",
                List.of("otlp"),
                Factory.Stability.ALPHA,
                OtlpGrpcExporterConfig.SCHEMA))
        .withTraces((context, config) -> make(context, config, Signal.TRACES, clients))
        .withMetrics((context, config) -> make(context, config, Signal.METRICS, clients))
        .withLogs((context, config) -> make(context, config, Signal.LOGS, clients));
  }

  private static <T extends Item> Exporter<T> make(
      ComponentContext context,
      OtlpGrpcExporterConfig config,
      Signal<T> signal,
      SharedInstances<OtlpGrpcDestination.Owner, GrpcClient> clients) {
    return SendingExporter.of(
        context,
        signal,
        config.sending(),
        Attributes.of(
            SERVER_ADDRESS,
            config.client().serverHost(),
            SERVER_PORT,
            (long) config.client().serverPort()),
        new OtlpGrpcDestination<>(context, config.client(), signal, clients));
  }
}
