package dev.weir.receiver.ebpftcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.bpf.Outcome;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Text;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Receiver;
import dev.weir.pipeline.StartException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

class ConnectionEventsTest {
  private static final long SECOND = 1_000_000_000L;

  private static Set<AttributeDefinition> onByDefault() {
    Set<AttributeDefinition> on = EnumSet.noneOf(AttributeDefinition.class);
    for (AttributeDefinition attribute : AttributeDefinition.values()) {
      if (attribute.onForLogs()) {
        on.add(attribute);
      }
    }
    return on;
  }

  private static LogRecord log(TestRecord record) {
    return new ConnectionEvents(
            onByDefault(), (cgroup, tgid) -> new Identity(Text.of("c" + cgroup), null))
        .of(record.memory(), 0, 1_000_000 * SECOND, 7);
  }

  @Test
  void aCloseTellsWhoAndHowMuch() {
    LogRecord log =
        log(
            TestRecord.whole()
                .client("10.0.0.1", 40000, "10.0.0.2", 80)
                .owner("curl", 99)
                .where(4, 12)
                .identified(0xabcdL, 3)
                .outcome(Outcome.RESET)
                .totals(100, 2000)
                .segments(5, 6, 1, 2, 0, 1)
                .rtt(1500, 900)
                .times(10 * SECOND, 10 * SECOND + 2_000_000, 15 * SECOND));

    assertThat(log.eventName()).isEqualTo("tcp.connection.close");
    assertThat(log.time()).isEqualTo(1_000_015 * SECOND);
    assertThat(log.observedTime()).isEqualTo(7);
    assertThat(log.severityNumber()).isEqualTo(9);
    assertThat(log.attributes().toString())
        .isEqualTo(
            "{source.address=10.0.0.1, source.port=40000, destination.address=10.0.0.2,"
                + " destination.port=80, reporter=client, network.transport=tcp,"
                + " network.type=ipv4, source.process.executable.name=curl,"
                + " source.process.pid=99, source.container.id=c12, error.type=reset,"
                + " tcp.connection.id=abcd-3, tcp.io.transmit=100, tcp.io.receive=2000,"
                + " tcp.segments.transmit=5, tcp.segments.receive=6, tcp.retransmits=1,"
                + " tcp.lost=2, tcp.reset.transmit=0, tcp.reset.receive=1, tcp.rtt=0.0015,"
                + " tcp.rtt.min=9.0E-4, tcp.connection.duration=5.0,"
                + " tcp.connection.handshake.duration=0.002}");
  }

  @Test
  void aFailureIsAWarning() {
    LogRecord log = log(TestRecord.failed(Outcome.REFUSED).client("::1", 4, "::1", 80));

    assertThat(log.eventName()).isEqualTo("tcp.connection.fail");
    assertThat(log.severityNumber()).isEqualTo(13);
    assertThat(log.severityText()).isEqualTo("WARN");
    assertThat(String.valueOf(log.attributes().get("error.type"))).isEqualTo("refused");
    assertThat(String.valueOf(log.attributes().get("network.type"))).isEqualTo("ipv6");
    assertThat(log.attributes().get("tcp.connection.duration")).isNull();
    assertThat(log.attributes().get("tcp.rtt")).isNull();
  }

  @Test
  void openReportAndCloseComeInOrderAndAReportOnlyOfWhatIsOldEnough() throws StartException {
    ScriptedSource source = new ScriptedSource();
    List<LogRecord> logs = new CopyOnWriteArrayList<>();
    Receiver receiver = receiver(source, logs, new AtomicInteger());
    source.live.add(
        TestRecord.live()
            .client("10.0.0.1", 1, "10.0.0.2", 80)
            .times(SECOND, SECOND, 100 * SECOND));
    source.live.add(
        TestRecord.live()
            .client("10.0.0.9", 1, "10.0.0.2", 80)
            .times(199 * SECOND, 199 * SECOND, 100 * SECOND));
    receiver.start(new TestContext.TestHost());
    source.ring.add(TestRecord.opened().client("10.0.0.1", 1, "10.0.0.2", 80));
    await().until(() -> logs.size() == 1);
    assertThat(source.snapshots.get()).isPositive();

    source.live.set(
        0,
        TestRecord.live()
            .client("10.0.0.1", 1, "10.0.0.2", 80)
            .times(SECOND, SECOND, 200 * SECOND));
    source.live.set(
        1,
        TestRecord.live()
            .client("10.0.0.9", 1, "10.0.0.2", 80)
            .times(199 * SECOND, 199 * SECOND, 200 * SECOND));
    await().until(() -> logs.size() == 2);
    source.live.clear();
    source.ring.add(TestRecord.closed().client("10.0.0.1", 1, "10.0.0.2", 80));
    receiver.stop(Duration.ofSeconds(5));

    assertThat(logs)
        .extracting(LogRecord::eventName)
        .containsExactly("tcp.connection.open", "tcp.connection.report", "tcp.connection.close");
  }

  private static Receiver receiver(
      ScriptedSource source, List<LogRecord> logs, AtomicInteger retries) {
    Consumer<LogRecord> consumer =
        (Telemetry<LogRecord> batch) -> {
          if (retries.getAndDecrement() > 0) {
            return dev.weir.pipeline.Outcome.retry("not now");
          }
          batch.resources().forEach(r -> r.scopes().forEach(s -> logs.addAll(s.items())));
          return dev.weir.pipeline.Outcome.accepted();
        };
    return EbpfTcpReceiverFactory.create((probe, log) -> source)
        .maker()
        .make(
            TestContext.of("ebpf_tcp", Map.of(Signal.LOGS, consumer)),
            TestConfigs.defaults().interval(Duration.ofMillis(20)).config());
  }

  @Test
  void aBatchThatIsNotTakenIsOfferedAgain() throws StartException {
    ScriptedSource source = new ScriptedSource();
    List<LogRecord> logs = new CopyOnWriteArrayList<>();
    Receiver receiver = receiver(source, logs, new AtomicInteger(2));
    receiver.start(new TestContext.TestHost());
    for (int i = 1; i <= 2000; i++) {
      source.ring.add(TestRecord.whole().client("10.0.0.1", i, "10.0.0.2", 80));
    }

    await().until(() -> logs.size() == 2000);

    receiver.stop(Duration.ofSeconds(5));
    for (int i = 0; i < 2000; i++) {
      assertThat(String.valueOf(logs.get(i).attributes().get("source.port")))
          .isEqualTo(Integer.toString(i + 1));
    }
  }

  @Test
  void aRingThatHoldsMoreThanTheQueueLosesNothing() throws StartException {
    ScriptedSource source = new ScriptedSource();
    List<LogRecord> logs = Collections.synchronizedList(new ArrayList<>());
    int more = (int) EbpfTcpConfig.SCHEMA.defaults().logQueueSize() + 1000;
    for (int i = 0; i < more; i++) {
      source.ring.add(TestRecord.whole().client("10.0.0.1", i % 60_000, "10.0.0.2", 80));
    }
    Receiver receiver = receiver(source, logs, new AtomicInteger());
    receiver.start(new TestContext.TestHost());

    await().until(() -> logs.size() == more);

    receiver.stop(Duration.ofSeconds(5));
    assertThat(logs).hasSize(more);
  }

  @Test
  void aConsumerThatStandsStillHoldsUpTheReaderForAMomentOnly() throws Exception {
    ScriptedSource source = new ScriptedSource();
    CountDownLatch open = new CountDownLatch(1);
    LongAdder taken = new LongAdder();
    Consumer<LogRecord> stuck =
        (Telemetry<LogRecord> batch) -> {
          try {
            open.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          taken.add(batch.count());
          return dev.weir.pipeline.Outcome.accepted();
        };
    EbpfTcpConfig config = TestConfigs.defaults().interval(Duration.ofMillis(20)).config();
    EbpfTcpReceiver receiver =
        (EbpfTcpReceiver)
            EbpfTcpReceiverFactory.create((probe, log) -> source)
                .maker()
                .make(TestContext.of("ebpf_tcp", Map.of(Signal.LOGS, stuck)), config);
    receiver.start(new TestContext.TestHost());
    int more = 3 * (int) config.logQueueSize();
    for (int i = 0; i < more; i++) {
      source.ring.add(TestRecord.whole().client("10.0.0.1", i % 60_000, "10.0.0.2", 80));
    }

    int snapshots = source.snapshots.get();
    await().until(() -> source.ring.isEmpty() && source.snapshots.get() > snapshots + 3);
    open.countDown();
    receiver.stop(Duration.ofSeconds(5));

    EventQueue queue = Objects.requireNonNull(receiver.queue());
    assertThat(queue.dropped()).isPositive();
    assertThat(taken.sum() + queue.dropped()).isEqualTo(more);
  }

  @Test
  void aFullQueueDropsAndCounts() {
    EventQueue queue = new EventQueue(3);
    TestRecord record = TestRecord.whole();
    for (int i = 0; i < 5; i++) {
      queue.offer(record.identified(i, 0).memory(), 0);
    }
    assertThat(queue.dropped()).isEqualTo(2);
    assertThat(queue.size()).isEqualTo(3);
    List<Long> cookies = new CopyOnWriteArrayList<>();
    for (int round = 0; round < 10; round++) {
      queue.poll(2, (m, at) -> cookies.add(dev.weir.bpf.ConnectionRecord.cookie(m, at)));
      queue.offer(record.identified(10 + round, 0).memory(), 0);
    }
    assertThat(cookies).startsWith(0L, 1L, 2L, 10L, 11L);
    assertThat(queue.dropped()).isEqualTo(2);
  }

  @Test
  void anEmptyQueueBeginsAtItsFirstSlotAgain() {
    EventQueue queue = new EventQueue(8192);
    assertThat(queue.allocated()).isZero();
    TestRecord record = TestRecord.whole();
    List<Long> cookies = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      queue.offer(record.identified(i, 0).memory(), 0);
      queue.poll(1, (m, at) -> cookies.add(dev.weir.bpf.ConnectionRecord.cookie(m, at)));
    }
    assertThat(cookies).hasSize(10_000).isSorted().doesNotHaveDuplicates();
    assertThat(queue.allocated()).isEqualTo(256);
  }

  @Test
  void oneThreadReadsInOrderWhatTheOtherWrites() throws Exception {
    EventQueue queue = new EventQueue(1000);
    int count = 300_000;
    Thread writer =
        Thread.ofPlatform()
            .start(
                () -> {
                  TestRecord record = TestRecord.whole();
                  for (int i = 0; i < count; i++) {
                    while (!queue.hasRoom()) {
                      Thread.onSpinWait();
                    }
                    queue.offer(record.identified(i, 0).memory(), 0);
                  }
                });
    AtomicLong next = new AtomicLong();
    AtomicLong wrong = new AtomicLong();
    while (next.get() < count && (writer.isAlive() || queue.size() > 0)) {
      queue.poll(
          700,
          (m, at) -> {
            if (dev.weir.bpf.ConnectionRecord.cookie(m, at) != next.getAndIncrement()) {
              wrong.incrementAndGet();
            }
          });
    }
    writer.join();
    assertThat(next).hasValue(count);
    assertThat(wrong).hasValue(0);
    assertThat(queue.dropped()).isZero();
    assertThat(queue.allocated()).isLessThanOrEqualTo(1024);
  }
}
