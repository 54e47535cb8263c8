package dev.weir.receiver.ebpftcp;

import dev.weir.pdata.Metric;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Outcome;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Hands batches of metrics downstream on a virtual thread of its own, so that a slow consumer never
 * stops the reading.
 *
 * <p>One batch is under way at a time: while it is, the reader makes none and goes on adding up. A
 * cumulative batch that nobody took now is dropped, since the next one says it all again; a delta
 * batch is kept and offered again until it is taken or refused, and the next one begins where it
 * ends.
 */
final class MetricOutlet {
  private static final Duration LEAST_PAUSE = Duration.ofMillis(500);
  private static final Duration MOST_PAUSE = Duration.ofSeconds(10);

  /**
   * A batch on its way.
   *
   * @param batch null ends the thread
   * @param takenAt when it was made, CLOCK_MONOTONIC
   */
  private record Parcel(@Nullable Telemetry<Metric> batch, long takenAt) {}

  private final Consumer<Metric> consumer;
  private final boolean delta;
  private final Logger logger;
  private final BlockingQueue<Parcel> parcels = new LinkedBlockingQueue<>();
  private final LongAdder retries = new LongAdder();
  private final LongAdder refusedPoints = new LongAdder();
  private final LongAdder abandonedPoints = new LongAdder();
  private final Thread thread;
  private volatile boolean underWay;
  private volatile boolean abandoned;
  private volatile long deliveredUpTo;

  MetricOutlet(String name, Consumer<Metric> consumer, boolean delta, Logger logger, long now) {
    this.consumer = consumer;
    this.delta = delta;
    this.logger = logger;
    this.deliveredUpTo = now;
    this.thread = Thread.ofVirtual().name(name + "-metrics").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Returns whether a batch is under way, so that no other is to be made. */
  boolean underWay() {
    return underWay;
  }

  /** Hands over a batch made at {@code takenAt}; for the thread that reads. */
  void hand(Telemetry<Metric> batch, long takenAt) {
    underWay = true;
    parcels.add(new Parcel(batch, takenAt));
  }

  /** Notes that there was nothing to hand over at {@code takenAt}. */
  void nothingToHand(long takenAt) {
    deliveredUpTo = takenAt;
  }

  /** Returns when the last batch was made that was taken, or refused for good. */
  long deliveredUpTo() {
    return deliveredUpTo;
  }

  /** Returns how often a consumer said to try again. */
  long retries() {
    return retries.sum();
  }

  /** Returns the points that a consumer refused for good. */
  long refusedPoints() {
    return refusedPoints.sum();
  }

  /** Returns the points that were still waiting when time to stop ran out. */
  long abandonedPoints() {
    return abandonedPoints.sum();
  }

  /** Delivers what was handed over, within {@code grace}, and ends the thread. */
  void finish(Duration grace) {
    parcels.add(new Parcel(null, 0));
    try {
      if (!thread.join(grace)) {
        abandoned = true;
        thread.interrupt();
        thread.join(Duration.ofMillis(100));
      }
    } catch (InterruptedException e) {
      abandoned = true;
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
    for (Parcel left = parcels.poll(); left != null; left = parcels.poll()) {
      if (left.batch() != null) {
        abandonedPoints.add(left.batch().count());
      }
    }
  }

  private void run() {
    try {
      while (true) {
        Parcel parcel = parcels.take();
        if (parcel.batch() == null) {
          return;
        }
        deliver(parcel.batch(), parcel.takenAt());
        underWay = !parcels.isEmpty();
      }
    } catch (InterruptedException e) {
      // finish() ran out of time: what is left is counted there.
      Thread.currentThread().interrupt();
    }
  }

  private void deliver(Telemetry<Metric> batch, long takenAt) throws InterruptedException {
    Duration pause = LEAST_PAUSE;
    int points = batch.count();
    while (true) {
      Outcome outcome = consume(delta ? batch.copy() : batch);
      switch (outcome) {
        case Outcome.Accepted() -> {}
        case Outcome.Partial(long rejected, String reason) -> {
          refusedPoints.add(rejected);
          logger.warn("{} of {} points were refused: {}", rejected, points, reason);
        }
        case Outcome.Refused(String reason, Outcome.Code code) -> {
          refusedPoints.add(points);
          logger.warn("a batch of {} points was refused ({}): {}", points, code, reason);
        }
        case Outcome.Retry(String reason, Outcome.Code code, Duration after) -> {
          retries.increment();
          if (!delta) {
            logger.debug("not taken now, the next batch says it again ({}): {}", code, reason);
            return;
          }
          logger.debug("not taken now, is offered again ({}): {}", code, reason);
          try {
            Thread.sleep(after != null && after.compareTo(pause) > 0 ? after : pause);
          } catch (InterruptedException e) {
            abandonedPoints.add(points);
            throw e;
          }
          if (abandoned) {
            abandonedPoints.add(points);
            return;
          }
          pause = pause.multipliedBy(2);
          pause = pause.compareTo(MOST_PAUSE) > 0 ? MOST_PAUSE : pause;
          continue;
        }
      }
      deliveredUpTo = takenAt;
      return;
    }
  }

  private Outcome consume(Telemetry<Metric> batch) {
    try {
      return consumer.consume(batch);
    } catch (RuntimeException e) {
      logger.error("the next component failed", e);
      return Outcome.refused("the next component failed: " + e);
    }
  }
}
