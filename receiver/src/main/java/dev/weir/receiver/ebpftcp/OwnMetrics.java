package dev.weir.receiver.ebpftcp;

import dev.weir.bpf.ProbeStatistics;
import dev.weir.pipeline.ComponentContext;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableLongMeasurement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the receiver says of itself: a figure for every way in which data could go missing.
 * README.md lists them. Closing it takes them out of the agent's metrics.
 *
 * <p>The figures of the source are reported by one of the receivers that share it.
 */
final class OwnMetrics implements AutoCloseable {
  private static final String PREFIX = "weir_receiver_ebpf_tcp_";
  private static final AttributeKey<String> REASON = AttributeKey.stringKey("reason");
  private static final AttributeKey<String> PROGRAM = AttributeKey.stringKey("program");
  private static final AttributeKey<String> MAP = AttributeKey.stringKey("map");

  private final Meter meter;
  private final Attributes receiver;
  private final List<AutoCloseable> instruments = new ArrayList<>();

  OwnMetrics(ComponentContext context, EbpfTcpReceiver receiver, @Nullable SharedSource source) {
    this.meter = context.meter();
    this.receiver = Attributes.of(AttributeKey.stringKey("receiver"), context.id().toString());
    if (source != null) {
      ofSource(source);
    }
    if (receiver.metrics() != null) {
      ofRows(receiver, receiver.metrics());
    }
    if (receiver.queue() != null && receiver.events() != null) {
      ofEvents(receiver.queue(), receiver.events());
    }
  }

  private void ofSource(SharedSource source) {
    counter(
        source,
        "records_read",
        "{record}",
        "Records read from the ring.",
        ProbeStatistics::recordsRead);
    level(source, "ring_fill", "By", "Bytes in the ring not yet read.", ProbeStatistics::ringFill);
    level(source, "ring_size", "By", "Bytes of the ring.", ProbeStatistics::ringSize);
    counter(
        source,
        "overflowed",
        "{record}",
        "Records for which the ring had no room; their sums came by the overflow hash.",
        ProbeStatistics::overflowed);
    counter(
        source,
        "overflow_total",
        "{record}",
        "Records for which the overflow hash had no room either; their sums lost all attributes.",
        ProbeStatistics::overflowTotal);
    counter(
        source,
        "lost_samples",
        "{sample}",
        "Histogram samples lost with the detail of overflowed records.",
        ProbeStatistics::lostSamples);
    counter(
        source,
        "lost_events",
        "{event}",
        "Connection events that went with overflowed records: they are counted, and in no log.",
        ProbeStatistics::lostEvents);
    counter(
        source,
        "storage_failures",
        "{socket}",
        "Sockets for which the kernel gave no storage, and which are not measured.",
        ProbeStatistics::storageFailures);
    counter(
        source,
        "adopted",
        "{connection}",
        "Connections older than the agent that are measured from their adoption on.",
        ProbeStatistics::adopted);
    counter(
        source,
        "unadopted",
        "{connection}",
        "Connections older than the agent that ended without having been adopted.",
        ProbeStatistics::unadopted);
    counter(
        source,
        "backstops",
        "{connection}",
        "Connections whose end only the destruction of their socket showed.",
        ProbeStatistics::backstops);
    counter(
        source,
        "unseen_ends",
        "{connection}",
        "Connections whose end no program saw, found missing by two snapshots.",
        ProbeStatistics::unseenEnds);
    counter(
        source,
        "uninsured",
        "{connection}",
        "Closing connections that could not be noted: an end that goes unseen is lost.",
        ProbeStatistics::uninsured);
    counter(source, "snapshots", "{snapshot}", "Snapshots taken.", ProbeStatistics::snapshots);
    level(
        source,
        "live_connections",
        "{connection}",
        "Live connections that the last snapshot read.",
        ProbeStatistics::snapshotRows);
    instruments.add(
        meter
            .gaugeBuilder(PREFIX + "snapshot_duration")
            .setUnit("s")
            .setDescription("Time that the last snapshot took, user side included.")
            .buildWithCallback(
                out -> {
                  ProbeStatistics now = source.statistics();
                  if (now != null) {
                    out.record(now.snapshotNanos() / 1e9, receiver);
                  }
                }));
    byName(
        source,
        true,
        "recursion_misses",
        "{run}",
        "Runs of a program that the kernel skipped because it interrupted itself.",
        PROGRAM,
        ProbeStatistics::recursionMisses);
    byName(
        source,
        false,
        "map_entries",
        "{entry}",
        "Entries in each bounded map.",
        MAP,
        ProbeStatistics::mapEntries);
    byName(
        source,
        false,
        "map_capacity",
        "{entry}",
        "Limit of each bounded map.",
        MAP,
        ProbeStatistics::mapCapacity);
  }

  private void ofRows(EbpfTcpReceiver of, MetricOutlet outlet) {
    level("rows", "{row}", "Rows in use: distinct sets of attributes.", () -> of.figures().rows());
    counter(
        "overflow_row_records",
        "{record}",
        "Records added up in the overflow row because max_rows was reached.",
        () -> of.figures().overflowed());
    counter(
        "overflow_row_connections",
        "{connection}",
        "Connections that the overflow row counted as opened.",
        () -> of.figures().overflowConnections());
    level(
        "active_connections",
        "{connection}",
        "Live connections by the rows' counting.",
        () -> of.figures().active());
    level(
        "remainder",
        "1",
        "By how much exported counters are ahead of what was counted, over all rows and columns;"
            + " carried until made up.",
        () -> of.figures().remainder());
    counter(
        "skipped_collections",
        "{collection}",
        "Collections without a batch because the one before was still under way; nothing is lost.",
        () -> of.figures().skipped());
    counter("retries", "{batch}", "Batches that were not taken at once.", outlet::retries);
    instruments.add(
        meter
            .counterBuilder(PREFIX + "dropped_metric_points")
            .setUnit("{datapoint}")
            .setDescription("Data points that nobody took, by reason.")
            .buildWithCallback(
                out -> {
                  out.record(outlet.refusedPoints(), with(REASON, "refused"));
                  out.record(outlet.abandonedPoints(), with(REASON, "stopped"));
                }));
  }

  private void ofEvents(EventQueue queue, EventOutlet outlet) {
    level("log_queue_size", "{record}", "Connection events that wait.", queue::size);
    level("log_queue_capacity", "{record}", "Limit of waiting connection events.", queue::capacity);
    instruments.add(
        meter
            .counterBuilder(PREFIX + "dropped_log_records")
            .setUnit("{record}")
            .setDescription("Connection events that became no log record, by reason.")
            .buildWithCallback(
                out -> {
                  out.record(queue.dropped(), with(REASON, "queue_full"));
                  out.record(outlet.refused(), with(REASON, "refused"));
                  out.record(outlet.abandoned(), with(REASON, "stopped"));
                }));
  }

  private Attributes with(AttributeKey<String> key, String value) {
    return receiver.toBuilder().put(key, value).build();
  }

  /** A figure that is read when somebody asks. */
  @FunctionalInterface
  private interface Figure {
    long read();
  }

  private void counter(String name, String unit, String doc, Figure figure) {
    instruments.add(
        meter
            .counterBuilder(PREFIX + name)
            .setUnit(unit)
            .setDescription(doc)
            .buildWithCallback(out -> out.record(figure.read(), receiver)));
  }

  private void level(String name, String unit, String doc, Figure figure) {
    instruments.add(
        meter
            .gaugeBuilder(PREFIX + name)
            .ofLongs()
            .setUnit(unit)
            .setDescription(doc)
            .buildWithCallback(out -> out.record(figure.read(), receiver)));
  }

  private void counter(
      SharedSource source,
      String name,
      String unit,
      String doc,
      ToLongFunction<ProbeStatistics> figure) {
    instruments.add(
        meter
            .counterBuilder(PREFIX + name)
            .setUnit(unit)
            .setDescription(doc)
            .buildWithCallback(out -> record(source, figure, out)));
  }

  private void level(
      SharedSource source,
      String name,
      String unit,
      String doc,
      ToLongFunction<ProbeStatistics> figure) {
    instruments.add(
        meter
            .gaugeBuilder(PREFIX + name)
            .ofLongs()
            .setUnit(unit)
            .setDescription(doc)
            .buildWithCallback(out -> record(source, figure, out)));
  }

  private void record(
      SharedSource source, ToLongFunction<ProbeStatistics> figure, ObservableLongMeasurement out) {
    ProbeStatistics now = source.statistics();
    if (now != null) {
      out.record(figure.applyAsLong(now), receiver);
    }
  }

  /** Reads one figure for each program or map. */
  @FunctionalInterface
  private interface Figures {
    Map<String, Long> read(ProbeStatistics statistics);
  }

  private void byName(
      SharedSource source,
      boolean counter,
      String name,
      String unit,
      String doc,
      AttributeKey<String> key,
      Figures figures) {
    java.util.function.Consumer<ObservableLongMeasurement> read =
        out -> {
          ProbeStatistics now = source.statistics();
          if (now != null) {
            figures.read(now).forEach((what, value) -> out.record(value, with(key, what)));
          }
        };
    instruments.add(
        counter
            ? meter
                .counterBuilder(PREFIX + name)
                .setUnit(unit)
                .setDescription(doc)
                .buildWithCallback(read)
            : meter
                .gaugeBuilder(PREFIX + name)
                .ofLongs()
                .setUnit(unit)
                .setDescription(doc)
                .buildWithCallback(read));
  }

  @Override
  public void close() {
    for (AutoCloseable instrument : instruments) {
      try {
        instrument.close();
      } catch (Exception e) {
        throw new IllegalStateException("an instrument's close does not throw", e);
      }
    }
  }
}
