package dev.weir.pipeline.sending;

import dev.weir.pipeline.Time;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The virtual threads of one exporter, and the end of them. Thread safe. */
final class Workers {
  private final String name;
  private final Time time;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();
  private final List<Thread> running = new ArrayList<>();

  Workers(String name, Time time) {
    this.name = name;
    this.time = time;
  }

  /** Runs something in a thread of its own. */
  void start(Runnable work) {
    Thread thread =
        Thread.ofVirtual()
            .name(name)
            .unstarted(
                () -> {
                  try {
                    work.run();
                  } finally {
                    remove(Thread.currentThread());
                  }
                });
    lock.lock();
    try {
      running.add(thread);
    } finally {
      lock.unlock();
    }
    thread.start();
  }

  private void remove(Thread thread) {
    lock.lock();
    try {
      running.remove(thread);
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the end of all, until this time; returns whether all have ended. */
  boolean awaitEnd(long until) {
    lock.lock();
    try {
      while (!running.isEmpty() && time.nanos() - until < 0) {
        time.await(lock, ended, until);
      }
      return running.isEmpty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Interrupts those that still run. */
  void interrupt() {
    lock.lock();
    try {
      running.forEach(Thread::interrupt);
    } finally {
      lock.unlock();
    }
  }
}
