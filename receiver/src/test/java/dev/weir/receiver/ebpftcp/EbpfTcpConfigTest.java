package dev.weir.receiver.ebpftcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Components;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.config.ConfigLoader;
import dev.weir.pipeline.config.ConfigSource;
import dev.weir.pipeline.config.LoadResult;
import dev.weir.pipeline.config.Schema;
import dev.weir.pipeline.config.SchemaTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EbpfTcpConfigTest {
  private static final Path README =
      Path.of(Files.isDirectory(Path.of("receiver")) ? "receiver" : ".")
          .resolve("src/main/java/dev/weir/receiver/ebpftcp/README.md");
  private static final String REST =
      """
      exporters:
        nowhere:
      service:
        pipelines:
          metrics: {receivers: [ebpf_tcp], exporters: [nowhere]}
      """;

  private static LoadResult<String> load(String yaml) {
    ExporterFactory<String> nowhere =
        ExporterFactory.of(Factory.Type.of("nowhere", Factory.Stability.STABLE, Schema.empty("")))
            .withMetrics(
                (context, config) ->
                    new Exporter<>() {
                      @Override
                      public Outcome consume(
                          dev.weir.pdata.Telemetry<dev.weir.pdata.Metric> batch) {
                        return Outcome.accepted();
                      }
                    });
    Factory<?> receiver =
        EbpfTcpReceiverFactory.create(
            (probe, log) -> {
              throw new StartException("not in this test");
            });
    return new ConfigLoader<>(
            new Components(List.of(receiver, nowhere)), Schema.empty(""), name -> null)
        .load(List.of(new ConfigSource.Text("test.yaml", yaml)));
  }

  private static EbpfTcpConfig good(String receivers) {
    LoadResult<String> result = load(receivers + REST);
    assertThat(result).isInstanceOf(LoadResult.Loaded.class);
    return (EbpfTcpConfig)
        Objects.requireNonNull(
                ((LoadResult.Loaded<String>) result)
                    .config()
                    .component(ComponentKind.RECEIVER, ComponentId.parse("ebpf_tcp")))
            .config();
  }

  @Test
  void theReadmeNamesEachKeyAndItsDefault() throws IOException {
    assertThat(SchemaTable.of(EbpfTcpConfig.SCHEMA).differences(Files.readString(README)))
        .isEmpty();
  }

  @Test
  void theExampleInTheReadmeIsAGoodConfig() throws IOException {
    String readme = Files.readString(README);
    String example = readme.substring(readme.indexOf("```yaml\n") + 8);
    EbpfTcpConfig config = good(example.substring(0, example.indexOf("```")));

    assertThat(config.collectionInterval()).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.exports(MetricDefinition.SEGMENTS)).isFalse();
    assertThat(config.exports(MetricDefinition.IO)).isTrue();
    assertThat(config.settings(MetricDefinition.RTT).bounds())
        .containsExactly(0.001, 0.01, 0.1, 1.0);
    assertThat(config.settings(MetricDefinition.RTT_MIN).kind())
        .isEqualTo(EbpfTcpConfig.HistogramKind.EXPONENTIAL);
    assertThat(config.onMetrics(AttributeDefinition.K8S_POD_UID)).isTrue();
    assertThat(config.onLogs(AttributeDefinition.K8S_POD_UID)).isTrue();
    assertThat(config.exclude().ports()).containsExactly(22L);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{ring_size: 5000} | ring_size | must be a power of two between 4096 and 1073741824",
        "{collection_interval: 1ms} | collection_interval | must be at least 10ms",
        "{max_rows: 0} | max_rows | must be between 1 and 10000000",
        "{temporality: monotonic} | temporality | cumulative",
        "{metrics: {tcp.rtd: {enabled: false}}} | tcp.rtd | tcp.rtt",
        "{metrics: {tcp.rtt: {bounds: [1, 1]}}} | bounds | each greater than the one before",
        "{metrics: {tcp.io: {bounds: [1]}}} | bounds | enabled",
        "{attributes: {source.adress: {metrics: false}}} | source.adress | source.address",
        "{include: {cidrs: [10.0.0.0/33]}} | cidrs | each must be an address or a network",
        "{include: {cidrs: [host.example]}} | cidrs | each must be an address or a network",
        "{exclude: {ports: [70000]}} | ports | each must be between 1 and 65535",
        "{exclude: {processes: [a-name-of-16-byte]}} | processes | between 1 and 15 bytes",
        "{include: {network_namespaces: [blue]}} | network_namespaces | inode number or an absolute",
        "{record: a, replay: b} | ebpf_tcp | record and replay cannot both be set",
        "{row_expiration: 1s} | ebpf_tcp | must not be shorter than collection_interval",
        "{replay_speed: -1} | replay_speed | must be between 0 and 1000000",
        "{filter_entries: 1, include: {ports: [1, 2]}} | include | longer than filter_entries",
      })
  void aMistakeIsSaidWithItsPlaceAndWhatToDo(String section, String where, String words) {
    LoadResult<String> result = load("receivers:\n  ebpf_tcp: " + section.strip() + "\n" + REST);

    assertThat(result).isInstanceOf(LoadResult.Failed.class);
    String said = ((LoadResult.Failed<String>) result).render();
    assertThat(said).contains("test.yaml:2", where.strip(), words.strip());
  }

  @Test
  void networksAndNamespacesAreReadAsTheyAreWritten() throws StartException {
    assertThat(EbpfTcpConfig.cidr("10.1.0.0/16").prefixLength()).isEqualTo(16);
    assertThat(EbpfTcpConfig.cidr("10.1.0.1").prefixLength()).isEqualTo(32);
    assertThat(EbpfTcpConfig.cidr("fd00::/8").prefixLength()).isEqualTo(8);
    assertThat(EbpfTcpConfig.inode("net:[4026531840]")).isEqualTo((int) 4026531840L);
    assertThat(EbpfTcpConfig.inode("4026531840")).isEqualTo((int) 4026531840L);
    var own =
        Selections.of(
            new EbpfTcpConfig.SelectionConfig(
                List.of("10.0.0.0/8"),
                List.of(80L),
                List.of("curl"),
                List.of("/proc/self/ns/net")));
    assertThat(own.networkNamespaces()).hasSize(1);
    assertThat(own.ports()).containsExactly(80);
  }

  @Test
  void aNamespaceFileThatIsNotThereIsAStartError() {
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () ->
                Selections.of(
                    new EbpfTcpConfig.SelectionConfig(
                        List.of(), List.of(), List.of(), List.of("/run/netns/none-such"))))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("/run/netns/none-such");
  }
}
