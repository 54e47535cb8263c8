package dev.weir.transport;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the servers of one component may hold at once: bytes of requests that have been received and
 * not been answered, requests at work, connections. What is over the limit is turned away and
 * counted. Thread safe; a count never goes over its limit.
 */
public final class Admission {
  private final long maxBytes;
  private final long maxCharged;
  private final int maxRequests;
  private final int maxConnections;
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong charged = new AtomicLong();
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicInteger connections = new AtomicInteger();
  private final LongAdder overBytes = new LongAdder();
  private final LongAdder overCharged = new LongAdder();
  private final LongAdder overRequests = new LongAdder();
  private final LongAdder overConnections = new LongAdder();

  /**
   * Makes an empty one with these limits.
   *
   * @param maxBytes how many bytes, charges included
   * @param maxCharged how many bytes all charges together
   */
  public Admission(long maxBytes, long maxCharged, int maxRequests, int maxConnections) {
    this.maxBytes = maxBytes;
    this.maxCharged = maxCharged;
    this.maxRequests = maxRequests;
    this.maxConnections = maxConnections;
  }

  /** Counts {@code n} more bytes, or returns false if that were too many. */
  boolean takeBytes(long n) {
    if (!add(bytes, n, maxBytes)) {
      overBytes.increment();
      return false;
    }
    return true;
  }

  private static boolean add(AtomicLong to, long n, long most) {
    if (to.addAndGet(n) > most) {
      to.addAndGet(-n);
      return false;
    }
    return true;
  }

  void releaseBytes(long n) {
    bytes.addAndGet(-n);
  }

  /** Returns an account of what one request takes beyond the bytes that it came in. */
  public Charge charge() {
    return new Charge();
  }

  /**
   * What one request takes beyond the bytes that it came in: a share of the same limit, and of one
   * for all charges together. For one thread; closing it gives everything back.
   */
  public final class Charge implements AutoCloseable {
    private long taken;
    private long wanted;

    private Charge() {}

    /** Takes {@code n} bytes more, or returns false if that were too many. */
    public boolean take(long n) {
      wanted = taken + n;
      if (!add(charged, n, maxCharged)) {
        overCharged.increment();
        return false;
      }
      if (!add(bytes, n, maxBytes)) {
        charged.addAndGet(-n);
        overCharged.increment();
        return false;
      }
      taken += n;
      return true;
    }

    /**
     * Returns whether what was asked for last is too much beside the {@code length} bytes of the
     * request even if nobody else takes any: trying again is of no use.
     */
    public boolean neverFits(long length) {
      return wanted > maxCharged || length + wanted > maxBytes;
    }

    @Override
    public void close() {
      charged.addAndGet(-taken);
      releaseBytes(taken);
      taken = 0;
    }
  }

  /** Returns whether there is no room for one byte more, and counts a request as turned away. */
  boolean full() {
    if (bytes.get() >= maxBytes) {
      overBytes.increment();
      return true;
    }
    return false;
  }

  boolean takeRequest() {
    if (requests.incrementAndGet() > maxRequests) {
      requests.decrementAndGet();
      overRequests.increment();
      return false;
    }
    return true;
  }

  void releaseRequest() {
    requests.decrementAndGet();
  }

  boolean takeConnection() {
    if (connections.incrementAndGet() > maxConnections) {
      connections.decrementAndGet();
      overConnections.increment();
      return false;
    }
    return true;
  }

  void releaseConnection() {
    connections.decrementAndGet();
  }

  int maxRequests() {
    return maxRequests;
  }

  /** Returns how many bytes of requests are held. */
  public long bytes() {
    return bytes.get();
  }

  /** Returns how many requests are at work. */
  public int requests() {
    return requests.get();
  }

  /** Returns how many connections are open. */
  public int connections() {
    return connections.get();
  }

  /** Returns how many requests were turned away because too many bytes were held. */
  public long overBytes() {
    return overBytes.sum();
  }

  /** Returns how many requests were turned away because their objects would take too much. */
  public long overCharged() {
    return overCharged.sum();
  }

  /** Returns how many requests were turned away because too many were at work. */
  public long overRequests() {
    return overRequests.sum();
  }

  /** Returns how many connections were turned away. */
  public long overConnections() {
    return overConnections.sum();
  }
}
