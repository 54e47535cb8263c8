package dev.weir.exporter.accesslog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.exporter.testing.TestContext;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Text;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AccessLogExporterTest {
  private static final String DROPPED = "weir_access_log_dropped_lines";
  private static final String SENT = "otelcol_exporter_sent_log_records";
  private static final Duration GRACE = Duration.ofSeconds(10);

  private final TestContext test = new TestContext();

  @Test
  void everyLineArrivesOnceWhileSeveralThreadsDeliver() throws Exception {
    MemorySink sink = new MemorySink();
    Exporter<LogRecord> exporter = exporter(new Configs().build(), sink);
    exporter.start(TestContext.host());
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      int first = t * 10_000;
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; i < 10_000; i += 500) {
                      assertThat(exporter.consume(Records.connections(first + i, 500)))
                          .isEqualTo(Outcome.accepted());
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    exporter.stop(GRACE);

    assertThat(numbers(sink.text())).hasSize(40_000);
    assertThat(test.sum(SENT)).isEqualTo(40_000);
    assertThat(test.sum(DROPPED)).isZero();
  }

  @Test
  void whatASlowDestinationHasNoRoomForIsDroppedAndCounted() throws Exception {
    MemorySink sink = new MemorySink();
    sink.permits.drainPermits();
    Exporter<LogRecord> exporter = exporter(new Configs().bufferSize(1 << 16).build(), sink);
    exporter.start(TestContext.host());
    long rejected = 0;
    for (int i = 0; i < 10_000; i += 100) {
      Outcome outcome = exporter.consume(Records.connections(i, 100));
      rejected += outcome instanceof Outcome.Partial partial ? partial.rejected() : 0;
    }
    assertThat(test.sum("weir_access_log_buffered_bytes")).isBetween(50_000L, 1L << 16);
    sink.permits.release(1_000_000);
    exporter.stop(GRACE);

    long written = numbers(sink.text()).size();
    assertThat(rejected).isPositive();
    assertThat(written).isPositive();
    assertThat(written + rejected).as("in = written + dropped").isEqualTo(10_000);
    assertThat(test.sum(SENT)).isEqualTo(written);
    assertThat(test.sum(DROPPED, "reason", "buffer_full")).isEqualTo(rejected);
    assertThat(test.sum("otelcol_exporter_enqueue_failed_log_records")).isEqualTo(rejected);
  }

  @Test
  void withBlockTheDelivererWaitsAndNothingIsLost() throws Exception {
    MemorySink sink = new MemorySink();
    sink.permits.drainPermits();
    Exporter<LogRecord> exporter =
        exporter(new Configs().bufferSize(1 << 16).block().build(), sink);
    exporter.start(TestContext.host());
    AtomicBoolean done = new AtomicBoolean();
    Thread deliverer =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 0; i < 10_000; i += 100) {
                    exporter.consume(Records.connections(i, 100));
                  }
                  done.set(true);
                });
    await().until(() -> deliverer.getState() == Thread.State.WAITING);
    assertThat(done).isFalse();
    sink.permits.release(1_000_000);
    deliverer.join();
    exporter.stop(GRACE);
    assertThat(numbers(sink.text())).hasSize(10_000);
    assertThat(test.sum(DROPPED)).isZero();
  }

  @Test
  void aDelivererThatWaitsIsSetFreeByTheStopAndItsLinesAreCounted() throws Exception {
    MemorySink sink = new MemorySink();
    sink.permits.drainPermits();
    Exporter<LogRecord> exporter =
        exporter(new Configs().bufferSize(1 << 16).block().build(), sink);
    exporter.start(TestContext.host());
    AtomicLong rejected = new AtomicLong();
    Thread deliverer =
        Thread.ofPlatform()
            .start(
                () -> {
                  if (exporter.consume(Records.connections(0, 2_000))
                      instanceof Outcome.Partial partial) {
                    rejected.set(partial.rejected());
                  }
                });
    await().until(() -> deliverer.getState() == Thread.State.WAITING);
    exporter.stop(Duration.ofMillis(50));
    deliverer.join();
    assertThat(rejected.get()).isPositive();
    assertThat(test.sum(DROPPED, "reason", "stopped")).isEqualTo(rejected.get());
    assertThat(test.sum(SENT) + test.sum(DROPPED)).isEqualTo(2_000);
    sink.permits.release(1_000_000);
  }

  @Test
  void whatIsLeftWhenTheTimeToStopIsOverIsCounted() throws Exception {
    MemorySink sink = new MemorySink();
    sink.permits.drainPermits();
    Exporter<LogRecord> exporter = exporter(new Configs().build(), sink);
    exporter.start(TestContext.host());
    exporter.consume(Records.connections(0, 1_000));
    sink.permits.release(1);
    await().until(() -> !sink.text().isEmpty());
    exporter.stop(Duration.ofMillis(50));
    long written = test.sum(SENT);
    assertThat(test.sum(DROPPED, "reason", "stop_timeout")).isEqualTo(1_000 - written);
    sink.permits.release(1_000_000);
    assertThat(exporter.consume(Records.connections(0, 3)))
        .isEqualTo(new Outcome.Partial(3, "the access log found no room for these lines"));
    assertThat(test.sum(DROPPED, "reason", "stopped")).isEqualTo(3);
  }

  @Test
  void aLineWaitsForOthersNoLongerThanTheFlushInterval() throws Exception {
    MemorySink sink = new MemorySink();
    Exporter<LogRecord> exporter =
        exporter(new Configs().flushInterval(Duration.ofMillis(20)).build(), sink);
    exporter.start(TestContext.host());
    exporter.consume(Records.connections(0, 1));
    await().until(() -> numbers(sink.text()).size() == 1);
    exporter.stop(GRACE);
  }

  @Test
  void stopWritesWhatWaitsForItsInterval() throws Exception {
    MemorySink sink = new MemorySink();
    Exporter<LogRecord> exporter =
        exporter(new Configs().flushInterval(Duration.ofHours(1)).build(), sink);
    exporter.start(TestContext.host());
    exporter.consume(Records.connections(0, 7));
    exporter.stop(GRACE);
    assertThat(numbers(sink.text())).hasSize(7);
  }

  @Test
  void aClosedPipeIsCountedAndLoggedOnceAndTheAgentLives() throws Exception {
    Pipe pipe = Pipe.open();
    pipe.source().close();
    Exporter<LogRecord> exporter = exporter(new Configs().build(), new StreamSink(pipe.sink()));
    exporter.start(TestContext.host());
    for (int i = 0; i < 5; i++) {
      assertThat(exporter.consume(Records.connections(i, 1))).isEqualTo(Outcome.accepted());
      long expected = i + 1L;
      await().until(() -> test.sum(DROPPED, "reason", "write_failed") == expected);
    }
    exporter.stop(GRACE);
    pipe.sink().close();
    assertThat(test.sum("otelcol_exporter_send_failed_log_records")).isEqualTo(5);
    assertThat(test.logger().messages()).hasSize(1);
    assertThat(test.logger().messages().getFirst().text()).contains("Broken pipe");
  }

  @Test
  void anErrorInTheMiddleOfALineLeavesOnePartialLineAndTheNextOnesWhole() throws Exception {
    MemorySink sink = new MemorySink();
    sink.failAfter = 1_000;
    Exporter<LogRecord> exporter = exporter(new Configs().build(), sink);
    exporter.start(TestContext.host());
    exporter.consume(Records.connections(0, 100));
    await().until(() -> test.sum(DROPPED, "reason", "write_failed") > 0);
    sink.failAfter = Integer.MAX_VALUE;
    exporter.consume(Records.connections(100, 50));
    exporter.stop(GRACE);

    List<String> lines = sink.text().lines().toList();
    List<String> partial =
        lines.stream().filter(line -> !line.contains(" network.type=ipv4")).toList();
    assertThat(partial).hasSize(1);
    assertThat(test.sum(SENT)).isEqualTo(lines.size() - 1);
    assertThat(test.sum(SENT) + test.sum(DROPPED)).isEqualTo(150);
    assertThat(test.logger().messages())
        .extracting(m -> m.level().name())
        .containsExactly("ERROR", "INFO");
  }

  @Test
  void aDestinationThatTakesNothingForAWhileIsAskedAgain() throws Exception {
    MemorySink sink = new MemorySink();
    sink.refusals.set(3);
    Exporter<LogRecord> exporter = exporter(new Configs().build(), sink);
    exporter.start(TestContext.host());
    exporter.consume(Records.connections(0, 10));
    exporter.stop(GRACE);
    assertThat(numbers(sink.text())).hasSize(10);
  }

  @Test
  void aLineLongerThanTheBufferIsCountedAndTheOthersPass() throws Exception {
    MemorySink sink = new MemorySink();
    Exporter<LogRecord> exporter = exporter(new Configs().bufferSize(1 << 16).build(), sink);
    exporter.start(TestContext.host());
    LogRecord huge = new LogRecord().body(Text.of("x".repeat(1 << 17)));
    assertThat(exporter.consume(Records.batch(List.of(new LogRecord(), huge, new LogRecord()))))
        .isInstanceOf(Outcome.Partial.class);
    exporter.stop(GRACE);
    assertThat(sink.text().lines()).hasSize(2);
    assertThat(test.sum(DROPPED, "reason", "too_long")).isEqualTo(1);
  }

  @Test
  void theWritersThreadEndsWithTheExporterAndStopNeedsNoStart() throws Exception {
    exporter(new Configs().build(), new MemorySink()).stop(GRACE);
    Exporter<LogRecord> exporter = exporter(new Configs().build(), new MemorySink());
    exporter.start(TestContext.host());
    assertThat(writers()).isEqualTo(1);
    exporter.stop(GRACE);
    assertThat(writers()).isZero();
  }

  private static long writers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("access_log/t-writer"))
        .count();
  }

  private Exporter<LogRecord> exporter(AccessLogExporterConfig config, Sink sink) {
    var context = test.exporter("access_log/t", InstantSource.system());
    return new AccessLogExporter(
        context, config, sink, new AccessLogMetrics(context.meter(), context.id()));
  }

  /** Returns the numbers of the connections in whole lines; each must be there once. */
  private static Set<Integer> numbers(String text) {
    Set<Integer> numbers = new HashSet<>();
    text.lines()
        .forEach(
            line -> {
              int n = line.indexOf(" n=");
              assertThat(line).startsWith("2026-11-20T10:51:55.947554Z close 10.0.0.1:43210 -> ");
              assertThat(line).endsWith(" network.type=ipv4");
              String number = line.substring(n + 3, line.indexOf(' ', n + 3));
              assertThat(numbers.add(Integer.parseInt(number))).as(line).isTrue();
            });
    return numbers;
  }

  /** Keeps what is written, at most 4,096 bytes a permit. */
  private static final class MemorySink implements Sink {
    final Semaphore permits = new Semaphore(1_000_000);
    final AtomicLong refusals = new AtomicLong();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final StringBuilder text = new StringBuilder();
    volatile int failAfter = Integer.MAX_VALUE;
    private int total;

    @Override
    public void open() {}

    @Override
    public int write(byte[] lines, int from, int to) throws IOException {
      permits.acquireUninterruptibly();
      if (refusals.getAndDecrement() > 0) {
        return 0;
      }
      int n = Math.min(Math.min(4_096, to - from), failAfter - total);
      if (n <= 0) {
        throw new IOException("No space left on device");
      }
      ByteBuffer some = ByteBuffer.wrap(lines, from, n);
      synchronized (text) {
        text.append(StandardCharsets.ISO_8859_1.decode(some));
      }
      total += n;
      return n;
    }

    String text() {
      synchronized (text) {
        return text.toString();
      }
    }

    @Override
    public void close(Duration grace) {
      closed.countDown();
    }
  }
}
