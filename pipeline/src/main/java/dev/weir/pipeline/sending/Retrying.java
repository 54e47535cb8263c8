package dev.weir.pipeline.sending;

import dev.weir.pdata.Item;
import dev.weir.pipeline.Time;
import dev.weir.pipeline.config.GoDuration;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Tries again what failed and may succeed later, after a wait that grows; the destination may ask
 * for a longer one. Once stopped, each request has one attempt, and waits end at once.
 */
final class Retrying<T extends Item> implements Sender<T> {
  private final Sender<T> next;
  private final RetryConfig config;
  private final Time time;
  private final DoubleSupplier chance;
  private final Logger logger;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition stop = lock.newCondition();
  private boolean stopped;

  Retrying(Sender<T> next, RetryConfig config, Time time, DoubleSupplier chance, Logger logger) {
    this.next = next;
    this.config = config;
    this.time = time;
    this.chance = chance;
    this.logger = logger;
  }

  @Override
  public @Nullable Failure send(Request<T> request) {
    long begin = time.nanos();
    BackOff backOff = new BackOff(config, chance);
    while (true) {
      Failure failure = next.send(request);
      if (failure == null || failure.shutdown()) {
        return failure;
      }
      if (failure.permanent()) {
        return failure.within("not retryable error: ");
      }
      Duration wait = backOff.next();
      Duration asked = failure.after();
      if (asked != null && asked.compareTo(wait) > 0) {
        wait = asked;
      }
      if (isStopped()) {
        return failure.byShutdown();
      }
      long now = time.nanos();
      if (config.maxElapsedTime().isPositive()
          && wait.compareTo(config.maxElapsedTime().minusNanos(now - begin)) > 0) {
        return failure.within("no more retries left: ");
      }
      logger
          .atInfo()
          .addKeyValue("error", failure.text())
          .addKeyValue("interval", GoDuration.format(wait))
          .log("Exporting failed. Will retry the request after interval.");
      if (!pause(now, wait)) {
        return failure.byShutdown();
      }
    }
  }

  /** Waits; returns false if the agent's end cut it short. */
  private boolean pause(long now, Duration wait) {
    // About 146 years: what a destination may ask for has no limit.
    long until = now + (wait.toSeconds() > Integer.MAX_VALUE ? Long.MAX_VALUE / 2 : wait.toNanos());
    lock.lock();
    try {
      while (!stopped && time.nanos() - until < 0) {
        time.await(lock, stop, until);
      }
      return !stopped;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  private boolean isStopped() {
    lock.lock();
    try {
      return stopped;
    } finally {
      lock.unlock();
    }
  }

  /** Ends all waits, and lets nothing be tried again from now on. */
  void stop() {
    lock.lock();
    try {
      stopped = true;
      stop.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
