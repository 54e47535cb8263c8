package dev.weir.exporter.prometheus;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Metric;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.ScopeItems;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Value;
import dev.weir.pipeline.exposition.ExpositionFormat;
import dev.weir.pipeline.exposition.ExpositionWriter;
import dev.weir.pipeline.exposition.Labels;
import dev.weir.pipeline.exposition.MetricFamily;
import dev.weir.pipeline.exposition.MetricType;
import dev.weir.pipeline.exposition.NameTranslation;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * The last value of each series, under the name and labels that Prometheus sees. Thread safe:
 * {@code accept}, {@code write} and {@code expire} may all run at once.
 *
 * <p>A metric of a source has a {@link SeriesTable}; tables whose metrics come to one name are a
 * {@link Family}. What changes rarely (families, tables, names) is changed under one lock and read
 * without; series change under the lock of their table.
 */
final class SeriesStore {
  private static final String UNKNOWN_TYPE_KEY = "prometheus.type";
  private static final String UNKNOWN_TYPE = "unknown";
  private static final String TARGET_INFO = "target_info";
  private static final int STALE_FRACTION = 5;

  private record TableKey(
      Source source, String metric, String unit, Metric.Kind kind, MetricType type) {}

  private record Target(String job, String instance) {}

  private record TargetState(Attributes resource, Labels labels, AtomicLong updated) {}

  private final PrometheusExporterConfig config;
  private final NameTranslation translation;
  private final InstantSource clock;
  private final Logger logger;
  private final DropCounts drops;
  private final long expirationMillis;
  private final MetricFamily targetInfo;
  private final Object structure = new Object();
  private final ConcurrentMap<TableKey, SeriesTable> tables = new ConcurrentHashMap<>();
  private final ConcurrentSkipListMap<String, Family> families = new ConcurrentSkipListMap<>();
  private final Map<String, Family> sampleNames = new HashMap<>(); // under structure
  private final ConcurrentMap<Target, TargetState> targets = new ConcurrentHashMap<>();
  private final AtomicLong series = new AtomicLong();
  private final LongAdder expired = new LongAdder();

  SeriesStore(PrometheusExporterConfig config, InstantSource clock, Logger logger) {
    this.config = config;
    this.translation = config.translation();
    this.clock = clock;
    this.logger = logger;
    this.drops = new DropCounts(logger, clock);
    this.expirationMillis = Math.max(1, config.metricExpiration().toMillis());
    this.targetInfo =
        new MetricFamily(
            new NameTranslation(config.namespace(), translation.keepNames(), false, false)
                .metricName(TARGET_INFO, "", MetricType.GAUGE),
            MetricType.GAUGE,
            "Target metadata");
  }

  /** Takes a batch: keeps references to its attributes, bounds and exemplars, copies nothing. */
  void accept(Telemetry<Metric> batch) {
    long now = clock.millis();
    for (ResourceItems<Metric> resource : batch.resources()) {
      Attributes attributes = resource.resource().attributes();
      boolean any = false;
      for (ScopeItems<Metric> scope : resource.scopes()) {
        Source source =
            Source.of(attributes, scope.scope(), scope.schemaUrl(), config.resourceToTelemetry());
        for (Metric metric : scope.items()) {
          any |= metric.count() > 0;
          accept(source, metric, now);
        }
      }
      if (any) {
        rememberTarget(attributes, now);
      }
    }
  }

  private void accept(Source source, Metric metric, long now) {
    if (metric.count() == 0) {
      return;
    }
    DropReason refusal = refusal(metric);
    if (refusal != null) {
      drops.add(refusal, metric.count(), metric.name(), () -> "");
      return;
    }
    TableKey key = new TableKey(source, metric.name(), metric.unit(), metric.kind(), type(metric));
    SeriesTable table;
    do {
      table = tables.get(key);
      if (table == null) {
        table = make(key, metric);
      }
    } while (table != null && !table.accept(metric, now));
  }

  private static @Nullable DropReason refusal(Metric metric) {
    boolean needsTemporality =
        switch (metric.kind()) {
          case SUM, HISTOGRAM, EXPONENTIAL_HISTOGRAM -> true;
          case GAUGE, SUMMARY -> false;
        };
    if (needsTemporality && metric.temporality() == Metric.Temporality.UNSPECIFIED) {
      return DropReason.UNSPECIFIED_TEMPORALITY;
    }
    if (metric.kind() == Metric.Kind.SUM
        && metric.temporality() == Metric.Temporality.DELTA
        && !metric.monotonic()) {
      return DropReason.DELTA_NON_MONOTONIC;
    }
    return null;
  }

  private static MetricType type(Metric metric) {
    return switch (metric.kind()) {
      case SUM -> metric.monotonic() ? MetricType.COUNTER : MetricType.GAUGE;
      case HISTOGRAM, EXPONENTIAL_HISTOGRAM -> MetricType.HISTOGRAM;
      case SUMMARY -> MetricType.SUMMARY;
      case GAUGE -> {
        Value said = metric.metadata().get(UNKNOWN_TYPE_KEY);
        yield said != null && AttributeText.of(said).equals(UNKNOWN_TYPE)
            ? MetricType.UNKNOWN
            : MetricType.GAUGE;
      }
    };
  }

  /** Makes the table of a metric, or counts its points if its name cannot be shown. */
  private @Nullable SeriesTable make(TableKey key, Metric metric) {
    String name;
    try {
      name = translation.metricName(key.metric(), key.unit(), key.type());
    } catch (IllegalArgumentException e) {
      drops.add(
          DropReason.INVALID_NAME,
          metric.count(),
          key.metric(),
          () -> String.valueOf(e.getMessage()));
      return null;
    }
    synchronized (structure) {
      SeriesTable known = tables.get(key);
      if (known != null) {
        return known;
      }
      Family family = families.get(name);
      if (family == null) {
        family = new Family(new MetricFamily(name, key.type(), metric.description()));
      }
      String conflict = conflict(name, key.type(), family);
      if (conflict != null) {
        drops.add(DropReason.TYPE_CONFLICT, metric.count(), key.metric(), () -> conflict);
        return null;
      }
      if (!family.header().help().equals(metric.description())) {
        logger.info(
            "metric {} has two descriptions; shown is the first: \"{}\", not \"{}\"",
            name,
            family.header().help(),
            metric.description());
      }
      SeriesTable table =
          switch (key.kind()) {
            case GAUGE, SUM -> new NumberTable(this, key.source(), family, key.metric());
            case HISTOGRAM -> new HistogramTable(this, key.source(), family, key.metric());
            case EXPONENTIAL_HISTOGRAM ->
                new ExponentialTable(this, key.source(), family, key.metric());
            case SUMMARY -> new SummaryTable(this, key.source(), family, key.metric());
          };
      family.tables().add(table);
      families.put(name, family);
      for (String sample : samples(name, key.type())) {
        sampleNames.put(sample, family);
      }
      tables.put(key, table);
      return table;
    }
  }

  /** Returns the names of the samples that a family of this type has. */
  private static List<String> samples(String name, MetricType type) {
    return switch (type) {
      case COUNTER, GAUGE, UNKNOWN -> List.of(name);
      case SUMMARY -> List.of(name, name + "_sum", name + "_count");
      case HISTOGRAM -> List.of(name, name + "_sum", name + "_count", name + "_bucket");
    };
  }

  @SuppressWarnings("ReferenceEquality") // a family is itself and no other
  private @Nullable String conflict(String name, MetricType type, Family family) {
    if (family.header().type() != type) {
      return "instrument type conflict, using existing type definition. instrument: "
          + name
          + ", existing: "
          + family.header().type()
          + ", dropped: "
          + type;
    }
    for (String sample : samples(name, type)) {
      Family other = sampleNames.get(sample);
      if (other != null && other != family) {
        return sample + " is a sample of " + other.header();
      }
      if (sample.equals(targetInfo.name())) {
        return sample + " is the exporter's own";
      }
    }
    return null;
  }

  private void rememberTarget(Attributes resource, long now) {
    String job = Source.job(resource);
    String instance = Source.instance(resource);
    if (job == null || instance == null) {
      return;
    }
    Target target = new Target(job, instance);
    TargetState known = targets.get(target);
    if (known == null || !known.resource().equals(resource)) {
      Labels labels = Source.targetInfo(resource, job, instance, translation);
      known = new TargetState(resource, labels, new AtomicLong(now));
      targets.put(target, known);
    }
    known.updated().set(now);
  }

  /** Writes all series, families by name. */
  void write(ExpositionWriter writer) throws IOException {
    PageWriter page = new PageWriter(writer, config.sendTimestamps(), config.createdSamples());
    boolean infoWritten = false;
    for (Family family : inOrder(writer.format())) {
      if (!infoWritten && family.header().name().compareTo(targetInfo.name()) > 0) {
        writeTargets(page);
        infoWritten = true;
      }
      page.family(family.header());
      for (SeriesTable table : family.tables()) {
        table.write(page);
      }
    }
    if (!infoWritten) {
      writeTargets(page);
    }
  }

  /**
   * Returns the families by name; by their names with underscores where such are asked for, so that
   * those that become one stand together, under one header.
   */
  private Collection<Family> inOrder(ExpositionFormat format) {
    if (!translation.keepNames() || format.utf8Names()) {
      return families.values();
    }
    List<Family> sorted = new ArrayList<>(families.values());
    sorted.sort(Comparator.comparing(f -> f.header().nameIn(format)));
    return sorted;
  }

  private void writeTargets(PageWriter page) throws IOException {
    List<Map.Entry<Target, TargetState>> all = new ArrayList<>(targets.entrySet());
    all.sort(
        Comparator.comparing((Map.Entry<Target, TargetState> e) -> e.getKey().job())
            .thenComparing(e -> e.getKey().instance()));
    page.family(targetInfo);
    for (Map.Entry<Target, TargetState> entry : all) {
      page.header();
      page.writer().integer(entry.getValue().labels(), 1, ExpositionWriter.NO_TIME, null);
    }
  }

  /** Removes what had no point for {@code metric_expiration}; returns how many series. */
  int expire() {
    long cutoff = clock.millis() - expirationMillis;
    int count = 0;
    for (Map.Entry<TableKey, SeriesTable> entry : tables.entrySet()) {
      count += entry.getValue().expire(cutoff);
      if (entry.getValue().dieIfEmpty()) {
        forget(entry.getKey(), entry.getValue());
      }
    }
    targets.values().removeIf(target -> target.updated().get() < cutoff);
    expired.add(count);
    return count;
  }

  private void forget(TableKey key, SeriesTable table) {
    synchronized (structure) {
      if (tables.remove(key, table)) {
        Family family = table.family();
        family.tables().remove(table);
        if (family.tables().isEmpty()) {
          families.remove(family.header().name(), family);
          sampleNames.values().removeIf(family::equals);
        }
      }
    }
  }

  // For the tables.

  DropCounts drops() {
    return drops;
  }

  Labels labels(Source source, Attributes attributes) {
    return source.labels(attributes, translation, !config.withoutScopeInfo(), config.constLabels());
  }

  String labelProblem(Source source, Attributes attributes) {
    try {
      return labels(source, attributes).toString();
    } catch (IllegalArgumentException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** Returns before which time a row's last point lets another source take its labels. */
  long staleBefore(long now) {
    return now - expirationMillis / STALE_FRACTION;
  }

  long maxSeries() {
    return config.maxSeries();
  }

  /** Makes room for one series more; false if there are as many as allowed. */
  boolean admit() {
    if (series.incrementAndGet() > config.maxSeries()) {
      series.decrementAndGet();
      return false;
    }
    return true;
  }

  void released() {
    series.decrementAndGet();
  }

  /** Returns how many series are kept. */
  long series() {
    return series.get();
  }

  /** Returns how many series have expired since the start. */
  long expired() {
    return expired.sum();
  }
}
