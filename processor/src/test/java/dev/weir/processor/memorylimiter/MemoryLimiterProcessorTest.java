package dev.weir.processor.memorylimiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.pdata.LogRecord;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import dev.weir.pipeline.Processor;
import dev.weir.pipeline.ProcessorFactory;
import dev.weir.pipeline.config.SchemaTable;
import dev.weir.pipeline.testing.FakeTime;
import dev.weir.pipeline.testing.LifecycleContract;
import dev.weir.processor.testing.Stage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MemoryLimiterProcessorTest {
  private static final Path README =
      Path.of("src/main/java/dev/weir/processor/memorylimiter/README.md");
  private static final long MIB = 1024 * 1024;
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Outcome REFUSED =
      new Outcome.Retry("data refused due to high memory usage", Code.UNAVAILABLE, SECOND);

  private final AtomicLong used = new AtomicLong();
  private final AtomicLong afterGc = new AtomicLong(-1);
  private final AtomicInteger collections = new AtomicInteger();
  private final FakeTime time = new FakeTime();
  private final Stage stage = new Stage();
  private final ProcessorFactory<MemoryLimiterConfig> factory =
      MemoryLimiterProcessorFactory.of(
          new Heap() {
            @Override
            public long used() {
              return used.get();
            }

            @Override
            public long room() {
              return 200 * MIB;
            }

            @Override
            public void collect() {
              collections.incrementAndGet();
              if (afterGc.get() >= 0) {
                used.set(afterGc.get());
              }
            }
          },
          time);

  private static MemoryLimiterConfig config(
      long mib, long spike, long percentage, long spikePercentage) {
    return new MemoryLimiterConfig(
        SECOND,
        mib,
        spike,
        percentage,
        spikePercentage,
        Duration.ofSeconds(10),
        Duration.ZERO,
        Duration.ofSeconds(30),
        Duration.ofSeconds(30));
  }

  private Processor<LogRecord> started() throws Exception {
    return stage.started(factory, config(100, 20, 0, 0));
  }

  /** Lets one interval pass and waits for what the watch then does. */
  private void tick() {
    time.awaitWaiting(SECOND);
    time.pass(SECOND);
    time.awaitWaiting(SECOND);
  }

  @Test
  void whatFitsIsHandedOnUntouchedAndCounted() throws Exception {
    Processor<LogRecord> processor = started();
    var batch = Stage.logs("a", "b");
    assertThat(processor.consume(batch)).isEqualTo(Outcome.accepted());
    assertThat(stage.batches.getFirst()).isSameAs(batch);
    assertThat(processor.mutates()).isFalse();
    assertThat(stage.measurements.values())
        .containsEntry("memory_limiter_accepted_log_records{processor=memory_limiter}", "2");
    assertThat(stage.log.lines())
        .containsExactly(
            "INFO Memory limiter configured {limit_mib=100, spike_limit_mib=20,"
                + " check_interval=1.0}");
    processor.stop(SECOND);
  }

  @Test
  void aboveTheSoftLimitDataIsRefusedUntilMemoryIsFreeAgain() throws Exception {
    Processor<LogRecord> processor = started();
    used.set(85 * MIB);
    tick();
    assertThat(processor.consume(Stage.logs("a"))).isEqualTo(REFUSED);
    assertThat(stage.arrived).isEmpty();
    assertThat(stage.reports)
        .containsExactly("memory_limiter RECOVERABLE_ERROR data refused due to high memory usage");
    used.set(50 * MIB);
    tick();
    assertThat(processor.consume(Stage.logs("b"))).isEqualTo(Outcome.accepted());
    assertThat(stage.reports).hasSize(2).last().isEqualTo("memory_limiter OK ");
    assertThat(stage.log.lines())
        .contains(
            "WARN Memory usage is above soft limit. Refusing data. {cur_mem_mib=85}",
            "INFO Memory usage back within limits. Resuming normal operation. {cur_mem_mib=50}");
    assertThat(stage.measurements.values())
        .containsEntry("memory_limiter_refused_log_records{processor=memory_limiter}", "1");
    processor.stop(SECOND);
  }

  @Test
  void aCollectionThatHelpsKeepsDataComing() throws Exception {
    Processor<LogRecord> processor = started();
    used.set(120 * MIB);
    afterGc.set(30 * MIB);
    tick();
    assertThat(collections).hasValue(1);
    assertThat(processor.consume(Stage.logs("a"))).isEqualTo(Outcome.accepted());
    assertThat(stage.log.lines())
        .contains(
            "WARN Memory usage is above hard limit. Forcing a GC. {cur_mem_mib=120}",
            "INFO Memory usage after GC. {cur_mem_mib=30}");
    processor.stop(SECOND);
  }

  @Test
  void garbageIsCollectedAsOftenAsItHelpsAndNothingIsRefusedForIt() throws Exception {
    Processor<LogRecord> processor = started();
    afterGc.set(30 * MIB);
    for (int i = 1; i <= 5; i++) {
      // Above the soft limit each second, where the Collector's rule would wait for ten.
      used.set(85 * MIB);
      tick();
      assertThat(collections).hasValue(i);
      assertThat(processor.consume(Stage.logs("a"))).isEqualTo(Outcome.accepted());
    }
    processor.stop(SECOND);
  }

  @Test
  void collectionsThatBringNothingBecomeRarer() throws Exception {
    Processor<LogRecord> processor = started();
    used.set(120 * MIB);
    for (int i = 0; i < 33; i++) {
      tick();
    }
    // At 1 s; then after more than 1.9 s, 3.8, 7.6, 15.2 s: at 3, 7, 15 and 31 s.
    assertThat(
            stage.log.lines().stream()
                .filter(line -> line.startsWith("WARN Memory usage is above hard limit. Forcing")))
        .hasSize(5);
    // While data is refused each check collects besides: nobody else does.
    assertThat(collections).hasValue(33);
    assertThat(stage.log.lines())
        .contains(
            "WARN Forced GC did not reclaim enough memory. Will back off GC frequency to preserve"
                + " CPU for recovery. {next_soft_gc_interval=20.0, next_hard_gc_interval=1.9,"
                + " cur_mem_mib=120}");
    processor.stop(SECOND);
  }

  @Test
  void whatTheQueuesLetGoIsNoticedAtTheNextCheck() throws Exception {
    Processor<LogRecord> processor = started();
    used.set(85 * MIB);
    tick();
    assertThat(processor.consume(Stage.logs("a"))).isEqualTo(REFUSED);
    afterGc.set(10 * MIB); // the rest is garbage now, which nobody has collected
    tick();
    assertThat(processor.consume(Stage.logs("b"))).isEqualTo(Outcome.accepted());
    processor.stop(SECOND);
  }

  @Test
  void aHeapThatFillsBetweenTwoChecksIsNoticed() throws Exception {
    Processor<LogRecord> processor = started();
    assertThat(processor.consume(Stage.logs("a"))).isEqualTo(Outcome.accepted());
    used.set(85 * MIB);
    assertThat(processor.consume(Stage.logs("b"))).isEqualTo(Outcome.accepted());
    time.pass(Duration.ofMillis(20));
    assertThat(processor.consume(Stage.logs("c"))).isEqualTo(REFUSED);
    processor.stop(SECOND);
  }

  @Test
  void theLimitsFollowFromTheKeysAndFromTheHeap() {
    assertThat(soft(config(100, 0, 0, 0))).isEqualTo(80);
    assertThat(soft(config(0, 0, 50, 10))).isEqualTo(80);
    assertThat(soft(config(0, 0, 50, 0))).isEqualTo(80);
    assertThat(soft(config(1000, 500, 0, 0))).isEqualTo(90); // of 180 that can be used
    assertThat(soft(config(1000, 0, 0, 0))).isEqualTo(144);
  }

  private long soft(MemoryLimiterConfig config) {
    var context =
        new dev.weir.pipeline.ComponentContext(
            dev.weir.pipeline.ComponentKind.PROCESSOR,
            dev.weir.pipeline.ComponentId.parse("memory_limiter"),
            new dev.weir.pipeline.BuildInfo("weir", "0"),
            dev.weir.pdata.Resource.EMPTY,
            stage.log,
            stage.measurements.meter(),
            java.time.InstantSource.system(),
            java.util.Map.of());
    Heap heap =
        new Heap() {
          @Override
          public long used() {
            return 0;
          }

          @Override
          public long room() {
            return 200 * MIB;
          }

          @Override
          public void collect() {}
        };
    return new MemoryLimit(config, context, heap, time).soft() / MIB;
  }

  @Test
  void theHeapOfTheJvmIsMeasured() {
    Heap heap = Heap.ofJvm();
    heap.collect();
    assertThat(heap.used()).isPositive().isLessThan(heap.room());
    byte[][] held = new byte[20][];
    long before = heap.used();
    for (int i = 0; i < held.length; i++) {
      held[i] = new byte[(int) MIB];
    }
    await()
        .untilAsserted(
            () -> {
              heap.collect();
              assertThat(heap.used() - before).isGreaterThan(15 * MIB);
            });
    assertThat(held.length).isEqualTo(20);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {limit_mib: 1}|'check_interval' must be greater than zero
          {check_interval: 1s}|'limit_mib' or 'limit_percentage' must be greater than zero
          {check_interval: 1s, limit_mib: 10, spike_limit_mib: 10}|'spike_limit_mib' must be smaller than 'limit_mib'
          {check_interval: 1s, limit_percentage: 101}|'limit_percentage' and 'spike_limit_percentage' must be greater than zero and less than or equal to hundred
          {check_interval: 1s, limit_percentage: 10, spike_limit_percentage: 10}|'spike_limit_percentage' must be smaller than 'limit_percentage'
          {check_interval: 1s, limit_mib: 1, min_gc_interval_when_hard_limited: 11s}|'min_gc_interval_when_soft_limited' should be larger than 'min_gc_interval_when_hard_limited'
          {check_interval: 1s, limit_mib: 1, max_gc_interval_when_soft_limited: 20s}|'max_gc_interval_when_soft_limited' should be larger than or equal to 'max_gc_interval_when_hard_limited'
          """,
      quoteCharacter = '\u0001')
  void whatTheCollectorRefusesIsRefusedInItsWords(String body, String message) {
    assertThat(Stage.errors(factory, "processors: {memory_limiter: " + body + "}"))
        .contains(message)
        .contains("test.yaml:1");
  }

  @Test
  void theReadmeSaysWhatTheSchemaSaysAndItsExampleLoads() throws Exception {
    String readme = Files.readString(README);
    assertThat(SchemaTable.of(MemoryLimiterConfig.SCHEMA).differences(readme)).isEmpty();
    assertThat(Stage.config(factory, Stage.example(readme))).isEqualTo(config(0, 0, 80, 20));
  }

  @Test
  void itKeepsTheLifecycle() throws Exception {
    LifecycleContract.of(MemoryLimiterProcessorFactory.create(), config(0, 0, 80, 20)).check();
  }
}
