package dev.weir.pipeline.testing;

import dev.weir.pipeline.Time;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.awaitility.Awaitility;

/** A time that passes only when a test says so. */
public final class FakeTime implements Time {
  private record Waiter(Lock lock, Condition condition, long until) {}

  private final List<Waiter> waiters = new ArrayList<>();
  private long now = 1_000;

  @Override
  public synchronized long nanos() {
    return now;
  }

  @Override
  @SuppressWarnings("WaitNotInLoop") // the callers loop
  public void await(Lock lock, Condition condition, long until) throws InterruptedException {
    Waiter waiter = new Waiter(lock, condition, until);
    synchronized (this) {
      if (now - until >= 0) {
        return;
      }
      waiters.add(waiter);
    }
    try {
      condition.await();
    } finally {
      synchronized (this) {
        waiters.remove(waiter);
      }
    }
  }

  /** Lets time pass; whoever has waited long enough goes on. */
  public void pass(Duration time) {
    List<Waiter> due = new ArrayList<>();
    synchronized (this) {
      now += time.toNanos();
      for (Waiter waiter : waiters) {
        if (now - waiter.until() >= 0) {
          due.add(waiter);
        }
      }
    }
    for (Waiter waiter : due) {
      waiter.lock().lock();
      try {
        waiter.condition().signalAll();
      } finally {
        waiter.lock().unlock();
      }
    }
  }

  /** Waits (for real) until somebody waits for exactly this long. */
  public void awaitWaiting(Duration left) {
    Awaitility.await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(2))
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> {
              synchronized (this) {
                return waiters.stream().anyMatch(w -> w.until() - now == left.toNanos());
              }
            });
  }
}
