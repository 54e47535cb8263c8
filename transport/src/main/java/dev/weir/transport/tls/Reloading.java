package dev.weir.transport.tls;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;

/**
 * Something made of PEM that is read again, by the first handshake after an interval, and made
 * again if it has changed. What cannot be read leaves the last good one in place and is said; the
 * Collector fails the handshakes instead. Thread safe; a handshake that meets another's reading
 * takes what there is.
 *
 * @param <T> what is made
 */
final class Reloading<T> {
  /** Makes it of what the sources say. */
  @FunctionalInterface
  interface Maker<T> {
    T make(List<byte[]> pem) throws TlsException;
  }

  private final List<PemSource> sources;
  private final Maker<T> maker;
  private final Duration interval;
  private final InstantSource clock;
  private final Logger logger;
  private final ReentrantLock reading = new ReentrantLock();
  private List<byte[]> read;
  private volatile T current;
  private volatile Instant next;

  /**
   * Reads for the first time.
   *
   * @param interval how old it may become, 0 for never reading again
   */
  Reloading(
      List<PemSource> sources,
      Maker<T> maker,
      Duration interval,
      InstantSource clock,
      Logger logger)
      throws TlsException {
    this.sources = sources;
    this.maker = maker;
    boolean files = sources.stream().anyMatch(source -> !source.file().isEmpty());
    this.interval = files ? interval : Duration.ZERO;
    this.clock = clock;
    this.logger = logger;
    this.read = read();
    this.current = maker.make(read);
    this.next = clock.instant().plus(interval);
  }

  private List<byte[]> read() throws TlsException {
    List<byte[]> all = new ArrayList<>(sources.size());
    for (PemSource source : sources) {
      all.add(source.read());
    }
    return all;
  }

  /** Returns the newest that could be read. */
  T current() {
    if (!interval.isZero() && !clock.instant().isBefore(next) && reading.tryLock()) {
      try {
        next = clock.instant().plus(interval);
        List<byte[]> now = read();
        if (!same(now, read)) {
          current = maker.make(now);
          read = now;
          logger.info("read {} again, which had changed", names());
        }
      } catch (TlsException e) {
        logger.error("{}; going on with what was read before", e.getMessage());
      } finally {
        reading.unlock();
      }
    }
    return current;
  }

  private String names() {
    return String.join(" and ", sources.stream().map(PemSource::name).toList());
  }

  private static boolean same(List<byte[]> a, List<byte[]> b) {
    for (int i = 0; i < a.size(); i++) {
      if (!Arrays.equals(a.get(i), b.get(i))) {
        return false;
      }
    }
    return true;
  }
}
