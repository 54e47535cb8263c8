package dev.weir.pipeline.sending;

import dev.weir.pdata.Item;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.Time;
import io.opentelemetry.api.common.Attributes;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * An exporter made of a {@link Destination}: queue, retries, time limits, own metrics and log lines
 * around it, with the Collector's texts.
 *
 * <p>With a queue {@link #consume} returns as soon as the queue has the batch, unless {@code
 * wait_for_result}, and may block while it is full, if {@code block_on_overflow}. Without a queue
 * it returns when the batch has been sent or given up, which may take as long as {@code
 * retry_on_failure::max_elapsed_time}.
 *
 * <p>The end: what waits for another attempt is given up at once, what is in the queue has one
 * attempt each, and what is not sent by nine tenths of the grace is given up. What is given up is
 * counted as failed to send, and said. A persistent queue keeps it instead.
 *
 * @param <T> the type of item
 */
public final class SendingExporter<T extends Item> implements Exporter<T> {
  private static final Duration MOST_FOR_CLOSING = Duration.ofSeconds(2);
  private static final Duration AFTER_FAILED_TAKE = Duration.ofSeconds(1);

  private final Destination<T> destination;
  private final SendingMetrics metrics;
  private final Logger logger;
  private final Time time;
  private final Workers workers;
  private final Sender<T> sender;
  private final @Nullable Retrying<T> retrying;
  private final @Nullable SendingQueue<T> queue;
  private final @Nullable Batcher<T> batcher;
  private final int consumers;
  private final String dropping;
  private final String rejecting;

  /** What has been taken from the queue and not ended. */
  private final Set<Request<T>> underWay = ConcurrentHashMap.newKeySet();

  private final ReentrantLock pauses = new ReentrantLock();

  /** Nobody signals it: a pause ends when its time is over, or by the end of the agent. */
  private final Condition pauseOver = pauses.newCondition();

  private boolean started;

  private SendingExporter(
      ComponentContext context,
      Signal<T> signal,
      SendingConfig config,
      Attributes labels,
      Destination<T> destination,
      Time time,
      DoubleSupplier chance) {
    this.destination = destination;
    this.logger = context.logger();
    this.time = time;
    this.metrics = new SendingMetrics(context.meter(), signal, context.id(), labels);
    this.workers = new Workers("exporter " + context.id() + " (" + signal + ")", time);
    Sender<T> attempt = new Attempt<>(destination, config.timeout(), metrics, logger);
    RetryConfig retry = config.retry();
    retrying = retry.enabled() ? new Retrying<>(attempt, retry, time, chance, logger) : null;
    QueueConfig queueConfig = config.queue();
    BatchConfig batch = queueConfig == null ? null : queueConfig.batch();
    boolean stored = queueConfig != null && queueConfig.storage() != null;
    sender = new Counting<>(retrying == null ? attempt : retrying, metrics, batch != null, stored);
    queue = queueConfig == null ? null : queue(context, signal, queueConfig);
    consumers = queueConfig == null ? 0 : queueConfig.numConsumers();
    batcher =
        batch == null
            ? null
            : new Batcher<>(batch, consumers, time, workers, underWay, this::send, logger);
    String advice =
        (retry.enabled()
                ? ""
                : " Try enabling retry_on_failure config option to retry on retryable errors.")
            + (queueConfig != null
                ? ""
                : " Try enabling sending_queue to survive temporary failures.");
    dropping = "Exporting failed. Dropping data." + advice;
    rejecting = "Exporting failed. Rejecting data." + advice;
  }

  private SendingQueue<T> queue(ComponentContext context, Signal<T> signal, QueueConfig config) {
    ComponentId storage = config.storage();
    return storage == null
        ? new MemoryQueue<>(config)
        : new PersistentQueue<>(context.id(), signal, config, storage, metrics, logger);
  }

  /**
   * Makes an exporter; opens nothing.
   *
   * @param context the exporter's own
   * @param signal what it sends
   * @param labels labels of what is counted at the destination: {@code server.address}, {@code
   *     server.port}, {@code url.path}
   * @param destination its own; it is started before anything is sent and stopped afterwards
   */
  public static <T extends Item> SendingExporter<T> of(
      ComponentContext context,
      Signal<T> signal,
      SendingConfig config,
      Attributes labels,
      Destination<T> destination) {
    return of(
        context,
        signal,
        config,
        labels,
        destination,
        Time.SYSTEM,
        () -> ThreadLocalRandom.current().nextDouble());
  }

  /** Makes an exporter with a time and a chance of its own. */
  static <T extends Item> SendingExporter<T> of(
      ComponentContext context,
      Signal<T> signal,
      SendingConfig config,
      Attributes labels,
      Destination<T> destination,
      Time time,
      DoubleSupplier chance) {
    return new SendingExporter<>(context, signal, config, labels, destination, time, chance);
  }

  @Override
  public boolean countsItems() {
    return true;
  }

  /** A queue keeps batches when {@link #consume} has returned, so that they must be its own. */
  @Override
  public boolean mutates() {
    return queue != null;
  }

  @Override
  public void start(Host host) throws StartException {
    destination.start(host);
    SendingQueue<T> ours = queue;
    if (ours != null) {
      boolean good = false;
      try {
        ours.start(host);
        good = true;
      } finally {
        if (!good) {
          destination.stop(Duration.ZERO);
        }
      }
      metrics.watch(ours::size, ours::capacity);
      if (batcher == null) {
        for (int i = 0; i < consumers; i++) {
          workers.start(() -> sendFrom(ours));
        }
      } else {
        workers.start(() -> batchFrom(ours, batcher));
        workers.start(batcher::watch);
      }
    }
    started = true;
  }

  @Override
  public Outcome consume(Telemetry<T> batch) {
    Request<T> request = new Request<>(batch);
    int items = request.items();
    Failure failure;
    if (queue == null) {
      failure = sender.send(request);
    } else {
      metrics.offered(request);
      failure = queue.offer(request);
      if (failure != null) {
        metrics.notEnqueued(items);
      }
    }
    if (failure == null) {
      return Outcome.accepted();
    }
    logger
        .atError()
        .addKeyValue("error", failure.text())
        .addKeyValue("rejected_items", items)
        .log(rejecting);
    return failure.outcome();
  }

  /** Sends what is in the queue, one request after the other, until there is no more. */
  private void sendFrom(SendingQueue<T> from) {
    try {
      boolean more = true;
      while (more) {
        more = sendNext(from);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the time to stop is over
    }
  }

  /**
   * Sends one. In a method of its own, because a variable of the loop would hold the request that
   * was sent last for as long as its thread waits for the next.
   */
  private boolean sendNext(SendingQueue<T> from) throws InterruptedException {
    SendingQueue.Taken<T> taken = take(from);
    if (taken != null) {
      send(taken.request(), taken.done());
    }
    return taken != null;
  }

  /** Puts what is in the queue together, until there is no more. */
  private void batchFrom(SendingQueue<T> from, Batcher<T> into) {
    try {
      boolean more = true;
      while (more) {
        more = batchNext(from, into);
      }
      into.finish();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the time to stop is over
    }
  }

  /** Takes one in; in a method of its own for the reason that {@link #sendNext} has. */
  private boolean batchNext(SendingQueue<T> from, Batcher<T> into) throws InterruptedException {
    SendingQueue.Taken<T> taken = take(from);
    if (taken != null) {
      batch(taken, into);
    }
    return taken != null;
  }

  /** Takes the next one, whatever happens: without this thread nothing would be sent any more. */
  private SendingQueue.@Nullable Taken<T> take(SendingQueue<T> from) throws InterruptedException {
    while (true) {
      try {
        return from.take();
      } catch (RuntimeException | OutOfMemoryError e) {
        pause(); // memory may come back
        logger.atError().setCause(e).log("A request cannot be taken from the queue.");
      }
    }
  }

  /** Waits for {@link #AFTER_FAILED_TAKE}; the end of the agent interrupts it. */
  private void pause() throws InterruptedException {
    long until = time.nanos() + AFTER_FAILED_TAKE.toNanos();
    pauses.lockInterruptibly();
    try {
      while (time.nanos() - until < 0) {
        time.await(pauses, pauseOver, until);
      }
    } finally {
      pauses.unlock();
    }
  }

  private void batch(SendingQueue.Taken<T> taken, Batcher<T> into) throws InterruptedException {
    try {
      if (!into.add(taken.request(), taken.done())) {
        late(taken); // giveUp() has counted all others without it
      }
    } catch (RuntimeException | OutOfMemoryError e) {
      // Without this thread nothing would be sent any more.
      logger.atError().setCause(e).log("A batch cannot be put together: please report this bug.");
      Failure failure = Failure.bug(e);
      claim(taken.request(), failure);
      dropped(failure.text(), taken.request().items());
      taken.done().done(failure);
    }
  }

  private void late(SendingQueue.Taken<T> taken) {
    Failure late = Failure.interrupted(MemoryQueue.LATE);
    if (queue == null || !queue.keeps()) {
      long items = claim(taken.request(), late);
      if (items > 0) {
        dropped(late.text(), items);
      }
    }
    taken.done().done(late);
  }

  private void send(Request<T> request, Done done) {
    underWay.add(request);
    Failure failure;
    try {
      failure = sender.send(request);
    } catch (RuntimeException | OutOfMemoryError e) {
      // Beside the attempt itself: what was taken must be accounted for.
      failure = Failure.bug(e);
      claim(request, failure);
    }
    underWay.remove(request);
    if (failure != null) {
      if (failure.shutdown() && queue != null && queue.keeps()) {
        logger
            .atInfo()
            .addKeyValue("error", failure.text())
            .addKeyValue("items", request.items())
            .log("Exporting failed. The data stays in the persistent queue.");
      } else {
        dropped(failure.text(), request.items());
      }
    }
    done.done(failure);
  }

  private void dropped(String error, long items) {
    logger.atError().addKeyValue("error", error).addKeyValue("dropped_items", items).log(dropping);
  }

  @Override
  public void stop(Duration grace) {
    if (!started) {
      return;
    }
    started = false;
    long deadline = time.nanos() + grace.toNanos();
    Duration closing = grace.dividedBy(10);
    if (closing.compareTo(MOST_FOR_CLOSING) > 0) {
      closing = MOST_FOR_CLOSING;
    }
    if (retrying != null) {
      retrying.stop();
    }
    if (queue != null) {
      queue.close();
      if (!workers.awaitEnd(deadline - closing.toNanos())) {
        giveUp(queue, deadline - closing.toNanos() / 2);
      }
      queue.stop();
    }
    destination.stop(Duration.ofNanos(Math.max(0, deadline - time.nanos())));
    metrics.stop();
  }

  /** The time for sending is over: what is left is counted and said. */
  private void giveUp(SendingQueue<T> from, long until) {
    List<Request<T>> left = from.abandon();
    if (batcher != null) {
      batcher.abandon();
    }
    workers.interrupt();
    boolean _ = workers.awaitEnd(until); // what goes on is left behind
    if (from.keeps()) {
      return; // nothing is lost
    }
    Failure late = Failure.interrupted(MemoryQueue.LATE);
    long items = 0;
    for (Request<T> request : left) {
      items += claim(request, late);
    }
    for (Request<T> request : underWay) {
      items += claim(request, late);
    }
    if (items > 0) {
      dropped(late.text(), items);
    }
  }

  private long claim(Request<T> request, Failure failure) {
    if (!request.claimCount()) {
      return 0;
    }
    metrics.count(request.items(), failure);
    return request.items();
  }
}
