package dev.weir.pipeline.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.weir.pdata.LogRecord;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Outcome;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.context.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class ProcessorTimeTest {
  private static final Attributes LABELS = Attributes.of(EdgeMetrics.PROCESSOR, "batch");

  private final AtomicLong nanos = new AtomicLong(1_000);
  private final Recorded recorded = new Recorded();
  private final ProcessorTime time = new ProcessorTime(recorded, LABELS, nanos::get);

  /** Keeps what is recorded. */
  private static final class Recorded implements DoubleHistogram {
    private final List<Double> seconds = new ArrayList<>();

    @Override
    public void record(double value) {
      throw new AssertionError("without labels");
    }

    @Override
    public void record(double value, Attributes attributes) {
      assertThat(attributes).isEqualTo(LABELS);
      seconds.add(value);
    }

    @Override
    public void record(double value, Attributes attributes, Context context) {
      record(value, attributes);
    }
  }

  private Consumer<LogRecord> taking(long nanosHere, Consumer<LogRecord> next) {
    return batch -> {
      nanos.addAndGet(nanosHere);
      Outcome outcome = next.consume(batch);
      nanos.addAndGet(nanosHere);
      return outcome;
    };
  }

  @Test
  void whatIsSpentDownstreamDoesNotCount() {
    Consumer<LogRecord> slow = taking(5_000_000_000L, _ -> Outcome.accepted());
    Consumer<LogRecord> processor = taking(1_000_000, time.without(slow));

    assertThat(time.around(processor).consume(Rehearsal.logs(1))).isEqualTo(Outcome.accepted());
    assertThat(recorded.seconds)
        .singleElement()
        .satisfies(own -> assertThat(own).isCloseTo(0.002, within(1e-12)));
  }

  @Test
  void whatIsHandedOnByAnotherThreadDoesNotCountEither() throws InterruptedException {
    Consumer<LogRecord> out = time.without(taking(5_000_000_000L, _ -> Outcome.accepted()));
    List<Thread> threads = new ArrayList<>();
    Consumer<LogRecord> processor =
        batch -> {
          nanos.addAndGet(1_000_000);
          threads.add(Thread.ofVirtual().unstarted(() -> out.consume(Rehearsal.logs(1))));
          return Outcome.accepted();
        };

    time.around(processor).consume(Rehearsal.logs(1));
    threads.getFirst().start();
    threads.getFirst().join();
    assertThat(recorded.seconds)
        .singleElement()
        .satisfies(own -> assertThat(own).isCloseTo(0.001, within(1e-12)));
  }

  @Test
  void aCallThatThrowsIsMeasuredToo() {
    Consumer<LogRecord> broken =
        time.around(
            _ -> {
              throw new IllegalStateException("broken");
            });

    assertThatThrownBy(() -> broken.consume(Rehearsal.logs(1))).hasMessage("broken");
    assertThat(recorded.seconds).containsExactly(0.0);
  }
}
