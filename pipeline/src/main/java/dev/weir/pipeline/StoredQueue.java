package dev.weir.pipeline;

import java.io.Closeable;
import java.io.IOException;

/**
 * Records on a disk. What {@link #append} has returned a number for is found again after a restart
 * until it is removed, at least once; a damaged record is left out alone, and counted. Thread safe,
 * and not disturbed by interrupts.
 */
public interface StoredQueue extends Closeable {

  /**
   * Appends a record and returns its number, once it is as safe as the storage was told to make it.
   * The parts are written one after the other and can be changed afterwards.
   *
   * @throws IOException if it could not be made safe: then it is not in the queue
   */
  long append(byte[]... parts) throws IOException;

  /**
   * Reads a record.
   *
   * @throws IOException if it cannot be read, or is not what was written
   */
  byte[] read(long number) throws IOException;

  /** Removes a record. If the disk does not let it, it comes back after a restart. */
  void remove(long number);

  /** Closes the files. What was not removed stays. */
  @Override
  void close();
}
