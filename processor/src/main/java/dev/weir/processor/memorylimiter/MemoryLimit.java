package dev.weir.processor.memorylimiter;

import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Host.Status;
import dev.weir.pipeline.Time;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Watches the heap for all pipelines of one {@code memory_limiter}, and says when to refuse data.
 * The rules, the waits between forced collections and the texts are the Collector's
 * (memorylimiter.go).
 *
 * <p>Between two checks {@link #mustRefuse} looks for itself now and then, because a small heap can
 * fill within one interval; it only ever begins to refuse, the checks do the rest. Thread safe.
 */
final class MemoryLimit {
  static final String REFUSED = "data refused due to high memory usage";

  /** The largest part of the heap's room that is handed out: what is full cannot be collected. */
  private static final double USABLE = 0.9;

  private static final long MIB = 1024 * 1024;
  private static final long LOOK = Duration.ofMillis(20).toNanos();
  private static final int EFFECTIVE_PERCENT = 5;
  private static final long COST = 20;

  private final MemoryLimiterConfig config;
  private final ComponentId id;
  private final Logger logger;
  private final Heap heap;
  private final Time time;
  private final long hard;
  private final long soft;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition stop = lock.newCondition();

  /** Guarded by the lock, as all that follows but the volatile fields. */
  private int users;

  private int watches;
  private @Nullable Thread thread;
  private @Nullable Host host;
  private long lastGc;
  private long lastCollection;
  private long collectionWait;
  private long softWait;
  private long hardWait;
  private long lastUsed;

  /** What the last forced collection left in use, and how long it took. */
  private long leftInUse;

  private long lastCost;
  private volatile boolean refusing;
  private volatile long nextLook;

  MemoryLimit(MemoryLimiterConfig config, ComponentContext context, Heap heap, Time time) {
    this.config = config;
    this.id = context.id();
    this.logger = context.logger();
    this.heap = heap;
    this.time = time;
    long room = heap.room();
    long usable = (long) (room * USABLE);
    long limit;
    long spike;
    if (config.limitMib() > 0) {
      limit = config.limitMib() * MIB;
      spike = config.spikeLimitMib() * MIB;
    } else {
      limit = room / 100 * config.limitPercentage();
      spike = room / 100 * config.spikeLimitPercentage();
    }
    if (limit > usable) {
      // The share of the spike stays what it was.
      spike = (long) ((double) spike / limit * usable);
      limit = usable;
    }
    hard = limit;
    soft = limit - (spike == 0 ? limit / 5 : spike);
    lastGc = time.nanos();
    lastCollection = lastGc;
    nextLook = lastGc;
  }

  /** Returns the soft limit in bytes. */
  long soft() {
    return soft;
  }

  /** Begins to watch, for one more pipeline. */
  void start(Host around) {
    lock.lock();
    try {
      host = around;
      users++;
      if (users > 1) {
        return;
      }
      logger
          .atInfo()
          .addKeyValue("limit_mib", hard / MIB)
          .addKeyValue("spike_limit_mib", (hard - soft) / MIB)
          .addKeyValue("check_interval", config.checkInterval().toNanos() / 1e9)
          .log("Memory limiter configured");
      if (config.limitMib() > hard / MIB) {
        logger
            .atWarn()
            .addKeyValue("limit_mib", config.limitMib())
            .addKeyValue("heap_room_mib", heap.room() / MIB)
            .log(
                "limit_mib is more than nine tenths of what the heap can hold, which is the limit"
                    + " now. The heap grows with -Xmx.");
      }
      watches++;
      int mine = watches;
      thread = Thread.ofVirtual().name(id.toString()).start(() -> watch(mine));
    } finally {
      lock.unlock();
    }
  }

  /** Ends it for one pipeline. */
  void stop() {
    Thread last;
    lock.lock();
    try {
      users--;
      if (users > 0) {
        return;
      }
      last = thread;
      thread = null;
      watches++;
      stop.signalAll();
    } finally {
      lock.unlock();
    }
    if (last != null) {
      try {
        last.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Checks in each interval, until another watch or none has begun. */
  private void watch(int mine) {
    lock.lock();
    try {
      while (watches == mine) {
        long next = time.nanos() + config.checkInterval().toNanos();
        while (watches == mine && time.nanos() - next < 0) {
          time.await(lock, stop, next);
        }
        if (watches == mine) {
          check();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether to refuse what comes now. */
  boolean mustRefuse() {
    if (refusing) {
      return true;
    }
    long now = time.nanos();
    if (now - nextLook < 0) {
      return false;
    }
    nextLook = now + LOOK;
    if (heap.used() < soft || !lock.tryLock()) {
      return refusing;
    }
    try {
      check();
    } finally {
      lock.unlock();
    }
    return refusing;
  }

  /** Looks at the heap, perhaps collects garbage, and decides. The lock is held. */
  void check() {
    boolean collected = refusing && time.nanos() - lastCollection > collectionWait;
    if (collected) {
      collect();
    }
    long used = heap.used();
    logger.atDebug().addKeyValue("cur_mem_mib", used / MIB).log("Currently used memory.");
    boolean above = classify(used, false);
    if (!above) {
      if (refusing) {
        logger
            .atInfo()
            .addKeyValue("cur_mem_mib", used / MIB)
            .log("Memory usage back within limits. Resuming normal operation.");
        report(Status.OK, "");
      }
      refusing = false;
      return;
    }
    boolean overHard = used >= hard;
    long wait =
        overHard
            ? Math.max(config.minGcHard().toNanos(), hardWait)
            : Math.max(config.minGcSoft().toNanos(), softWait);
    // Go's heap is never more than twice what is held, so that the Collector may wait for its next
    // collection; this heap fills with garbage up to its end. To refuse data because of garbage
    // would
    // be wrong: as long as collections help, only their cost bounds them.
    boolean helps = leftInUse < soft && time.nanos() - lastCollection >= COST * lastCost;
    if (helps || time.nanos() - lastGc > wait) {
      if (overHard) {
        logger
            .atWarn()
            .addKeyValue("cur_mem_mib", used / MIB)
            .log("Memory usage is above hard limit. Forcing a GC.");
      } else {
        logger
            .atInfo()
            .addKeyValue("cur_mem_mib", used / MIB)
            .log("Memory usage is above soft limit. Forcing a GC.");
      }
      if (!collected) {
        collect();
      }
      lastGc = time.nanos();
      used = heap.used();
      logger.atInfo().addKeyValue("cur_mem_mib", used / MIB).log("Memory usage after GC.");
      above = classify(used, true);
    }
    if (above && !refusing) {
      report(Status.RECOVERABLE_ERROR, REFUSED);
      logger
          .atWarn()
          .addKeyValue("cur_mem_mib", used / MIB)
          .log("Memory usage is above soft limit. Refusing data.");
    } else if (!above && refusing) {
      report(Status.OK, "");
    }
    refusing = above;
  }

  /**
   * Collects garbage. While data is refused little is allocated, so that the JVM would not collect
   * by itself what the queues let go, and nothing would ever be accepted again. Go's runtime does;
   * here each check does, as long as that costs at most a twentieth of the time.
   */
  private void collect() {
    long begin = time.nanos();
    heap.collect();
    lastCollection = time.nanos();
    lastCost = lastCollection - begin;
    leftInUse = heap.used();
    collectionWait = Math.max(COST * lastCost, (long) (config.checkInterval().toNanos() * 0.95));
  }

  /**
   * Returns whether this is above the soft limit, and lets the waits between collections grow while
   * they bring nothing.
   */
  private boolean classify(long used, boolean collected) {
    boolean above = used >= soft;
    boolean effective = !above || used <= lastUsed / 100 * (100 - EFFECTIVE_PERCENT);
    lastUsed = used;
    if (effective) {
      softWait = 0;
      hardWait = 0;
    } else if (collected) {
      softWait = longer(softWait, config.minGcSoft(), config.maxGcSoft());
      hardWait = longer(hardWait, config.minGcHard(), config.maxGcHard());
      logger
          .atWarn()
          .addKeyValue("next_soft_gc_interval", softWait / 1e9)
          .addKeyValue("next_hard_gc_interval", hardWait / 1e9)
          .addKeyValue("cur_mem_mib", used / MIB)
          .log(
              "Forced GC did not reclaim enough memory. Will back off GC frequency to preserve CPU"
                  + " for recovery.");
    }
    return above;
  }

  private long longer(long current, Duration min, Duration max) {
    if (max.isZero()) {
      return min.toNanos();
    }
    long least = Math.max(min.toNanos(), (long) (config.checkInterval().toNanos() * 0.95));
    long most = Math.max(max.toNanos(), min.toNanos());
    return Math.min(Math.max(current, least) * 2, most);
  }

  private void report(Status status, String message) {
    Host around = host;
    if (around != null) {
      around.report(id, status, message);
    }
  }
}
