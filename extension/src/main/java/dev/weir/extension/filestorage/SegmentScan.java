package dev.weir.extension.filestorage;

import java.io.IOException;

/**
 * Finds the records of a segment, whatever has become of it: after something that is no record it
 * goes on at the next mark behind which a whole record follows. Memory is a window of 64 KiB and
 * one record. For one thread.
 */
final class SegmentScan {
  private static final int WINDOW = 64 * 1024;
  private static final int SECTOR = 512;

  /** Is told what is found, in order. */
  interface Visitor {
    /** A whole record. */
    void record(long position, RecordFormat.Head head, byte[] record);

    /** Bytes that are no record. */
    void damage(long position, long length, boolean atEnd);
  }

  private final Disk.File file;
  private final long end;
  private final Visitor visitor;
  private final byte[] window = new byte[WINDOW];
  private long windowAt;
  private int windowLength;
  private boolean unreadable;

  SegmentScan(Disk.File file, long length, Visitor visitor) {
    this.file = file;
    this.end = length;
    this.visitor = visitor;
  }

  /** Scans all of it. */
  void run() {
    long position = 0;
    long damagedFrom = -1;
    while (position < end) {
      long next = record(position, damagedFrom);
      if (next < 0) {
        damagedFrom = damagedFrom < 0 ? position : damagedFrom;
        position = mark(position + 1);
      } else {
        damagedFrom = -1;
        position = next;
      }
    }
    if (damagedFrom >= 0) {
      visitor.damage(damagedFrom, end - damagedFrom, true);
    }
  }

  /** Reads the record here and returns where it ends, or -1 if there is none. */
  private long record(long position, long damagedFrom) {
    if (end - position < RecordFormat.HEAD) {
      return -1;
    }
    int at = look(position, RecordFormat.HEAD);
    if (at < 0 || !RecordFormat.isMark(window, at)) {
      return -1;
    }
    RecordFormat.Head head = RecordFormat.read(window, at);
    if (head.length() < 0
        || head.number() <= 0
        || head.length() > end - position - RecordFormat.HEAD) {
      return -1;
    }
    byte[] record = new byte[head.length()];
    try {
      file.read(position + RecordFormat.HEAD, record, 0, record.length);
    } catch (IOException e) {
      unreadable = true;
      return -1; // a bad sector is damage like any other
    }
    if (!RecordFormat.matches(window, at, head, record)) {
      return -1;
    }
    if (damagedFrom >= 0) {
      visitor.damage(damagedFrom, position - damagedFrom, false);
    }
    visitor.record(position, head, record);
    return position + RecordFormat.HEAD + record.length;
  }

  /** Returns whether the disk did not give some of it, which it may another time. */
  boolean unreadable() {
    return unreadable;
  }

  /** Returns where the next mark is, from here on, or the end. */
  private long mark(long from) {
    for (long position = from; end - position >= RecordFormat.HEAD; position++) {
      int at = look(position, Integer.BYTES);
      if (at < 0) {
        position |= SECTOR - 1; // what cannot be read is at least a sector
      } else if (RecordFormat.isMark(window, at)) {
        return position;
      }
    }
    return end;
  }

  /** Returns where in the window so many bytes of the file are, or -1 if they cannot be read. */
  private int look(long position, int length) {
    if (position < windowAt || position + length > windowAt + windowLength) {
      int n = fill(position, length, (int) Math.min(WINDOW, end - position));
      if (n < 0) {
        windowLength = 0;
        return -1;
      }
      windowAt = position;
      windowLength = n;
      return n >= length ? 0 : -1;
    }
    return (int) (position - windowAt);
  }

  /**
   * Reads up to {@code most} bytes into the window; where the disk does not give all of them, as
   * many as it gives by halves, so that a bad sector costs what is in it and not what is before it.
   *
   * @return how many, or -1 if not even {@code least}
   */
  private int fill(long position, int least, int most) {
    int n = most;
    while (true) {
      try {
        file.read(position, window, 0, n);
        return n;
      } catch (IOException e) {
        unreadable = true;
        if (n <= least) {
          return -1;
        }
        n = Math.max(least, n / 2);
      }
    }
  }
}
