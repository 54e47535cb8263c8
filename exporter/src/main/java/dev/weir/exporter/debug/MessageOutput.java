package dev.weir.exporter.debug;

import dev.weir.pipeline.StartException;
import java.util.Map;

/** Where the messages go. Thread safe between {@link #open} and {@link #close}. */
sealed interface MessageOutput permits LoggerOutput, StreamOutput {

  /** Opens what must be opened. */
  void open() throws StartException;

  /** Writes a line with fields. */
  void summary(String title, Map<String, Integer> figures);

  /** Writes a text of several lines, the last one ended too. */
  void text(String text);

  /** Closes what was opened; never throws. */
  void close();
}
