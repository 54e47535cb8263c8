package dev.weir.exporter.otlpgrpc;

import dev.weir.pipeline.config.Schema;
import dev.weir.pipeline.sending.SendingConfig;
import dev.weir.transport.GrpcClientConfig;
import java.time.Duration;

/**
 * The keys of exporter {@code otlp_grpc} (collector.md 2.3).
 *
 * @param client how the server is reached
 * @param sending time limit, retries, queue
 */
public record OtlpGrpcExporterConfig(GrpcClientConfig client, SendingConfig sending) {
  /** Half the processor time of level 6 for a tenth more bytes; figures in docs/performance.md. */
  private static final int GZIP_LEVEL = 3;

  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  /** Declares the keys. */
  static final Schema<OtlpGrpcExporterConfig> SCHEMA =
      Schema.define(
          fields -> {
            var client = GrpcClientConfig.declare(fields, GZIP_LEVEL);
            var sending = SendingConfig.declare(fields, TIMEOUT);
            fields.rule(config -> config.client().errors());
            return values ->
                new OtlpGrpcExporterConfig(client.apply(values), sending.apply(values));
          });
}
