package dev.weir.pipeline.sending;

import dev.weir.pdata.Item;
import dev.weir.pdata.Signal;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Extension;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.StorageExtension;
import dev.weir.pipeline.StoredQueue;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * A queue in the storage of an extension, bounded by the sizer's measure. A request is taken once
 * it is stored, and removed from the storage once it has been delivered or given up for good; what
 * the agent's end cuts short stays, and is found after the restart. In memory is only where each
 * request lies: about 50 bytes.
 */
final class PersistentQueue<T extends Item> implements SendingQueue<T> {

  /** One stored request. */
  private record Entry(long number, int items, long weight) {}

  private final ComponentId exporter;
  private final Signal<T> signal;
  private final QueueConfig config;
  private final ComponentId storage;
  private final SendingMetrics metrics;
  private final Logger logger;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moreElements = lock.newCondition();
  private final Condition moreSpace = lock.newCondition();
  private final ArrayDeque<Entry> entries = new ArrayDeque<>();
  private long size;
  private boolean closed;
  private boolean cutShort;
  private @Nullable StoredQueue store;

  PersistentQueue(
      ComponentId exporter,
      Signal<T> signal,
      QueueConfig config,
      ComponentId storage,
      SendingMetrics metrics,
      Logger logger) {
    this.exporter = exporter;
    this.signal = signal;
    this.config = config;
    this.storage = storage;
    this.metrics = metrics;
    this.logger = logger;
  }

  @Override
  public void start(Host host) throws StartException {
    Extension extension = host.extension(storage);
    if (extension == null) {
      throw new StartException(
          "no storage client extension found: sending_queue::storage names \""
              + storage
              + "\", which is not in service::extensions");
    }
    if (!(extension instanceof StorageExtension found)) {
      throw new StartException(
          "requested extension is not a storage extension: sending_queue::storage names \""
              + storage
              + "\"");
    }
    store = found.open(ComponentKind.EXPORTER, exporter, signal.signalName(), this::recover);
    if (!entries.isEmpty()) {
      logger
          .atInfo()
          .addKeyValue("requests", entries.size())
          .log("Found requests of an earlier run in the persistent queue");
    }
  }

  private void recover(long number, byte[] record) {
    Entry entry;
    try {
      int items = StoredRequest.items(record);
      long weight =
          switch (config.sizer()) {
            case REQUESTS -> 1;
            case ITEMS -> items;
            case BYTES -> StoredRequest.bytes(record);
          };
      entry = new Entry(number, items, weight);
    } catch (IOException e) {
      entry = new Entry(number, 0, 0); // reading it will say what is wrong, and remove it
    }
    size += entry.weight();
    entries.add(entry);
  }

  private StoredQueue store() {
    StoredQueue open = store;
    if (open == null) {
      throw new IllegalStateException("the queue was not started");
    }
    return open;
  }

  @Override
  public boolean keeps() {
    return true;
  }

  @Override
  public @Nullable Failure offer(Request<T> request) {
    long weight = config.sizer().of(request);
    if (weight == 0) {
      return null; // nothing is in it
    }
    if (weight > config.queueSize()) {
      return Failure.passing(MemoryQueue.TOO_LARGE);
    }
    lock.lock();
    try {
      while (!closed && size + weight > config.queueSize()) {
        if (!config.blockOnOverflow()) {
          return Failure.passing(MemoryQueue.FULL);
        }
        moreSpace.await();
      }
      if (closed) {
        return Failure.passing(MemoryQueue.STOPPED);
      }
      size += weight; // so that others do not count on the room while it is written
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Failure.interrupted("interrupted while waiting for the sending queue");
    } finally {
      lock.unlock();
    }
    long number;
    boolean stored = false;
    try {
      number = store().append(StoredRequest.encode(request));
      stored = true;
    } catch (IOException e) {
      return Failure.passing("the persistent queue cannot store the request: " + reason(e));
    } catch (OutOfMemoryError e) {
      // Whoever brought it is told, and may try again when there is memory.
      return Failure.passing("the persistent queue cannot store the request: " + e);
    } finally {
      if (!stored) {
        free(weight);
      }
    }
    lock.lock();
    try {
      entries.add(new Entry(number, request.items(), weight));
      moreElements.signal();
    } finally {
      lock.unlock();
    }
    return null;
  }

  private static String reason(IOException e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }

  private void free(long weight) {
    lock.lock();
    try {
      size -= weight;
      moreSpace.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public @Nullable Taken<T> take() throws InterruptedException {
    while (true) {
      Entry entry = next();
      if (entry == null) {
        return null;
      }
      try {
        Request<T> request = StoredRequest.decode(signal, store().read(entry.number()));
        return new Taken<>(request, failure -> done(entry, failure));
      } catch (IOException e) {
        logger
            .atError()
            .addKeyValue("error", reason(e))
            .addKeyValue("dropped_items", entry.items())
            .log("A stored request is damaged. Dropping it.");
        metrics.damaged(entry.items());
        remove(entry);
      } catch (OutOfMemoryError e) {
        giveBack(entry);
        throw e;
      }
    }
  }

  /** There was no room for it now; it is intact, and somebody tries it again. */
  private void giveBack(Entry entry) {
    lock.lock();
    try {
      entries.addFirst(entry);
      moreElements.signal();
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Entry next() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (entries.isEmpty() && !closed) {
        moreElements.await();
      }
      return cutShort ? null : entries.poll();
    } finally {
      lock.unlock();
    }
  }

  private void done(Entry entry, @Nullable Failure failure) {
    if (failure == null || !failure.shutdown()) {
      remove(entry);
      return;
    }
    lock.lock();
    try {
      // The destination does not answer: the rest stays, for after the restart.
      cutShort = true;
      moreElements.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void remove(Entry entry) {
    store().remove(entry.number());
    free(entry.weight());
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
      cutShort = true;
      moreElements.signalAll();
    } finally {
      lock.unlock();
    }
    return List.of();
  }

  @Override
  public void stop() {
    StoredQueue open = store;
    if (open != null) {
      open.close();
    }
  }
}
