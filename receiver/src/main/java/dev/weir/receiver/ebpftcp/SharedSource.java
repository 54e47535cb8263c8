package dev.weir.receiver.ebpftcp;

import dev.weir.bpf.ConnectionRecord;
import dev.weir.bpf.ConnectionSource;
import dev.weir.bpf.OverflowEntry;
import dev.weir.bpf.OverflowSink;
import dev.weir.bpf.ProbeConfig;
import dev.weir.bpf.ProbeStatistics;
import dev.weir.bpf.RecordSink;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.StartException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * One open source of connection records and the thread that reads it, for all receivers that read
 * the same.
 *
 * <p>Receivers {@link #join} while they are made, so that the probe knows all of them when the
 * first is started; it is closed when the last is stopped. A record goes to each receiver whose bit
 * it bears. The thread is a platform thread, since waiting for the kernel through the foreign
 * function API would hold a virtual thread's carrier (D8); whatever it owns (tables, source) is
 * touched by no other.
 */
final class SharedSource {
  /**
   * How long the ring is left alone after it had something, and at most once it has nothing: each
   * look that finds nothing doubles the wait. A burst does not wait for it, since the kernel wakes
   * the reader when the ring fills.
   */
  private static final long SHORTEST_WAIT = TimeUnit.MILLISECONDS.toNanos(50);

  private static final long LONGEST_WAIT = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long STATISTICS_PERIOD = TimeUnit.SECONDS.toNanos(1);

  /** A receiver, as the thread that reads sees it. All methods are called on that thread. */
  interface Member {
    /** Returns its ID. */
    ComponentId id();

    /** Returns its config. */
    EbpfTcpConfig config();

    /** Returns whether it makes log records. */
    boolean wantsEvents();

    /** Returns whether it wants further fields of live connections. */
    boolean wantsFields();

    /** Begins: the first collection is due {@code initial_delay} from now. */
    void begin(long now);

    /** Says what to add to the times of records to get nanoseconds since 1970. */
    void recordOffset(long nanos);

    /** Takes the time before records of that time come. */
    void now(long now);

    /** Takes a record. */
    void accept(MemorySegment memory, long at);

    /** Takes an overflow entry. */
    void acceptOverflow(MemorySegment key, MemorySegment sum);

    /** Takes totals without attributes. */
    void acceptTotal(MemorySegment sum);

    /** Says that records came, and no more come for now. */
    void drained();

    /** Returns when the next collection is due, CLOCK_MONOTONIC. */
    long due();

    /** Says whether live connections that follow are for this receiver to sample, once each. */
    void snapshotBegins(boolean own);

    /** Hands on what was added up. */
    void collect(long now, long epochOffset);

    /** Hands on the rest; nothing comes any more. */
    void end(long now, long epochOffset);

    /** Says that the thread has died of a bug. */
    void failed(Throwable cause);
  }

  /** Opens the source, once the receivers are known. */
  @FunctionalInterface
  interface Opener {
    ConnectionSource open(ProbeConfig config, Logger log) throws StartException;
  }

  private final Opener opener;
  private final InstantSource clock;
  private final LongSupplier monotonic;
  private final List<Member> members = new ArrayList<>();
  private final Queue<Runnable> requests = new ConcurrentLinkedQueue<>();

  // Guarded by this.
  private @Nullable ConnectionSource source;
  private @Nullable Thread thread;
  private int running;
  private boolean ended;

  // Owned by the thread that reads.
  private @Nullable Member[] byBit = new @Nullable Member[0];
  private int collections;
  private long statisticsAt;
  private boolean done;
  private boolean exhaustionSeen;
  private long patience = SHORTEST_WAIT;

  private volatile @Nullable ProbeStatistics statistics;

  SharedSource(Opener opener, InstantSource clock, LongSupplier monotonic) {
    this.opener = opener;
    this.clock = clock;
    this.monotonic = monotonic;
  }

  /** Returns whether it was opened, so that nobody can join any more. */
  synchronized boolean sealed() {
    return source != null || ended;
  }

  /** Adds a receiver; one of the same ID that was made before is replaced. */
  synchronized void join(Member member) {
    if (sealed()) {
      throw new IllegalStateException("the source is open already");
    }
    for (int i = 0; i < members.size(); i++) {
      if (members.get(i).id().equals(member.id())) {
        members.set(i, member);
        return;
      }
    }
    members.add(member);
  }

  /**
   * Returns whether {@code member} is the one that speaks for the source in the agent's metrics.
   */
  synchronized boolean speaker(Member member) {
    return members.indexOf(member) == 0;
  }

  /** Returns the source's counters as of at most a second ago, or null before the first. */
  @Nullable ProbeStatistics statistics() {
    return statistics;
  }

  /** Returns what to add to the times of records to get nanoseconds since 1970. */
  private static long recordOffset(ConnectionSource source, long present) {
    return source instanceof ReplaySource replay ? replay.epochOffset() : present;
  }

  /** Starts a receiver: the first opens the source. */
  synchronized void start(Member member, Logger log) throws StartException {
    if (source == null) {
      source = recorded(opener.open(probeConfig(), log), log);
      byBit = new @Nullable Member[members.size()];
      Thread reader = new Thread(() -> read(log), "ebpf_tcp-reader");
      reader.setDaemon(true);
      thread = reader;
      reader.start();
    }
    running++;
    int bit = members.indexOf(member);
    ConnectionSource open = source;
    request(
        () -> {
          byBit[bit] = member;
          member.recordOffset(recordOffset(open, EpochTime.offset(clock, monotonic)));
          member.begin(monotonic.getAsLong());
        });
  }

  /** Wraps the source so that it is recorded, if one of the receivers says so. */
  private ConnectionSource recorded(ConnectionSource opened, Logger log) throws StartException {
    Member recorder = null;
    for (Member member : members) {
      if (member.config().record().isEmpty()) {
        continue;
      }
      if (recorder != null) {
        opened.close();
        throw new StartException(
            "record: only one of the ebpf_tcp receivers can record, since they share their records: "
                + recorder.id()
                + " and "
                + member.id()
                + " both do");
      }
      recorder = member;
    }
    if (recorder == null) {
      return opened;
    }
    try {
      return new RecordingSource(
          opened,
          RecordingWriter.open(
              Path.of(recorder.config().record()),
              recorder.config().recordMaxSize(),
              EpochTime.offset(clock, monotonic),
              members.stream().anyMatch(Member::wantsFields),
              monotonic,
              log));
    } catch (StartException e) {
      opened.close();
      throw e;
    }
  }

  /** Stops a receiver: it is given its rest; the last one closes the source. */
  void stop(Member member, Duration grace) {
    CountDownLatch left = new CountDownLatch(1);
    Thread reader;
    boolean last;
    synchronized (this) {
      if (source == null || ended) {
        return;
      }
      reader = thread;
      last = --running == 0;
      ended = last;
      int bit = members.indexOf(member);
      request(
          () -> {
            leave(member, bit, last);
            left.countDown();
          });
    }
    try {
      if (reader != null && !reader.isAlive()) {
        return;
      }
      boolean inTime = left.await(grace.toNanos(), TimeUnit.NANOSECONDS);
      if (last && inTime && reader != null) {
        reader.join(grace);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void request(Runnable request) {
    requests.add(request);
    ConnectionSource open = source;
    if (open != null) {
      open.wakeUp();
    }
  }

  /** Returns what the probe is loaded with: limits are the greatest that any receiver asks for. */
  private ProbeConfig probeConfig() throws StartException {
    if (members.size() > ProbeConfig.MAX_RECEIVERS) {
      throw new StartException(
          "at most "
              + ProbeConfig.MAX_RECEIVERS
              + " ebpf_tcp receivers can share the kernel's records, and there are "
              + members.size());
    }
    List<ProbeConfig.ReceiverConfig> receivers = new ArrayList<>();
    EbpfTcpConfig first = members.getFirst().config();
    long ring = 0;
    long rows = 0;
    long overflow = 0;
    long filters = 0;
    for (Member member : members) {
      EbpfTcpConfig config = member.config();
      if (config.existingConnections() != first.existingConnections()) {
        throw new StartException(
            "existing_connections must be the same in all ebpf_tcp receivers, which share one"
                + " probe: "
                + members.getFirst().id()
                + " and "
                + member.id()
                + " differ");
      }
      ring = Math.max(ring, config.ringSize());
      rows = Math.max(rows, config.rowCapacity());
      overflow = Math.max(overflow, config.overflowEntries());
      filters = Math.max(filters, config.filterEntries());
      receivers.add(
          new ProbeConfig.ReceiverConfig(
              member.wantsEvents(),
              config.excludeSelf(),
              Selections.of(config.include()),
              Selections.of(config.exclude()),
              member.wantsFields()));
    }
    return new ProbeConfig(
        (int) ring,
        (int) rows,
        (int) overflow,
        (int) filters,
        first.existingConnections() == EbpfTcpConfig.ExistingConnections.FROM_NOW,
        receivers);
  }

  // ---- the thread that reads

  private final RecordSink records =
      new RecordSink() {
        @Override
        public void accept(MemorySegment memory, long offset) {
          @Nullable Member[] all = byBit;
          if (all.length == 1) {
            Member only = all[0];
            if (only != null) {
              only.accept(memory, offset);
            }
            return;
          }
          int wanted = ConnectionRecord.wanted(memory, offset);
          for (int bit = 0; bit < all.length; bit++) {
            Member member = all[bit];
            if (member != null && (wanted >> bit & 1) != 0) {
              member.accept(memory, offset);
            }
          }
        }
      };

  private final OverflowSink overflow =
      new OverflowSink() {
        @Override
        public void accept(MemorySegment key, MemorySegment sum) {
          int wanted = OverflowEntry.wanted(key);
          @Nullable Member[] all = byBit;
          for (int bit = 0; bit < all.length; bit++) {
            Member member = all[bit];
            if (member != null && (all.length == 1 || (wanted >> bit & 1) != 0)) {
              member.acceptOverflow(key, sum);
            }
          }
        }

        @Override
        public void acceptTotal(MemorySegment sum) {
          for (Member member : byBit) {
            if (member != null) {
              member.acceptTotal(sum);
            }
          }
        }
      };

  private void read(Logger log) {
    ConnectionSource open;
    synchronized (this) {
      open = source;
    }
    if (open == null) {
      return;
    }
    try {
      while (!done) {
        Duration wait = untilDue(monotonic.getAsLong());
        if (!wait.isZero() && requests.isEmpty()) {
          open.await(wait);
        }
        round(open, log);
      }
    } catch (RuntimeException | Error e) {
      log.error("the thread that reads connection records has died", e);
      for (Member member : byBit) {
        if (member != null) {
          member.failed(e);
        }
      }
    } finally {
      try {
        open.close();
      } catch (RuntimeException e) {
        log.error("closing the source of connection records failed", e);
      }
      // Whoever waits to leave must not wait for ever.
      runRequests();
    }
  }

  private void runRequests() {
    for (Runnable request = requests.poll(); request != null; request = requests.poll()) {
      request.run();
    }
  }

  /** Reads what there is, and collects for whoever it is time. */
  private void round(ConnectionSource open, Logger log) {
    runRequests();
    if (done) {
      return;
    }
    long now = tick();
    if (open.drain(records) > 0) {
      drained();
      patience = SHORTEST_WAIT;
    } else {
      patience = Math.min(patience * 2, LONGEST_WAIT);
    }
    boolean exhausted = open.exhausted() && !exhaustionSeen;
    boolean due = exhausted;
    for (Member member : byBit) {
      due |= member != null && member.due() - now <= 0;
    }
    if (due) {
      collect(open, exhausted);
    }
    if (exhausted) {
      exhaustionSeen = true;
      log.info("the recording has ended");
    }
    if (statistics == null || due || now - statisticsAt >= STATISTICS_PERIOD) {
      statisticsAt = now;
      statistics = open.statistics();
    }
  }

  private void collect(ConnectionSource open, boolean all) {
    long now = tick();
    List<Member> collecting = new ArrayList<>();
    int sweep = 0;
    for (Member member : byBit) {
      if (member != null) {
        boolean own = all || member.due() - now <= 0;
        if (own) {
          collecting.add(member);
          sweep = (int) Math.max(sweep, member.config().ownerSweep());
        }
        member.snapshotBegins(own);
      }
    }
    // The first sweep is at the start: connections that are older have owners too.
    if (sweep > 0 && collections++ % sweep == 0) {
      open.sweepOwners();
    }
    open.snapshot(records);
    open.drain(records);
    open.foldOverflow(overflow);
    drained();
    for (Member member : byBit) {
      if (member != null) {
        // What the ring brings between snapshots of one's own is sampled as it comes.
        member.snapshotBegins(true);
      }
    }
    long epochOffset = EpochTime.offset(clock, monotonic);
    long recordOffset = recordOffset(open, epochOffset);
    for (Member member : collecting) {
      member.recordOffset(recordOffset);
      member.collect(now, epochOffset);
    }
  }

  private void leave(Member member, int bit, boolean last) {
    ConnectionSource open;
    synchronized (this) {
      open = source;
    }
    if (open == null || bit >= byBit.length || byBit[bit] == null) {
      return;
    }
    long now = tick();
    for (Member other : byBit) {
      if (other != null) {
        // No samples: the last interval is cut short, and finish() may pass a connection twice.
        other.snapshotBegins(false);
      }
    }
    if (done) {
      // The thread has died: what was added up until then is all there is.
    } else if (last) {
      open.finish(records, overflow);
      done = true;
    } else {
      open.snapshot(records);
      open.drain(records);
      // Twice: the generation before, and the one until now.
      open.foldOverflow(overflow);
      open.foldOverflow(overflow);
    }
    statistics = open.statistics();
    drained();
    byBit[bit] = null;
    member.end(now, EpochTime.offset(clock, monotonic));
  }

  private long tick() {
    long now = monotonic.getAsLong();
    for (Member member : byBit) {
      if (member != null) {
        member.now(now);
      }
    }
    return now;
  }

  private void drained() {
    for (Member member : byBit) {
      if (member != null) {
        member.drained();
      }
    }
  }

  private Duration untilDue(long now) {
    long wait = patience;
    for (Member member : byBit) {
      if (member != null) {
        wait = Math.min(wait, member.due() - now);
      }
    }
    return wait <= 0 ? Duration.ZERO : Duration.ofNanos(wait);
  }
}
