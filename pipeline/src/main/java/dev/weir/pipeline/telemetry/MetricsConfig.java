package dev.weir.pipeline.telemetry;

import dev.weir.pipeline.config.Schema;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code service::telemetry::metrics}.
 *
 * @param level how much is measured
 * @param readers who gets it; none given means one page for Prometheus on localhost:8888
 * @param views what becomes of single metrics; only with level detailed
 */
public record MetricsConfig(Level level, List<Reader> readers, List<MetricView> views) {

  /** How much the agent tells about itself. */
  public enum Level {
    /** Nothing; no port is opened. */
    NONE,
    /** What everybody needs. */
    BASIC,
    /** The default. */
    NORMAL,
    /** All there is. */
    DETAILED
  }

  /** One reader: exactly one of the two. */
  public record Reader(@Nullable Pull pull, @Nullable Periodic periodic) {
    static final Schema<Reader> SCHEMA =
        Schema.define(
            fields -> {
              var pull =
                  fields.optionalSection("pull", Pull.SCHEMA, "Somebody else asks for the values.");
              var periodic =
                  fields.optionalSection(
                      "periodic", Periodic.SCHEMA, "The values are sent in an interval.");
              fields.rule(
                  reader ->
                      (reader.pull() == null) == (reader.periodic() == null)
                          ? List.of("must have exactly one of pull and periodic")
                          : List.of());
              return values -> new Reader(values.get(pull), values.get(periodic));
            });
  }

  /** A reader that is asked. */
  public record Pull(PullExporter exporter) {
    static final Schema<Pull> SCHEMA =
        Schema.define(
            fields -> {
              var exporter =
                  fields.section("exporter", PullExporter.SCHEMA, "How values are handed out.");
              return values -> new Pull(values.get(exporter));
            });
  }

  /** How values are handed out: there is one way. */
  public record PullExporter(@Nullable Prometheus prometheus) {
    static final Schema<PullExporter> SCHEMA =
        Schema.define(
            fields -> {
              var prometheus =
                  fields.optionalSection("prometheus", Prometheus.SCHEMA, "A page for Prometheus.");
              fields.rule(
                  exporter ->
                      exporter.prometheus() == null ? List.of("must have prometheus") : List.of());
              return values -> new PullExporter(values.get(prometheus));
            });
  }

  /**
   * A page for Prometheus, on path {@code /metrics}.
   *
   * @param host where to listen
   * @param port where to listen; 0 for a free one
   * @param withoutScopeInfo leaves out the labels that name the instrumentation scope
   * @param withoutUnits leaves out units at the end of names
   * @param withoutTypeSuffix leaves out {@code _total} at the end of names
   */
  public record Prometheus(
      String host,
      long port,
      boolean withoutScopeInfo,
      boolean withoutUnits,
      boolean withoutTypeSuffix) {
    /** The Collector's: localhost:8888, names as they are. */
    public static final Prometheus DEFAULT = new Prometheus("localhost", 8888, true, true, true);

    static final Schema<Prometheus> SCHEMA =
        Schema.define(
            fields -> {
              var host = fields.text("host", DEFAULT.host(), "Where to listen.");
              var port =
                  fields
                      .whole("port", DEFAULT.port(), "Where to listen; 0 for a free port.")
                      .check(p -> p >= 0 && p <= 65535, "must be from 0 to 65535");
              var scope =
                  fields.flag("without_scope_info", true, "Leaves out the labels of the scope.");
              var units =
                  fields.flag("without_units", true, "Leaves out units at the end of names.");
              var types =
                  fields.flag(
                      "without_type_suffix", true, "Leaves out _total at the end of names.");
              return values ->
                  new Prometheus(
                      values.get(host),
                      values.get(port),
                      values.get(scope),
                      values.get(units),
                      values.get(types));
            });
  }

  /**
   * A reader that sends.
   *
   * @param intervalMillis from one sending to the next, in milliseconds
   * @param timeoutMillis how long one may take, in milliseconds
   * @param exporter how values are sent
   */
  public record Periodic(long intervalMillis, long timeoutMillis, PeriodicExporter exporter) {
    static final Schema<Periodic> SCHEMA =
        Schema.define(
            fields -> {
              var interval =
                  fields
                      .whole("interval", 60_000, "Milliseconds from one sending to the next.")
                      .check(n -> n > 0, "must be positive");
              var timeout =
                  fields
                      .whole("timeout", 30_000, "Milliseconds that one sending may take.")
                      .check(n -> n > 0, "must be positive");
              var exporter =
                  fields.section("exporter", PeriodicExporter.SCHEMA, "How values are sent.");
              return values ->
                  new Periodic(values.get(interval), values.get(timeout), values.get(exporter));
            });
  }

  /** How values are sent: exactly one of the two. */
  public record PeriodicExporter(@Nullable Otlp otlp, @Nullable Console console) {
    static final Schema<PeriodicExporter> SCHEMA =
        Schema.define(
            fields -> {
              var otlp = fields.optionalSection("otlp", Otlp.SCHEMA, "By OTLP.");
              var console =
                  fields.optionalSection(
                      "console", Schema.empty(new Console()), "To standard output.");
              fields.rule(
                  exporter ->
                      (exporter.otlp() == null) == (exporter.console() == null)
                          ? List.of("must have exactly one of otlp and console")
                          : List.of());
              return values -> new PeriodicExporter(values.get(otlp), values.get(console));
            });
  }

  /** To standard output, as a page for Prometheus; there is nothing to set. */
  public record Console() {}

  /**
   * By OTLP.
   *
   * @param target where to and how
   * @param temporality {@code cumulative}, {@code delta} or {@code lowmemory}
   */
  public record Otlp(OtlpTarget target, Temporality temporality) {
    static final Schema<Otlp> SCHEMA =
        Schema.define(
            fields -> {
              Function<Schema.Values, OtlpTarget> target = OtlpTarget.keys(fields, "/v1/metrics");
              var temporality =
                  fields.choice(
                      "temporality_preference",
                      Temporality.class,
                      Temporality.CUMULATIVE,
                      "What a sum covers: cumulative everything, delta what is new.");
              fields.rule(otlp -> otlp.target().errors());
              return values -> new Otlp(target.apply(values), values.get(temporality));
            });
  }

  /** What a sum or histogram covers when it is sent. */
  public enum Temporality {
    /** Everything since the start. */
    CUMULATIVE,
    /** What came since the last sending. */
    DELTA,
    /** Deltas for what is counted at once, everything for what is read from elsewhere. */
    LOWMEMORY
  }

  /** The keys. */
  public static final Schema<MetricsConfig> SCHEMA =
      Schema.define(
          fields -> {
            var level =
                fields.choice(
                    "level",
                    Level.class,
                    Level.NORMAL,
                    "How much is measured; none opens no port.");
            var readers =
                fields.sections(
                    "readers",
                    Reader.SCHEMA,
                    "Who gets the metrics; none given: a page for Prometheus on localhost:8888.");
            var views =
                fields.sections(
                    "views",
                    MetricView.SCHEMA,
                    "What becomes of single metrics; only with level detailed.");
            fields.rule(
                config ->
                    config.views().isEmpty() || config.level() == Level.DETAILED
                        ? List.of()
                        : List.of(
                            "views can only be set when service::telemetry::metrics::level is"
                                + " detailed"));
            return values ->
                new MetricsConfig(values.get(level), values.get(readers), values.get(views));
          });

  /** Puts in the default reader where none is given. */
  public MetricsConfig {
    views = List.copyOf(views);
    readers =
        readers.isEmpty()
            ? List.of(new Reader(new Pull(new PullExporter(Prometheus.DEFAULT)), null))
            : List.copyOf(readers);
  }
}
