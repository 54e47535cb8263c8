package dev.weir.exporter.accesslog;

import dev.weir.pipeline.StartException;
import java.io.IOException;
import java.time.Duration;

/** Where lines go. For one thread after {@link #open}. */
interface Sink {
  /** Opens the destination. */
  void open() throws StartException;

  /**
   * Makes ready for more lines, opening the destination again if it went away.
   *
   * @return whether what is written next begins a new file
   */
  default boolean refresh() throws IOException {
    return false;
  }

  /**
   * Writes some of {@code lines} from {@code from} to {@code to}, which ends with a line end, and
   * may block.
   *
   * @return how many bytes were written; 0 if the destination takes none now
   */
  int write(byte[] lines, int from, int to) throws IOException;

  /** Closes the destination, within about {@code grace}; never throws. */
  void close(Duration grace);
}
