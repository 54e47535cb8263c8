package dev.weir.receiver.ebpftcp;

import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Scope;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Outcome;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;

/**
 * Makes log records of queued connection records and hands them downstream, on a virtual thread of
 * its own. A batch that is not taken now is kept and offered again while the queue fills; past the
 * queue's end events are dropped and counted.
 */
final class EventOutlet {
  private static final int BATCH = 512;
  private static final Duration IDLE = Duration.ofMillis(200);
  private static final Duration LEAST_PAUSE = Duration.ofMillis(100);
  private static final Duration MOST_PAUSE = Duration.ofSeconds(5);
  private static final long LOOK = TimeUnit.MICROSECONDS.toNanos(200);
  private static final int MOST_LOOKS_IN_VAIN = 50;

  private final EventQueue queue;
  private final ConnectionEvents events;
  private final Consumer<LogRecord> consumer;
  private final Resource resource;
  private final Scope scope;
  private final InstantSource clock;
  private final Logger logger;
  private final LongAdder refused = new LongAdder();
  private final LongAdder abandoned = new LongAdder();
  private final Thread thread;
  private volatile long epochOffset;
  private volatile boolean finishing;
  private volatile boolean outOfTime;

  EventOutlet(
      String name,
      EventQueue queue,
      ConnectionEvents events,
      Consumer<LogRecord> consumer,
      Resource resource,
      Scope scope,
      InstantSource clock,
      Logger logger) {
    this.queue = queue;
    this.events = events;
    this.consumer = consumer;
    this.resource = resource;
    this.scope = scope;
    this.clock = clock;
    this.logger = logger;
    this.thread = Thread.ofVirtual().name(name + "-logs").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Sets what is added to CLOCK_MONOTONIC to get nanoseconds since 1970. */
  void epochOffset(long nanos) {
    epochOffset = nanos;
  }

  /** Says that the queue may have records. */
  void wake() {
    LockSupport.unpark(thread);
  }

  /**
   * Waits for room in the queue, for the reader, who meanwhile leaves the kernel's ring to fill: as
   * long as events are taken out, {@code looks} times 0.2 ms at most, and 10 ms once nothing moves.
   *
   * @return how many looks are left
   */
  int awaitRoom(int looks) {
    long taken = queue.taken();
    int left = looks;
    int vain = 0;
    while (left > 0 && !queue.hasRoom()) {
      wake();
      LockSupport.parkNanos(queue, LOOK);
      left--;
      long now = queue.taken();
      vain = now == taken ? vain + 1 : 0;
      taken = now;
      if (vain == MOST_LOOKS_IN_VAIN) {
        return 0;
      }
    }
    return left;
  }

  /** Returns the events that a consumer refused for good. */
  long refused() {
    return refused.sum();
  }

  /** Returns the events that still waited when time to stop ran out. */
  long abandoned() {
    return abandoned.sum();
  }

  /** Delivers what is queued, within {@code grace}, and ends the thread. */
  void finish(Duration grace) {
    finishing = true;
    wake();
    try {
      if (!thread.join(grace)) {
        outOfTime = true;
        thread.interrupt();
        thread.join(Duration.ofMillis(100));
      }
    } catch (InterruptedException e) {
      outOfTime = true;
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
    abandoned.add(queue.size());
  }

  private void run() {
    while (!outOfTime) {
      List<LogRecord> batch = new ArrayList<>();
      long observed = EpochTime.nanos(clock);
      long offset = epochOffset;
      boolean last = finishing;
      queue.poll(BATCH, (m, at) -> batch.add(events.of(m, at, offset, observed)));
      if (!batch.isEmpty()) {
        deliver(Telemetry.of(Signal.LOGS, resource, scope, batch));
      } else if (last) {
        return;
      } else {
        LockSupport.parkNanos(this, IDLE.toNanos());
      }
    }
  }

  private void deliver(Telemetry<LogRecord> batch) {
    Duration pause = LEAST_PAUSE;
    int count = batch.count();
    while (true) {
      switch (consume(batch.copy())) {
        case Outcome.Accepted() -> {
          return;
        }
        case Outcome.Partial(long rejected, String reason) -> {
          refused.add(rejected);
          logger.warn("{} of {} connection events were refused: {}", rejected, count, reason);
          return;
        }
        case Outcome.Refused(String reason, Outcome.Code code) -> {
          refused.add(count);
          logger.warn("{} connection events were refused ({}): {}", count, code, reason);
          return;
        }
        case Outcome.Retry(String reason, Outcome.Code code, Duration after) -> {
          logger.debug("events not taken now, are offered again ({}): {}", code, reason);
          try {
            Thread.sleep(after != null && after.compareTo(pause) > 0 ? after : pause);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          if (outOfTime) {
            abandoned.add(count);
            return;
          }
          pause = pause.multipliedBy(2);
          pause = pause.compareTo(MOST_PAUSE) > 0 ? MOST_PAUSE : pause;
        }
      }
    }
  }

  private Outcome consume(Telemetry<LogRecord> batch) {
    try {
      return consumer.consume(batch);
    } catch (RuntimeException e) {
      logger.error("the next component failed", e);
      return Outcome.refused("the next component failed: " + e);
    }
  }
}
