package dev.weir.exporter.accesslog;

import dev.weir.exporter.accesslog.AccessLogMetrics.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;

/**
 * The thread that takes lines out of the buffer and writes them. An error costs the lines that were
 * on their way, which are counted; the next ones are tried again. Errors are logged when they begin
 * and when they end.
 *
 * <p>A platform thread: a write may block for as long as the reader of a pipe likes, and a file
 * write would pin a virtual thread's carrier anyway. A daemon: a write that never returns must not
 * keep the process.
 */
final class LineWriter {
  private static final byte[] LINE_END = {'\n'};
  private static final long RETRY_NANOS = 10_000_000L;

  private final LineBuffer buffer;
  private final Sink sink;
  private final AccessLogMetrics metrics;
  private final Logger logger;
  private final Consumer<String> health;
  private final Thread thread;
  private boolean torn;
  private long lostSinceError;
  private boolean failing;

  /** Guarded by this: lines that were written or given up, and whether the rest was. */
  private long settled;

  private boolean abandoned;

  /**
   * Makes a writer; {@link #start} starts it.
   *
   * @param health told what is wrong, or an empty string when nothing is any more
   */
  LineWriter(
      String name,
      LineBuffer buffer,
      Sink sink,
      AccessLogMetrics metrics,
      Logger logger,
      Consumer<String> health) {
    this.buffer = buffer;
    this.sink = sink;
    this.metrics = metrics;
    this.logger = logger;
    this.health = health;
    this.thread = Thread.ofPlatform().daemon().name(name + "-writer").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Writes what is in the closed buffer, for {@code grace} at most; counts what is left. */
  void stop(Duration grace) {
    boolean done = false;
    try {
      done = thread.join(grace);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!done) {
      long left;
      synchronized (this) {
        abandoned = true;
        left = buffer.accepted() - settled;
      }
      metrics.dropped(left, Reason.STOP_TIMEOUT);
      logger.warn("{} lines were not written before the stop: the destination is too slow", left);
    }
  }

  private void run() {
    for (int length = buffer.take(); length > 0; length = buffer.take()) {
      write(buffer.taken(), length);
    }
  }

  private void write(byte[] lines, int length) {
    int from = 0;
    try {
      if (sink.refresh()) {
        torn = false;
      }
      while (torn && settle(0, true)) {
        torn = patiently(sink.write(LINE_END, 0, 1)) == 0;
      }
      while (from < length) {
        int end = from + patiently(sink.write(lines, from, length));
        if (!settle(LineBuffer.countLines(lines, from, end), true)) {
          return;
        }
        from = end;
      }
      if (failing) {
        failing = false;
        logger.info("writing again; {} lines were lost", lostSinceError);
        lostSinceError = 0;
        health.accept("");
      }
    } catch (IOException e) {
      torn = torn || (from > 0 && lines[from - 1] != '\n');
      int lost = LineBuffer.countLines(lines, from, length);
      lostSinceError += lost;
      boolean counted = settle(lost, false);
      if (counted && !failing) {
        failing = true;
        logger.error(
            "cannot write: {}; lines are dropped and counted until it works again", e.toString());
        health.accept("cannot write: " + e);
      }
    }
  }

  /** Waits a little when the destination took nothing: somebody set it to non-blocking. */
  private static int patiently(int bytes) {
    if (bytes == 0) {
      LockSupport.parkNanos(RETRY_NANOS);
    }
    return bytes;
  }

  /** Counts lines; returns false if they were counted as lost already. */
  private synchronized boolean settle(int lines, boolean sent) {
    if (abandoned) {
      return false;
    }
    settled += lines;
    if (sent) {
      metrics.written(lines);
    } else {
      metrics.dropped(lines, Reason.WRITE_FAILED);
    }
    return true;
  }
}
