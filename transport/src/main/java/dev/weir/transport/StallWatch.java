package dev.weir.transport;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;

/**
 * Ends requests that have begun and then stop half way: what they have sent so far would be held
 * for as long as their client likes.
 *
 * <p>A request has stopped if in a whole limit less than a hundredth of what is held of it already
 * has come, and a byte at least. So silence ends it, and so does dripping, whose only use is to
 * hold much for long; a slow client is no matter, since senders of telemetry give up after five or
 * ten seconds themselves.
 *
 * <p>All requests that are being received stand in one set (0.1 us a request), which is gone over
 * four times a limit while there are any, so a request ends at most a quarter late; nothing runs
 * while nothing comes. Thread safe.
 */
public final class StallWatch {
  /** How long requests may stand still, where nobody says otherwise. */
  public static final Duration LIMIT = Duration.ofSeconds(30);

  private static final int LEAST_SHARE = 100;

  /** Runs something later, once. */
  @FunctionalInterface
  interface Timer {
    void after(long nanos, Runnable task);
  }

  private final long limit;
  private final Logger logger;
  private final LongSupplier nanos;
  private final Timer timer;
  private final Set<Incoming> incoming = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean running = new AtomicBoolean();
  private final LongAdder ended = new LongAdder();

  /**
   * Makes a watch that goes its rounds on the servers' threads.
   *
   * @param limit how long a request may stand still
   */
  @SuppressWarnings("FutureReturnValueIgnored") // a round logs what fails in it
  public StallWatch(ServerLoops loops, Duration limit, Logger logger) {
    this(
        limit,
        logger,
        System::nanoTime,
        (delay, task) -> loops.group().next().schedule(task, delay, TimeUnit.NANOSECONDS));
  }

  StallWatch(Duration limit, Logger logger, LongSupplier nanos, Timer timer) {
    this.limit = limit.toNanos();
    this.logger = logger;
    this.nanos = nanos;
    this.timer = timer;
  }

  /** Returns how many requests were ended because they stood still. */
  public long ended() {
    return ended.sum();
  }

  /** Returns what to tell a client whose request was ended. */
  String message() {
    return "the request stopped half way: nearly nothing of it has come for "
        + TimeUnit.NANOSECONDS.toSeconds(limit)
        + "s";
  }

  /**
   * Watches a request that begins now.
   *
   * @param end ends it, on any thread; called once at most, and perhaps just when it ends by itself
   */
  Incoming begin(Consumer<Incoming> end) {
    Incoming request = new Incoming(end, nanos.getAsLong());
    incoming.add(request);
    if (running.compareAndSet(false, true)) {
      again();
    }
    return request;
  }

  private void again() {
    try {
      timer.after(limit / 4, this::round);
    } catch (RejectedExecutionException e) {
      running.set(false); // the servers stop
    }
  }

  @SuppressWarnings("ModifyCollectionInEnhancedForLoop") // a concurrent set
  private void round() {
    long now = nanos.getAsLong();
    for (Incoming each : incoming) {
      if (each.stalled(now, limit) && incoming.remove(each)) {
        ended.increment();
        try {
          each.end.accept(each);
        } catch (RuntimeException e) {
          // It must not end the rounds for all others.
          logger.error("a request that stopped half way cannot be ended because of a bug", e);
        }
      }
    }
    if (incoming.isEmpty()) {
      running.set(false);
      if (incoming.isEmpty() || !running.compareAndSet(false, true)) {
        return;
      }
    }
    again();
  }

  /** A request that is being received. */
  final class Incoming {
    private final Consumer<Incoming> end;

    /** Written by the thread that receives, read by whoever goes the round. */
    private volatile long bytes;

    // Of the rounds alone.
    private long seen;
    private long since;

    private Incoming(Consumer<Incoming> end, long now) {
      this.end = end;
      this.since = now;
    }

    /** Notes that {@code n} more bytes have come; one thread at a time. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
    void received(long n) {
      bytes += n;
    }

    /** Says that all of it has come, or that it is over. */
    void done() {
      incoming.remove(this);
    }

    private boolean stalled(long now, long limit) {
      long got = bytes;
      if (got - seen > seen / LEAST_SHARE) {
        seen = got;
        since = now;
        return false;
      }
      return now - since >= limit;
    }
  }
}
