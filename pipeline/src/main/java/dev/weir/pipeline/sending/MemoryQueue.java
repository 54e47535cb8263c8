package dev.weir.pipeline.sending;

import dev.weir.pdata.Item;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A queue in memory, bounded by the sizer's measure. As in the Collector a request counts until it
 * has been sent or given up, not only while it waits here.
 */
final class MemoryQueue<T extends Item> implements SendingQueue<T> {
  static final String FULL = "sending queue is full";
  static final String TOO_LARGE = "element size too large";
  static final String LATE = "the time to stop was over";
  static final String STOPPED = "sending queue is stopped";

  private final QueueConfig config;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moreElements = lock.newCondition();
  private final Condition moreSpace = lock.newCondition();
  private final ArrayDeque<Entry> entries = new ArrayDeque<>();

  /** Those whose results somebody waits for. */
  private final Set<Entry> awaited = new HashSet<>();

  private long size;
  private boolean closed;
  private boolean abandoned;

  MemoryQueue(QueueConfig config) {
    this.config = config;
  }

  /** One request. {@code ended} and {@code failure} are guarded by the lock of the queue. */
  private final class Entry implements Done {
    private final Request<T> request;
    private final long weight;
    private final Condition end = lock.newCondition();
    private boolean ended;
    private @Nullable Failure failure;

    private Entry(Request<T> request, long weight) {
      this.request = request;
      this.weight = weight;
    }

    @Override
    public void done(@Nullable Failure why) {
      lock.lock();
      try {
        size -= weight;
        ended = true;
        failure = why;
        end.signalAll();
        // Several may fit into what one large request leaves.
        moreSpace.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  @Override
  public @Nullable Failure offer(Request<T> request) {
    long weight = config.sizer().of(request);
    if (weight == 0) {
      return null; // nothing is in it
    }
    if (weight > config.queueSize()) {
      return Failure.passing(TOO_LARGE);
    }
    lock.lock();
    try {
      while (!closed && size + weight > config.queueSize()) {
        if (!config.blockOnOverflow()) {
          return Failure.passing(FULL);
        }
        moreSpace.await();
      }
      if (closed) {
        return Failure.passing(STOPPED);
      }
      Entry entry = new Entry(request, weight);
      size += weight;
      entries.add(entry);
      moreElements.signal();
      if (!config.waitForResult()) {
        return null;
      }
      awaited.add(entry);
      try {
        while (!entry.ended && !abandoned) {
          entry.end.await();
        }
      } finally {
        awaited.remove(entry);
      }
      return entry.ended ? entry.failure : Failure.interrupted(LATE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Failure.interrupted("interrupted while waiting for the sending queue");
    } finally {
      lock.unlock();
    }
  }

  @Override
  public @Nullable Taken<T> take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (entries.isEmpty()) {
        if (closed) {
          return null;
        }
        moreElements.await();
      }
      Entry entry = entries.remove();
      return new Taken<>(entry.request, entry);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long size() {
    lock.lock();
    try {
      return size;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long capacity() {
    return config.queueSize();
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      moreElements.signalAll();
      moreSpace.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public List<Request<T>> abandon() {
    lock.lock();
    try {
      abandoned = true;
      List<Request<T>> left = new ArrayList<>(entries.size());
      while (!entries.isEmpty()) {
        Entry entry = entries.remove();
        left.add(entry.request);
        entry.done(Failure.interrupted(LATE));
      }
      awaited.forEach(entry -> entry.end.signalAll());
      return left;
    } finally {
      lock.unlock();
    }
  }
}
