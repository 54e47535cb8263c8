package dev.weir.receiver.ebpftcp;

import dev.weir.pdata.Metric.Temporality;
import dev.weir.pipeline.config.Field;
import dev.weir.pipeline.config.Schema;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The config of one {@code ebpf_tcp}. What each key means stands in {@link #SCHEMA} and in
 * README.md.
 */
public record EbpfTcpConfig(
    Duration collectionInterval,
    Duration initialDelay,
    TemporalityChoice temporality,
    Map<MetricDefinition, MetricSettings> metrics,
    Map<AttributeDefinition, AttributeSettings> attributes,
    SelectionConfig include,
    SelectionConfig exclude,
    boolean excludeSelf,
    ExistingConnections existingConnections,
    long ringSize,
    long overflowEntries,
    long filterEntries,
    long rowCapacity,
    long maxRows,
    Duration rowExpiration,
    Duration reportInterval,
    long logQueueSize,
    long ownerSweep,
    String record,
    long recordMaxSize,
    String replay,
    double replaySpeed) {

  /** What the points of counters and histograms cover. */
  public enum TemporalityChoice {
    /** Everything since the row began. */
    CUMULATIVE,
    /** What was added since the last point that was sent. */
    DELTA;

    Temporality pdata() {
      return this == DELTA ? Temporality.DELTA : Temporality.CUMULATIVE;
    }
  }

  /** What becomes of connections that are older than the agent. */
  public enum ExistingConnections {
    /** Measured from the agent's start on. */
    FROM_NOW,
    /** Left out. */
    IGNORE
  }

  /** How a histogram counts. */
  public enum HistogramKind {
    /** By the bounds of {@code bounds}. */
    EXPLICIT,
    /** By exponential bounds that fit themselves to the samples. */
    EXPONENTIAL
  }

  /**
   * What one metric is exported as.
   *
   * @param enabled whether it is
   * @param kind how a histogram counts
   * @param bounds upper bounds in seconds, for an explicit histogram
   * @param maxSize most buckets of an exponential histogram
   */
  public record MetricSettings(
      boolean enabled, HistogramKind kind, List<Double> bounds, long maxSize) {
    /** Copies the bounds. */
    public MetricSettings {
      bounds = List.copyOf(bounds);
    }
  }

  /** Where one attribute is carried. */
  public record AttributeSettings(boolean metrics, boolean logs) {}

  /** A selection of connections, as it is written; an empty list says nothing. */
  public record SelectionConfig(
      List<String> cidrs, List<Long> ports, List<String> processes, List<String> namespaces) {
    /** Copies the lists. */
    public SelectionConfig {
      cidrs = List.copyOf(cidrs);
      ports = List.copyOf(ports);
      processes = List.copyOf(processes);
      namespaces = List.copyOf(namespaces);
    }
  }

  /** Copies the maps. */
  public EbpfTcpConfig {
    metrics = Map.copyOf(metrics);
    attributes = Map.copyOf(attributes);
  }

  private static final int MAX_BOUNDS = 64;
  private static final int MAX_COMM = 15;
  private static final Pattern NETNS = Pattern.compile("(?:net:\\[)?([0-9]{1,10})]?");

  /** The keys. */
  public static final Schema<EbpfTcpConfig> SCHEMA = Schema.define(EbpfTcpConfig::define);

  /** Returns whether {@code metric} is exported. */
  boolean exports(MetricDefinition metric) {
    return settings(metric).enabled();
  }

  /** Returns whether any gauge is exported, which needs further fields of each live connection. */
  boolean wantsFields() {
    return Arrays.stream(MetricDefinition.values()).anyMatch(m -> m.field() != null && exports(m));
  }

  /** Returns the settings of {@code metric}. */
  MetricSettings settings(MetricDefinition metric) {
    MetricSettings settings = metrics.get(metric);
    return settings == null ? defaults(metric) : settings;
  }

  /** Returns whether metrics carry {@code attribute}. */
  boolean onMetrics(AttributeDefinition attribute) {
    AttributeSettings settings = attributes.get(attribute);
    return settings == null ? attribute.onForMetrics() : settings.metrics();
  }

  /** Returns whether log records carry {@code attribute}. */
  boolean onLogs(AttributeDefinition attribute) {
    AttributeSettings settings = attributes.get(attribute);
    return settings == null ? attribute.onForLogs() : settings.logs();
  }

  private static MetricSettings defaults(MetricDefinition metric) {
    return new MetricSettings(
        metric.enabledByDefault(), HistogramKind.EXPLICIT, metric.bounds(), 160);
  }

  private static java.util.function.Function<Schema.Values, EbpfTcpConfig> define(
      Schema.Fields<EbpfTcpConfig> fields) {
    var collectionInterval =
        fields
            .duration(
                "collection_interval",
                Duration.ofSeconds(10),
                "How often live connections are read and metrics are handed on.")
            .check(d -> d.compareTo(Duration.ofMillis(10)) >= 0, "must be at least 10ms");
    var initialDelay =
        fields
            .duration(
                "initial_delay", Duration.ZERO, "How long to wait before the first collection.")
            .check(d -> !d.isNegative(), "must not be negative");
    var temporality =
        fields.choice(
            "temporality",
            TemporalityChoice.class,
            TemporalityChoice.CUMULATIVE,
            "`cumulative` or `delta`: what points of counters and histograms cover;"
                + " tcp.connection.active is always cumulative.");
    var metrics =
        fields.section(
            "metrics",
            metricsSchema(),
            "For each metric: `enabled`; for histograms also `kind`, `bounds`, `max_size`.");
    var attributes =
        fields.section(
            "attributes",
            attributesSchema(),
            "For each attribute: `metrics` and `logs`, whether they carry it.");
    Schema<SelectionConfig> selection = selectionSchema();
    var include =
        fields.section(
            "include",
            selection,
            "Only connections that match each of these lists which is not empty; decided in the"
                + " kernel, when a socket is first seen.");
    var exclude =
        fields.section("exclude", selection, "All connections but those that match any of these.");
    var excludeSelf = fields.flag("exclude_self", true, "Leave out the agent's own connections.");
    var existing =
        fields.choice(
            "existing_connections",
            ExistingConnections.class,
            ExistingConnections.FROM_NOW,
            "`from_now` measures connections older than the agent from its start on, `ignore` leaves"
                + " them out; the same in all ebpf_tcp receivers.");
    var ringSize =
        fields
            .whole(
                "ring_size",
                2L << 20,
                "Bytes of the ring between kernel and agent, a power of two; with several receivers"
                    + " the greatest counts, here and for the next three.")
            .check(
                n -> n >= 4096 && n <= 1L << 30 && Long.bitCount(n) == 1,
                "must be a power of two between 4096 and 1073741824");
    var overflowEntries =
        fields
            .whole(
                "overflow_entries",
                8192,
                "Entries of each of the two hashes that take sums when the ring is full.")
            .check(n -> n >= 1 && n <= 1L << 20, "must be between 1 and 1048576");
    var filterEntries =
        fields
            .whole(
                "filter_entries", 1024, "Entries of each map that holds `include` and `exclude`.")
            .check(n -> n >= 1 && n <= 1L << 20, "must be between 1 and 1048576");
    var rowCapacity =
        fields
            .whole("row_capacity", 8192, "Rows in one chunk of a snapshot of live connections.")
            .check(n -> n >= 16 && n <= 1L << 20, "must be between 16 and 1048576");
    var maxRows =
        fields
            .whole(
                "max_rows",
                5_000,
                "Most distinct sets of attributes; past it connections are added up in one row with"
                    + " `otel.metric.overflow=true`.")
            .check(n -> n >= 1 && n <= 10_000_000, "must be between 1 and 10000000");
    var rowExpiration =
        fields
            .duration(
                "row_expiration",
                Duration.ofMinutes(5),
                "How long a row without live connections is kept after the last record.")
            .check(d -> d.isPositive(), "must be positive");
    var reportInterval =
        fields
            .duration(
                "report_interval",
                Duration.ofMinutes(1),
                "How often a live connection that is at least as old is reported as a log record; 0"
                    + " never.")
            .check(d -> !d.isNegative(), "must not be negative");
    var logQueueSize =
        fields
            .whole(
                "log_queue_size",
                8192,
                "Connection events that wait for the logs pipeline; past it they are dropped and"
                    + " counted.")
            .check(n -> n >= 1 && n <= 1L << 20, "must be between 1 and 1048576");
    var ownerSweep =
        fields
            .whole(
                "owner_sweep",
                6,
                "Look for the owners of live connections every so many collections; 0 never.")
            .check(n -> n >= 0, "must not be negative");
    var record =
        fields.text(
            "record", "", "File that keeps the kernel's records as they come, for `replay`.");
    var recordMaxSize =
        fields
            .whole("record_max_size", 1L << 30, "Bytes at which recording stops.")
            .check(n -> n >= 4096, "must be at least 4096");
    var replay =
        fields.text(
            "replay",
            "",
            "File that a `record` wrote: is read in place of the kernel, without privileges;"
                + " `include`, `exclude` and `exclude_self` were decided when it was recorded.");
    var replaySpeed =
        fields
            .real("replay_speed", 1.0, "How much faster than recorded; 0 is as fast as possible.")
            .check(s -> s >= 0 && s <= 1e6, "must be between 0 and 1000000");
    fields.rule(EbpfTcpConfig::contradictions);
    return values ->
        new EbpfTcpConfig(
            values.get(collectionInterval),
            values.get(initialDelay),
            values.get(temporality),
            values.get(metrics),
            values.get(attributes),
            values.get(include),
            values.get(exclude),
            values.get(excludeSelf),
            values.get(existing),
            values.get(ringSize),
            values.get(overflowEntries),
            values.get(filterEntries),
            values.get(rowCapacity),
            values.get(maxRows),
            values.get(rowExpiration),
            values.get(reportInterval),
            values.get(logQueueSize),
            values.get(ownerSweep),
            values.get(record),
            values.get(recordMaxSize),
            values.get(replay),
            values.get(replaySpeed));
  }

  private static List<String> contradictions(EbpfTcpConfig config) {
    List<String> errors = new ArrayList<>();
    if (!config.record.isEmpty() && !config.replay.isEmpty()) {
      errors.add("record and replay cannot both be set: a replay is already a recording");
    }
    if (config.rowExpiration.compareTo(config.collectionInterval) < 0) {
      errors.add(
          "row_expiration: must not be shorter than collection_interval, or rows of live"
              + " connections would come and go");
    }
    for (SelectionConfig selection : List.of(config.include, config.exclude)) {
      String where = selection.equals(config.include) ? "include" : "exclude";
      for (List<?> list :
          List.of(selection.cidrs, selection.ports, selection.processes, selection.namespaces)) {
        if (list.size() > config.filterEntries) {
          errors.add(
              where + ": a list of " + list.size() + " entries is longer than filter_entries");
        }
      }
    }
    return errors;
  }

  private static Schema<Map<MetricDefinition, MetricSettings>> metricsSchema() {
    return Schema.define(
        fields -> {
          Map<MetricDefinition, Field<MetricSettings>> keys = new EnumMap<>(MetricDefinition.class);
          for (MetricDefinition metric : MetricDefinition.values()) {
            keys.put(
                metric, fields.section(metric.metricName(), metricSchema(metric), metric.doc()));
          }
          return values -> {
            Map<MetricDefinition, MetricSettings> settings = new EnumMap<>(MetricDefinition.class);
            keys.forEach((metric, key) -> settings.put(metric, values.get(key)));
            return settings;
          };
        });
  }

  private static Schema<MetricSettings> metricSchema(MetricDefinition metric) {
    MetricSettings defaults = defaults(metric);
    return Schema.define(
        fields -> {
          var enabled =
              fields.flag("enabled", defaults.enabled(), "Whether the metric is exported.");
          if (metric.kind() != MetricDefinition.Kind.HISTOGRAM) {
            return values ->
                new MetricSettings(
                    values.get(enabled), defaults.kind(), defaults.bounds(), defaults.maxSize());
          }
          var kind =
              fields.choice(
                  "kind",
                  HistogramKind.class,
                  HistogramKind.EXPLICIT,
                  "`explicit` or `exponential`.");
          var bounds =
              fields
                  .reals("bounds", defaults.bounds(), "Upper bounds in seconds, ascending.")
                  .check(
                      EbpfTcpConfig::ascend,
                      "must be between 1 and "
                          + MAX_BOUNDS
                          + " positive numbers, each greater than the one before");
          var maxSize =
              fields
                  .whole("max_size", 160, "Most buckets of an exponential histogram.")
                  .check(n -> n >= 2 && n <= 1024, "must be between 2 and 1024");
          return values ->
              new MetricSettings(
                  values.get(enabled), values.get(kind), values.get(bounds), values.get(maxSize));
        });
  }

  private static boolean ascend(List<Double> bounds) {
    double last = 0;
    for (double bound : bounds) {
      // More than that many seconds do not fit into 64 bits of nanoseconds.
      if (!(bound > last) || bound > 9e9) {
        return false;
      }
      last = bound;
    }
    return !bounds.isEmpty() && bounds.size() <= MAX_BOUNDS;
  }

  private static Schema<Map<AttributeDefinition, AttributeSettings>> attributesSchema() {
    return Schema.define(
        fields -> {
          Map<AttributeDefinition, Field<AttributeSettings>> keys =
              new EnumMap<>(AttributeDefinition.class);
          for (AttributeDefinition attribute : AttributeDefinition.values()) {
            keys.put(
                attribute,
                fields.section(
                    attribute.attributeName(),
                    attributeSchema(attribute),
                    "Where it is carried: " + attribute.possible()));
          }
          return values -> {
            Map<AttributeDefinition, AttributeSettings> settings =
                new EnumMap<>(AttributeDefinition.class);
            keys.forEach((attribute, key) -> settings.put(attribute, values.get(key)));
            return settings;
          };
        });
  }

  private static Schema<AttributeSettings> attributeSchema(AttributeDefinition attribute) {
    return Schema.define(
        fields -> {
          var metrics =
              fields.flag("metrics", attribute.onForMetrics(), "Whether metrics carry it.");
          var logs = fields.flag("logs", attribute.onForLogs(), "Whether log records carry it.");
          return values -> new AttributeSettings(values.get(metrics), values.get(logs));
        });
  }

  private static Schema<SelectionConfig> selectionSchema() {
    return Schema.define(
        fields -> {
          var cidrs =
              fields
                  .texts(
                      "cidrs",
                      List.of(),
                      "Networks such as `10.0.0.0/8`, or addresses; either end.")
                  .check(
                      list -> list.stream().allMatch(EbpfTcpConfig::isCidr),
                      "each must be an address or a network such as 10.0.0.0/8 or fd00::/8");
          var ports =
              fields
                  .wholes("ports", List.of(), "The server's port.")
                  .check(
                      list -> list.stream().allMatch(p -> p >= 1 && p <= 65535),
                      "each must be between 1 and 65535");
          var processes =
              fields
                  .texts(
                      "processes",
                      List.of(),
                      "Names of the owner's main thread, which the kernel keeps 15 bytes of.")
                  .check(
                      list -> list.stream().allMatch(EbpfTcpConfig::isComm),
                      "each must have between 1 and "
                          + MAX_COMM
                          + " bytes, as /proc/PID/comm shows it");
          var namespaces =
              fields
                  .texts(
                      "network_namespaces",
                      List.of(),
                      "Inode numbers as `4026531840` or `net:[4026531840]`, or files such as"
                          + " `/run/netns/blue`.")
                  .check(
                      list -> list.stream().allMatch(n -> n.startsWith("/") || isInode(n)),
                      "each must be an inode number or an absolute path");
          return values ->
              new SelectionConfig(
                  values.get(cidrs),
                  values.get(ports),
                  values.get(processes),
                  values.get(namespaces));
        });
  }

  private static boolean isComm(String name) {
    int length = name.getBytes(StandardCharsets.UTF_8).length;
    return length >= 1 && length <= MAX_COMM;
  }

  private static boolean isInode(String text) {
    try {
      inode(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * Returns the number in {@code 4026531840} or {@code net:[4026531840]}.
   *
   * @throws IllegalArgumentException if it is neither
   */
  static int inode(String text) {
    Matcher matcher = NETNS.matcher(text);
    if (!matcher.matches() || text.startsWith("net:[") != text.endsWith("]")) {
      throw new IllegalArgumentException(text);
    }
    return Integer.parseUnsignedInt(matcher.group(1));
  }

  private static boolean isCidr(String text) {
    try {
      cidr(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * Returns the network that {@code text} names; an address alone is a network of its own.
   *
   * @throws IllegalArgumentException if it names none
   */
  static dev.weir.bpf.ProbeConfig.Cidr cidr(String text) {
    int slash = text.indexOf('/');
    InetAddress address = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash));
    int bits = address.getAddress().length * 8;
    int prefix = slash < 0 ? bits : Integer.parseInt(text.substring(slash + 1));
    if (prefix < 0 || prefix > bits) {
      throw new IllegalArgumentException(text);
    }
    return new dev.weir.bpf.ProbeConfig.Cidr(address, prefix);
  }
}
