package dev.weir.processor.batch;

import dev.weir.pdata.Item;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Outcome.Code;
import dev.weir.pipeline.Processor;
import dev.weir.pipeline.Time;
import dev.weir.pipeline.batching.Cut;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Puts batches together. Every batch is accepted at once, as in the Collector; what becomes of it
 * later is logged and counted. Whoever brings what makes a batch large enough hands it on; a thread
 * of the processor hands on what has waited long enough.
 *
 * <p>Groups are moved and not looked into, unless a cut goes through one. Thread safe.
 */
final class BatchProcessor<T extends Item> implements Processor<T> {
  private static final String TOO_MANY = "too many batcher metadata-value combinations";

  /** Data of one kind of metadata that waits. Guarded by the lock. */
  private final class Shard {
    private final Map<String, List<String>> metadata;
    private Telemetry<T> waiting;
    private int items;
    private long since;

    private Shard(Map<String, List<String>> metadata) {
      this.metadata = metadata;
      this.waiting = empty();
    }

    private Telemetry<T> empty() {
      Telemetry<T> batch = new Telemetry<>(signal);
      batch.metadata(metadata);
      return batch;
    }

    /** Takes what waits, or the first part of it if that is more than one batch may have. */
    private Ready<T> take(boolean large) {
      Telemetry<T> batch = waiting;
      int n = items;
      int max = config.sendBatchMaxSize();
      if (max > 0 && n > max) {
        Cut<T> cut = Cut.byItems(batch, max);
        batch = cut.front();
        n = max;
        waiting = cut.rest() == null ? empty() : cut.rest();
      } else {
        waiting = empty();
      }
      items -= n;
      return new Ready<>(batch, n, large);
    }
  }

  /** A batch that is handed on. */
  private record Ready<T extends Item>(Telemetry<T> batch, int items, boolean large) {}

  private final Signal<T> signal;
  private final BatchProcessorConfig config;
  private final Consumer<T> next;
  private final BatchMetrics metrics;
  private final Logger logger;
  private final Time time;
  private final String name;
  private final List<String> keys;
  private final boolean atOnce;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<List<@Nullable List<String>>, Shard> shards = new HashMap<>();
  private @Nullable Thread thread;
  private boolean stopped;

  BatchProcessor(
      ComponentContext context,
      Signal<T> signal,
      BatchProcessorConfig config,
      Consumer<T> next,
      Time time) {
    this.signal = signal;
    this.config = config;
    this.next = next;
    this.time = time;
    this.metrics = new BatchMetrics(context, signal);
    this.logger = context.logger();
    this.name = context.id() + " (" + signal + ")";
    this.keys =
        config.metadataKeys().stream().map(key -> key.toLowerCase(Locale.ROOT)).sorted().toList();
    this.atOnce = config.timeout().isZero() || config.sendBatchSize() == 0;
  }

  @Override
  public void start(Host host) {
    if (keys.isEmpty()) {
      shards.put(List.of(), new Shard(Map.of()));
      metrics.kinds(1);
    }
    if (!atOnce) {
      thread = Thread.ofVirtual().name(name).start(this::watch);
    }
  }

  @Override
  public Outcome consume(Telemetry<T> batch) {
    int count = batch.count();
    List<Ready<T>> ready = List.of();
    lock.lock();
    try {
      Shard shard = shard(batch);
      if (shard == null) {
        return new Outcome.Refused(TOO_MANY, Code.INTERNAL);
      }
      if (shard.items == 0) {
        shard.since = time.nanos();
        changed.signal();
      }
      shard.waiting.resources().addAll(batch.resources());
      shard.items += count;
      if (atOnce || stopped || shard.items >= config.sendBatchSize()) {
        ready = takeLarge(shard);
      }
    } finally {
      lock.unlock();
    }
    ready.forEach(this::handOn);
    return Outcome.accepted();
  }

  private List<Ready<T>> takeLarge(Shard shard) {
    List<Ready<T>> ready = new ArrayList<>(1);
    while (shard.items > 0 && (atOnce || stopped || shard.items >= config.sendBatchSize())) {
      ready.add(shard.take(true));
    }
    shard.since = time.nanos();
    return ready;
  }

  /** Returns where a batch goes, or null if there are too many kinds of metadata. */
  private @Nullable Shard shard(Telemetry<T> batch) {
    if (keys.isEmpty()) {
      return shards.get(List.of());
    }
    List<@Nullable List<String>> kind = new ArrayList<>(keys.size());
    for (String key : keys) {
      kind.add(batch.metadata().get(key));
    }
    Shard known = shards.get(kind);
    if (known != null) {
      return known;
    }
    int limit = config.metadataCardinalityLimit();
    if (limit > 0 && shards.size() >= limit) {
      return null;
    }
    Map<String, List<String>> metadata = new TreeMap<>();
    for (String key : keys) {
      List<String> values = batch.metadata().get(key);
      if (values != null) {
        metadata.put(key, values);
      }
    }
    Shard made = new Shard(metadata);
    shards.put(kind, made);
    metrics.kinds(1);
    return made;
  }

  private void handOn(Ready<T> ready) {
    long bytes = 0;
    Outcome outcome;
    try {
      bytes = metrics.bytesOf(ready.batch());
      outcome = next.consume(ready.batch());
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      // What others brought is in it, and the thread is needed for what comes.
      outcome = Outcome.refused(String.valueOf(e));
    }
    String error =
        switch (outcome) {
          case Outcome.Accepted _ -> null;
          case Outcome.Partial partial -> partial.reason();
          case Outcome.Retry retry -> retry.reason();
          case Outcome.Refused refused -> refused.reason();
        };
    long lost =
        outcome instanceof Outcome.Partial partial
            ? Math.clamp(partial.rejected(), 0, ready.items())
            : error == null ? 0 : ready.items();
    if (lost > 0) {
      metrics.dropped(lost);
    }
    if (error == null) {
      metrics.sent(ready.large(), ready.items(), bytes);
    } else {
      logger.atWarn().addKeyValue("error", error).log("Sender failed");
    }
  }

  /** Hands on what has waited long enough, until the processor stops. */
  private void watch() {
    try {
      boolean more = true;
      while (more) {
        more = handOnDue();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // only the JVM's end interrupts it
    }
  }

  /** In a method of its own: a variable of the loop would hold the last batch while it waits. */
  private boolean handOnDue() throws InterruptedException {
    List<Ready<T>> due = due();
    due.forEach(this::handOn);
    return !due.isEmpty();
  }

  /** Waits for what has waited long enough; nothing once the processor stops. */
  private List<Ready<T>> due() throws InterruptedException {
    lock.lock();
    try {
      while (!stopped) {
        long now = time.nanos();
        long timeout = config.timeout().toNanos();
        long first = Long.MAX_VALUE;
        List<Ready<T>> due = new ArrayList<>();
        for (Shard shard : shards.values()) {
          if (shard.items > 0) {
            long left = shard.since + timeout - now;
            if (left <= 0) {
              while (shard.items > 0) {
                due.add(shard.take(false));
              }
            } else {
              first = Math.min(first, left);
            }
          }
        }
        if (!due.isEmpty()) {
          return due;
        }
        if (first == Long.MAX_VALUE) {
          changed.await();
        } else {
          time.await(lock, changed, now + first);
        }
      }
      return List.of();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void stop(Duration grace) {
    List<Ready<T>> rest = new ArrayList<>();
    int kinds;
    Thread watching;
    lock.lock();
    try {
      stopped = true;
      watching = thread;
      thread = null;
      kinds = shards.size();
      for (Shard shard : shards.values()) {
        while (shard.items > 0) {
          rest.add(shard.take(false));
        }
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    rest.forEach(this::handOn);
    if (kinds > 0) {
      metrics.kinds(-kinds);
    }
    if (watching != null) {
      try {
        boolean _ = watching.join(grace);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
