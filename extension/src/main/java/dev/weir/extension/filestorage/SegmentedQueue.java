package dev.weir.extension.filestorage;

import dev.weir.pipeline.StorageExtension;
import dev.weir.pipeline.StoredQueue;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * A queue as files to which records are only appended: segments of about 8 MiB, each removed as
 * soon as all records in it are done. A start begins a new segment, so that nothing is ever written
 * behind damage.
 *
 * <p>Append writes under the lock and forces beside it: who comes while a force is under way shares
 * the next one. In memory a record that is not removed takes about 80 bytes. Thread safe.
 */
final class SegmentedQueue implements StoredQueue {
  static final long SEGMENT = 8L * 1024 * 1024;
  static final String SUFFIX = ".segment";

  /** Where a record is. */
  private record Place(Segment segment, long position, int length) {}

  private final Path directory;
  private final Disk disk;
  private final boolean fsync;
  private final long maxSize;
  private final long segmentSize;
  private final Logger logger;
  private final StorageCounts counts;
  private final FileChannel lockFile;
  private final ReentrantLock lock = new ReentrantLock();

  /** Held by who forces. */
  private final ReentrantLock forcing = new ReentrantLock();

  /** Guarded by the lock, as all that follows. */
  private final Map<Long, Place> places = new HashMap<>();

  private @Nullable Segment current;
  private long bytes;
  private long last;
  private boolean closed;

  /**
   * Makes a queue.
   *
   * @param lockFile is locked, and closed at the end
   */
  SegmentedQueue(
      Path directory,
      Disk disk,
      FileStorageConfig config,
      long segmentSize,
      FileChannel lockFile,
      Logger logger,
      StorageCounts counts) {
    this.directory = directory;
    this.disk = disk;
    this.fsync = config.fsync();
    this.maxSize = config.maxSize();
    this.segmentSize = segmentSize;
    this.lockFile = lockFile;
    this.logger = logger;
    this.counts = counts;
  }

  /** Finds what is there. Called once, before anything else. */
  void recover(StorageExtension.Visitor visitor) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
      all.forEach(files::add);
    }
    files.sort(null); // names are numbers of one length
    for (Path path : files) {
      last = Math.max(last, firstOf(path));
      Disk.File file = disk.open(path);
      Segment segment = new Segment(path, file, file.length());
      bytes += segment.length();
      SegmentScan scan = new SegmentScan(file, segment.length(), new Recovery(segment, visitor));
      scan.run();
      if (scan.unreadable()) {
        segment.keep(); // not damaged, perhaps
        // It may hold records that were not seen, and the next start may see them: their numbers
        // must not be given to others.
        last = Math.max(last, firstOf(path) + segment.length() / RecordFormat.HEAD);
        logger
            .atError()
            .addKeyValue("file", path)
            .log(
                "The disk does not give some of a stored queue. The file stays, and the next start"
                    + " tries again; remove it to give up what it holds.");
      }
      if (segment.live() == 0) {
        over(segment);
      }
    }
  }

  /** Takes over what a scan finds in a segment. */
  private final class Recovery implements SegmentScan.Visitor {
    private final Segment segment;
    private final StorageExtension.Visitor visitor;

    private Recovery(Segment segment, StorageExtension.Visitor visitor) {
      this.segment = segment;
      this.visitor = visitor;
    }

    @Override
    public void record(long position, RecordFormat.Head head, byte[] record) {
      last = Math.max(last, head.number());
      if (head.done() || places.containsKey(head.number())) {
        return;
      }
      places.put(head.number(), new Place(segment, position, record.length));
      segment.live(1);
      visitor.found(head.number(), record);
    }

    @Override
    public void damage(long position, long length, boolean atEnd) {
      counts.corrupt(atEnd);
      logger
          .atError()
          .addKeyValue("file", segment.path())
          .addKeyValue("position", position)
          .addKeyValue("bytes", length)
          .log(
              atEnd
                  ? "A stored queue ends in something that is no whole record, which is left out."
                      + " A record that was being written when the process was killed looks so,"
                      + " and was not accepted."
                  : "A stored queue holds something that is no whole record, which is left out;"
                      + " the records behind it are kept.");
    }
  }

  private static long firstOf(Path path) {
    String name = path.getFileName().toString();
    try {
      return Long.parseLong(name.substring(0, name.length() - SUFFIX.length()));
    } catch (NumberFormatException e) {
      return 0; // a file that somebody put there: its records are found all the same
    }
  }

  @Override
  public long append(byte[]... parts) throws IOException {
    long number;
    Place place;
    long end;
    lock.lock();
    try {
      if (closed) {
        throw new IOException("the stored queue is closed");
      }
      number = last + 1;
      byte[] head = RecordFormat.head(number, parts);
      int length = 0;
      for (byte[] part : parts) {
        length += part.length;
      }
      Segment dead = current;
      if (maxSize > 0
          && bytes + RecordFormat.HEAD + length > maxSize
          && dead != null
          && dead.live() == 0) {
        retire(); // nothing in it is wanted any more: its room is free
      }
      if (maxSize > 0 && bytes + RecordFormat.HEAD + length > maxSize) {
        throw new IOException(
            directory + ": has " + bytes + " bytes on the disk and max_size is " + maxSize);
      }
      Segment segment;
      long position;
      try {
        segment = segmentFor(length, number);
        position = segment.append(head, parts);
      } catch (IOException e) {
        counts.failedWrite();
        // What is behind the last good record is unknown: go on in a new file.
        retire();
        throw new IOException(directory + ": " + reason(e), e);
      }
      last = number;
      bytes += RecordFormat.HEAD + length;
      segment.live(1);
      place = new Place(segment, position, length);
      places.put(number, place);
      end = segment.length();
    } finally {
      lock.unlock();
    }
    if (fsync) {
      try {
        force(place.segment(), end);
      } catch (IOException e) {
        counts.failedWrite();
        forget(number, place);
        throw new IOException(directory + ": the disk does not confirm it: " + reason(e), e);
      }
    }
    return number;
  }

  private static String reason(IOException e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }

  private Segment segmentFor(int length, long number) throws IOException {
    Segment segment = current;
    if (segment != null
        && segment.length() > 0
        && segment.length() + RecordFormat.HEAD + length > segmentSize) {
      retire();
      segment = null;
    }
    if (segment == null) {
      Path path = directory.resolve(String.format(Locale.ROOT, "%019d%s", number, SUFFIX));
      Disk.File file = disk.open(path);
      segment = new Segment(path, file, 0);
      current = segment;
      if (fsync) {
        forceDirectory();
      }
    }
    return segment;
  }

  /** A file whose name is not on the disk would be lost with all that is in it. */
  private void forceDirectory() throws IOException {
    for (Path each : new Path[] {directory, directory.toAbsolutePath().getParent()}) {
      try (FileChannel channel = FileChannel.open(each)) {
        channel.force(true);
      }
    }
  }

  /** Appends nothing more to the current segment. The lock is held. */
  private void retire() {
    Segment segment = current;
    current = null;
    if (segment != null && segment.live() == 0) {
      delete(segment);
    }
  }

  /** Returns when the segment is on the disk up to here. */
  private void force(Segment segment, long to) throws IOException {
    forcing.lock();
    try {
      if (segment.forcedTo() >= to) {
        return; // somebody else's force came after this one's write
      }
      if (segment.failed()) {
        // After a failed force the kernel may take the lost pages for clean, and confirm a second.
        throw new IOException("an earlier write to the same file was lost");
      }
      long written;
      lock.lock();
      try {
        written = segment.length();
      } finally {
        lock.unlock();
      }
      segment.force(written);
    } finally {
      forcing.unlock();
    }
  }

  /** Takes back a record that was not confirmed, and lets the segment be. */
  private void forget(long number, Place place) {
    lock.lock();
    try {
      if (current == place.segment()) {
        current = null;
      }
      if (places.remove(number) != null) {
        done(place);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public byte[] read(long number) throws IOException {
    lock.lock();
    try {
      Place place = places.get(number);
      if (closed || place == null) {
        throw new IOException("record " + number + " is not in the queue");
      }
      Disk.File file = place.segment().file();
      byte[] head = new byte[RecordFormat.HEAD];
      byte[] record = new byte[place.length()];
      file.read(place.position(), head, 0, head.length);
      file.read(place.position() + RecordFormat.HEAD, record, 0, record.length);
      RecordFormat.Head said = RecordFormat.read(head, 0);
      if (!RecordFormat.isMark(head, 0)
          || said.number() != number
          || said.length() != record.length
          || !RecordFormat.matches(head, 0, said, record)) {
        counts.corrupt(false);
        throw new IOException("record " + number + " in " + place.segment().path() + " is damaged");
      }
      return record;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void remove(long number) {
    lock.lock();
    try {
      Place place = places.remove(number);
      if (place != null && !closed) {
        done(place);
      }
    } finally {
      lock.unlock();
    }
  }

  private void done(Place place) {
    Segment segment = place.segment();
    segment.live(-1);
    boolean over = segment.live() == 0 && !isCurrent(segment);
    if (!over || segment.kept()) {
      mark(place);
    }
    if (over) {
      over(segment);
    }
  }

  /** All that was found in a segment is done. */
  private void over(Segment segment) {
    if (segment.kept()) {
      segment.close();
    } else {
      delete(segment);
    }
  }

  private void mark(Place place) {
    Segment segment = place.segment();
    byte[] mark = {
      (byte) (RecordFormat.DONE >>> 24),
      (byte) (RecordFormat.DONE >>> 16),
      (byte) (RecordFormat.DONE >>> 8),
      (byte) RecordFormat.DONE
    };
    try {
      segment.file().write(place.position() + RecordFormat.STATE, mark, 0, mark.length);
    } catch (IOException e) {
      counts.failedWrite();
      logger
          .atWarn()
          .addKeyValue("file", segment.path())
          .addKeyValue("error", reason(e))
          .log("A stored record cannot be marked as done; after a restart it is sent again.");
    }
  }

  private boolean isCurrent(Segment segment) {
    return current != null && current.path().equals(segment.path());
  }

  private void delete(Segment segment) {
    segment.close();
    bytes -= segment.length();
    try {
      Files.deleteIfExists(segment.path());
    } catch (IOException e) {
      counts.failedWrite();
      logger
          .atWarn()
          .addKeyValue("file", segment.path())
          .addKeyValue("error", reason(e))
          .log("A file of a stored queue cannot be removed; after a restart it is sent again.");
    }
  }

  /** Returns how many bytes it has on the disk. */
  long bytes() {
    lock.lock();
    try {
      return bytes;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    forcing.lock();
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      retire();
      places.values().stream().map(Place::segment).distinct().forEach(Segment::close);
      places.clear();
      lockFile.close(); // which lets others in
    } catch (IOException e) {
      logger.atWarn().addKeyValue("error", reason(e)).log("A lock cannot be let go.");
    } finally {
      lock.unlock();
      forcing.unlock();
    }
    counts.closed(directory);
  }
}
