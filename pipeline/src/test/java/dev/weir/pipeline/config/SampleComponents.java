package dev.weir.pipeline.config;

import dev.weir.pdata.Signal;
import dev.weir.pipeline.Components;
import dev.weir.pipeline.ConnectorFactory;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.ExtensionFactory;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.Factory.Stability;
import dev.weir.pipeline.ProcessorFactory;
import dev.weir.pipeline.ReceiverFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Components that are only configured, never made, and have a key of every type between them. */
final class SampleComponents {
  enum Verbosity {
    BASIC,
    NORMAL,
    DETAILED
  }

  record Server(String endpoint, long maxSize) {
    static final Schema<Server> SCHEMA =
        Schema.define(
            fields -> {
              var endpoint = fields.text("endpoint", "localhost:4317", "Where it listens.");
              var maxSize = fields.whole("max_recv_msg_size_mib", 4, "The largest message.");
              return values -> new Server(values.get(endpoint), values.get(maxSize));
            });
  }

  record Protocols(@Nullable Server grpc, @Nullable Server http) {
    static final Schema<Protocols> SCHEMA =
        Schema.define(
            fields -> {
              var grpc = fields.optionalSection("grpc", Server.SCHEMA, "OTLP over gRPC.");
              var http = fields.optionalSection("http", Server.SCHEMA, "OTLP over HTTP.");
              return values -> new Protocols(values.get(grpc), values.get(http));
            });
  }

  record Otlp(Protocols protocols) {
    static final Schema<Otlp> SCHEMA =
        Schema.define(
            fields -> {
              var protocols = fields.section("protocols", Protocols.SCHEMA, "What it speaks.");
              fields.rule(
                  config ->
                      config.protocols().grpc() == null && config.protocols().http() == null
                          ? List.of(
                              "must specify at least one protocol when using the OTLP receiver")
                          : List.of());
              return values -> new Otlp(values.get(protocols));
            });
  }

  record Batch(Duration timeout, long size, List<String> keys) {
    static final Schema<Batch> SCHEMA =
        Schema.define(
            fields -> {
              var timeout =
                  fields
                      .duration("timeout", Duration.ofMillis(200), "How long a batch waits.")
                      .check(t -> !t.isNegative(), "must be greater or equal to 0");
              var size = fields.whole("send_batch_size", 8192, "Items in a batch.");
              var keys = fields.texts("metadata_keys", List.of(), "Keys to batch by.");
              return values -> new Batch(values.get(timeout), values.get(size), values.get(keys));
            });
  }

  record Queue(long size, boolean block) {
    static final Schema<Queue> SCHEMA =
        Schema.define(
            fields -> {
              var size =
                  fields
                      .whole("queue_size", 1000, "Requests that wait.")
                      .check(n -> n > 0, "must be positive");
              var block = fields.flag("block_on_overflow", false, "Waits when full.");
              return values -> new Queue(values.get(size), values.get(block));
            });
  }

  record Metric(boolean enabled, List<Double> bounds) {
    static final Schema<Metric> SCHEMA =
        Schema.define(
            fields -> {
              var enabled = fields.flag("enabled", true, "Whether it is sent.");
              var bounds = fields.reals("bounds", List.of(0.5, 1.0), "Bounds of the buckets.");
              return values -> new Metric(values.get(enabled), values.get(bounds));
            });
  }

  record Sender(
      String endpoint,
      @Nullable Queue queue,
      Map<String, String> headers,
      String token,
      Map<String, Metric> metrics,
      double ratio) {
    static final Schema<Sender> SCHEMA =
        Schema.define(
            fields -> {
              var endpoint = fields.text("endpoint", "", "Where to send.").required();
              var queue =
                  fields.sectionOnByDefault("sending_queue", Queue.SCHEMA, "Holds what waits.");
              var headers = fields.textMap("headers", "Sent with each request.").secret();
              var token = fields.text("token", "", "A password.").secret();
              var metrics = fields.sectionMap("metrics", Metric.SCHEMA, "Settings by metric.");
              var ratio =
                  fields.real("ratio", 1.5, "A factor.").deprecated("use \"factor\" instead");
              return values ->
                  new Sender(
                      values.get(endpoint),
                      values.get(queue),
                      values.get(headers),
                      values.get(token),
                      values.get(metrics),
                      values.get(ratio));
            });
  }

  record Debug(Verbosity verbosity, long initial, boolean internalLogger, String prefix) {
    static final Schema<Debug> SCHEMA =
        Schema.define(
            fields -> {
              var verbosity =
                  fields.choice(
                      "verbosity", Verbosity.class, Verbosity.BASIC, "How much is written.");
              var initial =
                  fields
                      .whole("sampling_initial", 2, "Messages a second before sampling begins.")
                      .check(n -> n >= 0, "must not be negative");
              var internal = fields.flag("use_internal_logger", true, "Writes to the log.");
              var prefix = fields.text("prefix", "", "Stands before each line.");
              return values ->
                  new Debug(
                      values.get(verbosity),
                      values.get(initial),
                      values.get(internal),
                      values.get(prefix));
            });
  }

  record Nothing() {
    static final Schema<Nothing> SCHEMA = Schema.empty(new Nothing());
  }

  record Telemetry(String level) {
    static final Schema<Telemetry> SCHEMA =
        Schema.define(
            fields -> {
              var level = fields.text("level", "info", "The level of the log.");
              return values -> new Telemetry(values.get(level));
            });
  }

  private SampleComponents() {}

  static final class NotMade extends UnsupportedOperationException {
    private static final long serialVersionUID = 1L;
  }

  static Components all() {
    var otlp = Factory.Type.of("otlp", Stability.STABLE, Otlp.SCHEMA);
    var logsOnly = Factory.Type.of("filelog", Stability.BETA, Nothing.SCHEMA);
    var batch = Factory.Type.of("batch", Stability.BETA, Batch.SCHEMA);
    var debug = Factory.Type.of("debug", Stability.ALPHA, Debug.SCHEMA);
    var sender = new Factory.Type<>("otlp_grpc", List.of("otlp"), Stability.STABLE, Sender.SCHEMA);
    var prometheus = Factory.Type.of("prometheus", Stability.BETA, Server.SCHEMA);
    var forward = Factory.Type.of("forward", Stability.BETA, Nothing.SCHEMA);
    var health = Factory.Type.of("health_check", Stability.BETA, Server.SCHEMA);
    return new Components(
        List.of(
            new ReceiverFactory<>(
                otlp,
                Set.copyOf(Signal.ALL),
                (context, config) -> {
                  throw new NotMade();
                }),
            new ReceiverFactory<>(
                logsOnly,
                Set.of(Signal.LOGS),
                (context, config) -> {
                  throw new NotMade();
                }),
            ProcessorFactory.of(batch)
                .withLogs(
                    (context, config, next) -> {
                      throw new NotMade();
                    })
                .withMetrics(
                    (context, config, next) -> {
                      throw new NotMade();
                    })
                .withTraces(
                    (context, config, next) -> {
                      throw new NotMade();
                    }),
            ExporterFactory.of(debug)
                .withLogs(
                    (context, config) -> {
                      throw new NotMade();
                    })
                .withMetrics(
                    (context, config) -> {
                      throw new NotMade();
                    })
                .withTraces(
                    (context, config) -> {
                      throw new NotMade();
                    }),
            ExporterFactory.of(sender)
                .withLogs(
                    (context, config) -> {
                      throw new NotMade();
                    })
                .withMetrics(
                    (context, config) -> {
                      throw new NotMade();
                    }),
            ExporterFactory.of(prometheus)
                .withMetrics(
                    (context, config) -> {
                      throw new NotMade();
                    }),
            ConnectorFactory.of(forward)
                .with(
                    Signal.METRICS,
                    Signal.METRICS,
                    (context, config) -> {
                      throw new NotMade();
                    })
                .with(
                    Signal.LOGS,
                    Signal.LOGS,
                    (context, config) -> {
                      throw new NotMade();
                    }),
            new ExtensionFactory<>(
                health,
                (context, config) -> {
                  throw new NotMade();
                })));
  }

  static ConfigLoader<Telemetry> loader(Map<String, String> environment) {
    return new ConfigLoader<>(all(), Telemetry.SCHEMA, environment::get);
  }

  static ConfigLoader<Telemetry> loader(Map<String, String> environment, Downloads downloads) {
    return new ConfigLoader<>(all(), Telemetry.SCHEMA, environment::get, () -> downloads);
  }
}
