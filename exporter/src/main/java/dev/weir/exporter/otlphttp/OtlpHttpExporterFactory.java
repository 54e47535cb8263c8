package dev.weir.exporter.otlphttp;

import dev.weir.pdata.Item;
import dev.weir.pdata.Signal;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.sending.SendingExporter;
import dev.weir.transport.HttpPoster;
import dev.weir.transport.SharedInstances;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import java.net.URI;
import java.util.List;

/** Makes exporters of type {@code otlp_http}, also called {@code otlphttp}, for all signals. */
public final class OtlpHttpExporterFactory {
  private static final AttributeKey<String> SERVER_ADDRESS =
      AttributeKey.stringKey("server.address");
  private static final AttributeKey<Long> SERVER_PORT = AttributeKey.longKey("server.port");
  private static final AttributeKey<String> URL_PATH = AttributeKey.stringKey("url.path");

  private OtlpHttpExporterFactory() {}

  /** Returns the factory. */
  public static ExporterFactory<OtlpHttpExporterConfig> create() {
    SharedInstances<OtlpHttpDestination.Owner, HttpPoster> clients = new SharedInstances<>();
    return ExporterFactory.of(
            new Factory.Type<>(
                "otlp_http",
                List.of("otlphttp"),
                Factory.Stability.ALPHA,
                OtlpHttpExporterConfig.SCHEMA))
        .withTraces((context, config) -> make(context, config, Signal.TRACES, clients))
        .withMetrics((context, config) -> make(context, config, Signal.METRICS, clients))
        .withLogs((context, config) -> make(context, config, Signal.LOGS, clients));
  }

  private static <T extends Item> Exporter<T> make(
      ComponentContext context,
      OtlpHttpExporterConfig config,
      Signal<T> signal,
      SharedInstances<OtlpHttpDestination.Owner, HttpPoster> clients) {
    return SendingExporter.of(
        context,
        signal,
        config.sending(),
        labels(config.url(signal)),
        new OtlpHttpDestination<>(context, config, signal, clients));
  }

  private static Attributes labels(String url) {
    if (url.isEmpty()) {
      return Attributes.empty(); // it will not start
    }
    URI uri = URI.create(url);
    long port = uri.getPort() >= 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80;
    return Attributes.of(SERVER_ADDRESS, uri.getHost(), SERVER_PORT, port, URL_PATH, uri.getPath());
  }
}
