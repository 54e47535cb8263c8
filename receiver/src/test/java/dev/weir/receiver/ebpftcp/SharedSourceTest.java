package dev.weir.receiver.ebpftcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.bpf.ProbeConfig;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Metric;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Receiver;
import dev.weir.pipeline.ReceiverFactory;
import dev.weir.pipeline.StartException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class SharedSourceTest {
  private final ScriptedSource source = new ScriptedSource();
  private final List<ProbeConfig> opened = new CopyOnWriteArrayList<>();
  private final ReceiverFactory<EbpfTcpConfig> factory =
      EbpfTcpReceiverFactory.create(
          (probe, log) -> {
            opened.add(probe);
            return source;
          });

  private Receiver make(String id, List<Telemetry<Metric>> batches, Duration interval) {
    Consumer<Metric> consumer =
        batch -> {
          batches.add(batch);
          return Outcome.accepted();
        };
    return factory
        .maker()
        .make(
            TestContext.of(id, Map.of(Signal.METRICS, consumer)),
            TestConfigs.defaults().interval(interval).config());
  }

  private static long opened(List<Telemetry<Metric>> batches) {
    if (batches.isEmpty()) {
      return -1;
    }
    return batches.getLast().resources().getFirst().scopes().getFirst().items().stream()
        .filter(m -> m.name().equals("tcp.connection.opened"))
        .mapToLong(m -> m.numbers().integer(0))
        .sum();
  }

  @Test
  void allReceiversShareOneProbeAndEachGetsWhatItWants() throws StartException {
    List<Telemetry<Metric>> first = new CopyOnWriteArrayList<>();
    List<Telemetry<Metric>> second = new CopyOnWriteArrayList<>();
    Receiver one = make("ebpf_tcp", first, Duration.ofMillis(20));
    Receiver two = make("ebpf_tcp/b", second, Duration.ofMillis(30));
    one.start(new TestContext.TestHost());
    two.start(new TestContext.TestHost());
    assertThat(opened).hasSize(1);
    assertThat(opened.getFirst().receivers()).hasSize(2);
    await().until(() -> source.snapshots.get() > 3);

    source.ring.add(TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80).wanted(1));
    source.ring.add(TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80).wanted(3));
    await().until(() -> opened(first) == 2 && opened(second) == 1);

    one.stop(Duration.ofSeconds(5));
    assertThat(source.closed).isFalse();
    source.ring.add(TestRecord.whole().client("10.0.0.1", 1, "10.0.0.2", 80).wanted(3));
    await().until(() -> opened(second) == 2);
    two.stop(Duration.ofSeconds(5));
    assertThat(source.finished).isTrue();
    assertThat(source.closed).isTrue();
    assertThat(opened(first)).isEqualTo(2);
  }

  @Test
  void aReceiverThatWasMadeAgainTakesTheOldOnesPlace() throws StartException {
    List<Telemetry<Metric>> batches = new CopyOnWriteArrayList<>();
    make("ebpf_tcp", batches, Duration.ofMillis(20));
    Receiver again = make("ebpf_tcp", batches, Duration.ofMillis(20));
    again.start(new TestContext.TestHost());
    assertThat(opened.getFirst().receivers()).hasSize(1);
    again.stop(Duration.ofSeconds(5));

    Receiver later = make("ebpf_tcp", batches, Duration.ofMillis(20));
    later.start(new TestContext.TestHost());
    assertThat(opened).hasSize(2);
    later.stop(Duration.ofSeconds(5));
  }

  @Test
  void eventsAreAskedForWhereLogsAreTaken() throws StartException {
    Consumer<LogRecord> logs = batch -> Outcome.accepted();
    Receiver receiver =
        factory
            .maker()
            .make(
                TestContext.of("ebpf_tcp", Map.of(Signal.LOGS, logs)),
                EbpfTcpConfig.SCHEMA.defaults());
    receiver.start(new TestContext.TestHost());
    receiver.stop(Duration.ofSeconds(5));

    ProbeConfig probe = opened.getFirst();
    assertThat(probe.receivers().getFirst().events()).isTrue();
    assertThat(probe.receivers().getFirst().excludeSelf()).isTrue();
    assertThat(probe.adoptExisting()).isTrue();
    assertThat(probe.ringSize()).isEqualTo(2 << 20);
  }

  @Test
  void moreReceiversThanBitsAreRefused() {
    Receiver last = make("ebpf_tcp", new CopyOnWriteArrayList<>(), Duration.ofSeconds(1));
    for (int i = 1; i < 9; i++) {
      last = make("ebpf_tcp/" + i, new CopyOnWriteArrayList<>(), Duration.ofSeconds(1));
    }
    Receiver ninth = last;

    assertThatThrownBy(() -> ninth.start(new TestContext.TestHost()))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("at most 8")
        .hasMessageContaining("9");
    assertThat(opened).isEmpty();
  }

  @Test
  void aThreadThatDiesEndsTheAgentAndClosesTheSource() throws StartException {
    ReceiverFactory<EbpfTcpConfig> broken = EbpfTcpReceiverFactory.create((probe, log) -> source);
    TestContext.TestHost host = new TestContext.TestHost();
    Consumer<Metric> consumer = batch -> Outcome.accepted();
    Receiver receiver =
        broken
            .maker()
            .make(
                TestContext.of("ebpf_tcp", Map.of(Signal.METRICS, consumer)),
                TestConfigs.defaults().interval(Duration.ofMillis(20)).config());
    receiver.start(host);
    source.breakNext = true;

    await().until(() -> host.fatal.get() != null);

    assertThat(host.fatal.get()).contains("ebpf_tcp").contains("broken by the test");
    await().until(() -> source.closed);
    receiver.stop(Duration.ofSeconds(1));
  }

  @Test
  void ownersAreSweptEveryNthCollection() throws StartException {
    Receiver receiver = make("ebpf_tcp", new CopyOnWriteArrayList<>(), Duration.ofMillis(10));
    receiver.start(new TestContext.TestHost());
    await().until(() -> source.snapshots.get() >= 13);
    receiver.stop(Duration.ofSeconds(5));

    int snapshots = source.snapshots.get() - 1;
    assertThat(source.sweeps.get()).isEqualTo((snapshots + 5) / 6);
  }
}
