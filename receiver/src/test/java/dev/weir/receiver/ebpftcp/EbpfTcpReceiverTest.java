package dev.weir.receiver.ebpftcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.pdata.Metric;
import dev.weir.pdata.NumberPoints;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Receiver;
import dev.weir.pipeline.StartException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class EbpfTcpReceiverTest {
  private final ScriptedSource source = new ScriptedSource();
  private final List<Telemetry<Metric>> batches = new CopyOnWriteArrayList<>();
  private final Consumer<Metric> metrics =
      batch -> {
        batches.add(batch);
        return Outcome.accepted();
      };

  private Receiver receiver(EbpfTcpConfig config, Map<Signal<?>, Consumer<?>> outputs) {
    return EbpfTcpReceiverFactory.create((probe, log) -> source)
        .maker()
        .make(TestContext.of("ebpf_tcp", outputs), config);
  }

  private static long last(List<Telemetry<Metric>> batches, String name) {
    long sum = 0;
    for (var metric : batches.getLast().resources().getFirst().scopes().getFirst().items()) {
      if (metric.name().equals(name)) {
        NumberPoints points = metric.numbers();
        for (int i = 0; i < points.size(); i++) {
          sum += points.integer(i);
        }
      }
    }
    return sum;
  }

  @Test
  void whatTheRingBringsIsHandedOnEachInterval() throws StartException {
    Receiver receiver =
        receiver(
            TestConfigs.defaults().interval(Duration.ofMillis(20)).config(),
            Map.of(Signal.METRICS, metrics));
    receiver.start(new TestContext.TestHost());
    source.ring.add(TestRecord.whole().client("10.0.0.1", 40000, "10.0.0.2", 80).io(100, 2000));

    await().until(() -> !batches.isEmpty() && last(batches, "tcp.io") == 2100);

    assertThat(last(batches, "tcp.connection.opened")).isEqualTo(1);
    assertThat(last(batches, "tcp.connection.closed")).isEqualTo(1);
    assertThat(last(batches, "tcp.connection.active")).isZero();
    receiver.stop(Duration.ofSeconds(5));
    assertThat(source.finished).isTrue();
    assertThat(source.closed).isTrue();
  }

  @Test
  void whatComesAtTheVeryEndIsFlushed() throws StartException {
    Receiver receiver =
        receiver(
            TestConfigs.defaults().interval(Duration.ofHours(1)).config(),
            Map.of(Signal.METRICS, metrics));
    receiver.start(new TestContext.TestHost());
    await().until(() -> source.snapshots.get() == 1);
    source.ring.add(TestRecord.whole().client("10.0.0.1", 40000, "10.0.0.2", 80).io(1, 2));

    receiver.stop(Duration.ofSeconds(5));

    assertThat(last(batches, "tcp.io")).isEqualTo(3);
  }

  @Test
  void stoppingWhatWasNeverStartedDoesNothing() {
    Receiver receiver = receiver(EbpfTcpConfig.SCHEMA.defaults(), Map.of(Signal.METRICS, metrics));

    receiver.stop(Duration.ofSeconds(1));

    assertThat(batches).isEmpty();
    assertThat(source.closed).isFalse();
  }
}
