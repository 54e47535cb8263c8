package dev.weir.receiver.ebpftcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Metric;
import dev.weir.pdata.Signal;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Receiver;
import dev.weir.pipeline.StartException;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.CollectionRegistration;
import io.opentelemetry.sdk.metrics.export.MetricReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class OwnMetricsTest {
  private static final Path README =
      Path.of(Files.isDirectory(Path.of("receiver")) ? "receiver" : ".")
          .resolve("src/main/java/dev/weir/receiver/ebpftcp/README.md");

  /** Reads when it is asked to. */
  private static final class AskedReader implements MetricReader {
    private CollectionRegistration registration = CollectionRegistration.noop();

    @Override
    public void register(CollectionRegistration given) {
      registration = given;
    }

    Map<String, String> read() {
      Map<String, String> values = new TreeMap<>();
      for (MetricData metric : registration.collectAllMetrics()) {
        metric
            .getLongSumData()
            .getPoints()
            .forEach(
                p ->
                    values.put(
                        metric.getName() + List.copyOf(p.getAttributes().asMap().values()),
                        "" + p.getValue()));
        metric
            .getLongGaugeData()
            .getPoints()
            .forEach(
                p ->
                    values.put(
                        metric.getName() + List.copyOf(p.getAttributes().asMap().values()),
                        "" + p.getValue()));
        metric
            .getDoubleGaugeData()
            .getPoints()
            .forEach(
                p ->
                    values.put(
                        metric.getName() + List.copyOf(p.getAttributes().asMap().values()),
                        "" + p.getValue()));
      }
      return values;
    }

    @Override
    public CompletableResultCode forceFlush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public AggregationTemporality getAggregationTemporality(InstrumentType type) {
      return AggregationTemporality.CUMULATIVE;
    }
  }

  @Test
  void everyWayInWhichDataCouldGoMissingHasAFigureInTheReadmeToo()
      throws StartException, IOException {
    AskedReader reader = new AskedReader();
    ScriptedSource source = new ScriptedSource();
    Consumer<Metric> metrics = batch -> Outcome.accepted();
    Consumer<LogRecord> logs = batch -> Outcome.refused("never");
    try (SdkMeterProvider provider =
        SdkMeterProvider.builder().registerMetricReader(reader).build()) {
      Receiver receiver =
          EbpfTcpReceiverFactory.create((probe, log) -> source)
              .maker()
              .make(
                  TestContext.of(
                      "ebpf_tcp",
                      Map.of(Signal.METRICS, metrics, Signal.LOGS, logs),
                      provider.get("test"),
                      InstantSource.system()),
                  TestConfigs.defaults().interval(Duration.ofMillis(20)).maxRows(1).config());
      receiver.start(new TestContext.TestHost());
      for (int i = 1; i <= 3; i++) {
        source.ring.add(TestRecord.opened().client("10.0.0." + i, 1, "10.0.1.1", 80));
      }
      String of = "weir_receiver_ebpf_tcp_";
      await()
          .until(
              () -> {
                Map<String, String> now = reader.read();
                return "3".equals(now.get(of + "active_connections[ebpf_tcp]"))
                    && "3".equals(now.get(of + "dropped_log_records[refused, ebpf_tcp]"));
              });

      Map<String, String> now = reader.read();
      assertThat(now)
          .containsEntry(of + "records_read[ebpf_tcp]", "11")
          .containsEntry(of + "ring_fill[ebpf_tcp]", "22")
          .containsEntry(of + "overflowed[ebpf_tcp]", "3")
          .containsEntry(of + "lost_samples[ebpf_tcp]", "4")
          .containsEntry(of + "lost_events[ebpf_tcp]", "13")
          .containsEntry(of + "recursion_misses[tcp_state, ebpf_tcp]", "5")
          .containsEntry(of + "storage_failures[ebpf_tcp]", "6")
          .containsEntry(of + "adopted[ebpf_tcp]", "7")
          .containsEntry(of + "unadopted[ebpf_tcp]", "8")
          .containsEntry(of + "map_entries[storage, ebpf_tcp]", "9")
          .containsEntry(of + "snapshot_duration[ebpf_tcp]", "1.5")
          .containsEntry(of + "rows[ebpf_tcp]", "1")
          .containsEntry(of + "overflow_row_records[ebpf_tcp]", "2")
          .containsEntry(of + "overflow_row_connections[ebpf_tcp]", "2")
          .containsEntry(of + "remainder[ebpf_tcp]", "0");
      String readme = Files.readString(README);
      for (String name : now.keySet()) {
        assertThat(readme).contains(name.substring(of.length(), name.indexOf('[')));
      }
      receiver.stop(Duration.ofSeconds(5));
      assertThat(reader.read()).isEmpty();
    }
  }
}
