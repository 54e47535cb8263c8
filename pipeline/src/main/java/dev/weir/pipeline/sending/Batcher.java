package dev.weir.pipeline.sending;

import dev.weir.pdata.Item;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.Time;
import dev.weir.pipeline.batching.Cut;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Puts requests together until they are large enough or have waited long enough, and cuts what is
 * too large. One thread adds; another one watches the time; each batch is sent by a thread of its
 * own, so many at a time as there are consumers. While that many are under way, adding waits, so
 * that the queue behind it fills.
 *
 * <p>What waits here is still in the queue: it counts in its size, and its {@link Done} is told
 * when the last batch with a part of it has been sent.
 */
final class Batcher<T extends Item> {

  /** What waits to become larger. */
  private static final class Pending<T extends Item> {
    private final Telemetry<T> batch;
    private final List<Done> dones;
    private final long until;
    private long size;

    private Pending(Telemetry<T> batch, List<Done> dones, long until, long size) {
      this.batch = batch;
      this.dones = dones;
      this.until = until;
      this.size = size;
    }
  }

  /** What is to be sent. */
  private record Ready<T extends Item>(Request<T> request, Done done) {}

  private final BatchConfig config;
  private final Time time;
  private final Workers threads;
  private final Set<Request<T>> underWay;
  private final BiConsumer<Request<T>, Done> send;
  private final Logger logger;
  private final Semaphore consumers;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /**
   * What waits, by the metadata that keeps it apart. All wait equally long: the first is due first.
   */
  private final Map<List<@Nullable List<String>>, Pending<T>> pending = new LinkedHashMap<>();

  private boolean finished;
  private boolean abandoned;

  /**
   * Makes a batcher.
   *
   * @param consumers how many batches are sent at a time
   * @param threads runs them
   * @param underWay is told what is ready, before it is sent
   * @param send sends one, and tells its end
   */
  Batcher(
      BatchConfig config,
      int consumers,
      Time time,
      Workers threads,
      Set<Request<T>> underWay,
      BiConsumer<Request<T>, Done> send,
      Logger logger) {
    this.config = config;
    this.consumers = new Semaphore(consumers);
    this.time = time;
    this.threads = threads;
    this.underWay = underWay;
    this.send = send;
    this.logger = logger;
  }

  /**
   * Adds a request, which is given away; sends what is large enough.
   *
   * @return false if it came after {@link #abandon}: then it is the caller's still
   */
  boolean add(Request<T> request, Done done) throws InterruptedException {
    List<Ready<T>> ready = new ArrayList<>(1);
    lock.lock(); // whatever happens: what was taken from the queue must be somewhere to be counted
    try {
      if (abandoned) {
        return false;
      }
      merge(request, done, ready);
    } finally {
      lock.unlock();
    }
    sendAll(ready);
    return true;
  }

  private void merge(Request<T> request, Done done, List<Ready<T>> ready) {
    List<@Nullable List<String>> key = key(request.batch());
    Pending<T> waiting = pending.get(key);
    Telemetry<T> whole = request.batch();
    long size = config.sizer().of(request);
    if (waiting != null) {
      whole = waiting.batch;
      whole.resources().addAll(request.batch().resources());
      size += waiting.size;
    }
    List<Telemetry<T>> pieces = cut(whole, size);
    Telemetry<T> last = pieces.getLast();
    if (pieces.size() > 1) {
      size = sizeOf(last);
    }
    boolean keepLast = size < config.minSize();
    if (pieces.size() == 1 && waiting != null && keepLast) {
      waiting.size = size;
      waiting.dones.add(done);
      return;
    }
    pending.remove(key);
    Done each = pieces.size() == 1 ? done : new SharedDone(done, pieces.size());
    for (int i = 0; i < pieces.size(); i++) {
      List<Done> dones = new ArrayList<>(1);
      if (i == 0 && waiting != null) {
        // What waited was smaller than any cut, so that it is in the first piece, whole.
        dones.addAll(waiting.dones);
      }
      dones.add(each);
      if (keepLast && i == pieces.size() - 1) {
        long until = time.nanos() + config.flushTimeout().toNanos();
        pending.put(key, new Pending<>(last, dones, until, size));
        changed.signal();
      } else {
        ready.add(ready(pieces.get(i), dones));
      }
    }
  }

  private List<Telemetry<T>> cut(Telemetry<T> whole, long size) {
    if (config.maxSize() == 0 || size <= config.maxSize()) {
      return List.of(whole);
    }
    int max = Math.toIntExact(config.maxSize());
    List<Telemetry<T>> pieces = new ArrayList<>();
    Telemetry<T> rest = whole;
    while (rest != null && sizeOf(rest) > max) {
      Cut<T> cut = config.sizer() == Sizer.BYTES ? Cut.byBytes(rest, max) : Cut.byItems(rest, max);
      long front = sizeOf(cut.front());
      if (front > max) {
        logger
            .atWarn()
            .addKeyValue("size", front)
            .addKeyValue("max_size", max)
            .log("One item alone is larger than max_size. It is sent alone.");
      }
      pieces.add(cut.front());
      rest = cut.rest();
    }
    if (rest != null) {
      pieces.add(rest);
    }
    return pieces;
  }

  private long sizeOf(Telemetry<T> batch) {
    return config.sizer().of(new Request<>(batch));
  }

  private List<@Nullable List<String>> key(Telemetry<T> batch) {
    List<@Nullable List<String>> key = new ArrayList<>(config.metadataKeys().size());
    for (String name : config.metadataKeys()) {
      key.add(batch.metadata().get(name.toLowerCase(Locale.ROOT)));
    }
    return key;
  }

  private Ready<T> ready(Telemetry<T> batch, List<Done> dones) {
    Request<T> request = new Request<>(batch);
    underWay.add(request);
    Done done =
        dones.size() == 1
            ? dones.getFirst()
            : failure -> {
              for (Done each : dones) {
                each.done(failure);
              }
            };
    return new Ready<>(request, done);
  }

  private void sendAll(List<Ready<T>> ready) throws InterruptedException {
    for (Ready<T> each : ready) {
      consumers.acquire();
      threads.start(
          () -> {
            try {
              send.accept(each.request(), each.done());
            } finally {
              consumers.release();
            }
          });
    }
  }

  /** Sends what has waited long enough, until {@link #finish} or an interrupt. */
  void watch() {
    try {
      boolean more = true;
      while (more) {
        more = sendDue();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the time to stop is over
    }
  }

  /** In a method of its own: a variable of the loop would hold what was sent while it waits. */
  private boolean sendDue() throws InterruptedException {
    List<Ready<T>> due = due();
    sendAll(due);
    return !due.isEmpty();
  }

  /** Waits for what has waited long enough; returns nothing once finished. */
  private List<Ready<T>> due() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!finished) {
        if (pending.isEmpty()) {
          changed.await();
          continue;
        }
        Map.Entry<List<@Nullable List<String>>, Pending<T>> first =
            pending.entrySet().iterator().next();
        Pending<T> waiting = first.getValue();
        if (time.nanos() - waiting.until >= 0) {
          pending.remove(first.getKey());
          return List.of(ready(waiting.batch, waiting.dones));
        }
        time.await(lock, changed, waiting.until);
      }
      return List.of();
    } finally {
      lock.unlock();
    }
  }

  /** Sends all that waits. Nothing is added any more. */
  void finish() throws InterruptedException {
    sendAll(takeAll(false));
  }

  /** Makes everything that waits count as under way, and sends none of it. */
  void abandon() {
    takeAll(true);
  }

  private List<Ready<T>> takeAll(boolean forGood) {
    List<Ready<T>> all = new ArrayList<>();
    lock.lock();
    try {
      finished = true;
      abandoned |= forGood;
      for (Pending<T> waiting : pending.values()) {
        all.add(ready(waiting.batch, waiting.dones));
      }
      pending.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    return all;
  }

  /** Tells the end of a request that was cut when its last piece has ended. */
  private static final class SharedDone implements Done {
    private final Done whole;
    private int left;
    private @Nullable Failure failure;

    private SharedDone(Done whole, int pieces) {
      this.whole = whole;
      this.left = pieces;
    }

    @Override
    public void done(@Nullable Failure why) {
      Failure all;
      synchronized (this) {
        failure = failure == null ? why : why == null ? failure : failure.and(why);
        left--;
        if (left > 0) {
          return;
        }
        all = failure;
      }
      whole.done(all);
    }
  }
}
