package dev.weir.exporter.debug;

import dev.weir.pipeline.StartException;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;

/**
 * Writes to standard output, standard error or files, without time and level. A place that cannot
 * be written to any more is reported once, and then passed over.
 */
final class StreamOutput implements MessageOutput {
  private final List<String> paths;
  private final PrintStream stdout;
  private final PrintStream stderr;
  private final Logger logger;
  private final List<Place> places = new ArrayList<>();

  /** A place to write to; not closed if it is one of the process's own streams. */
  private record Place(String name, OutputStream stream, boolean own) {}

  StreamOutput(List<String> paths, PrintStream stdout, PrintStream stderr, Logger logger) {
    this.paths = paths;
    this.stdout = stdout;
    this.stderr = stderr;
    this.logger = logger;
  }

  @Override
  public synchronized void open() throws StartException {
    for (String path : paths) {
      switch (path) {
        case "stdout" -> places.add(new Place(path, stdout, false));
        case "stderr" -> places.add(new Place(path, stderr, false));
        default -> {
          try {
            OutputStream file = new FileOutputStream(path, true);
            places.add(new Place(path, new BufferedOutputStream(file), true));
          } catch (IOException e) {
            close();
            throw new StartException(
                "output_paths: cannot open \"" + path + "\" for writing: " + e.getMessage(), e);
          }
        }
      }
    }
  }

  @Override
  public void summary(String title, Map<String, Integer> figures) {
    StringBuilder out = new StringBuilder(title).append('\t');
    String between = "{";
    for (Map.Entry<String, Integer> figure : figures.entrySet()) {
      out.append(between).append('"').append(figure.getKey()).append("\": ");
      out.append(figure.getValue());
      between = ", ";
    }
    write(out.append("}\n").toString());
  }

  @Override
  public void text(String text) {
    write(text + "\n");
  }

  private synchronized void write(String message) {
    byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
    places.removeIf(place -> !write(place, bytes));
  }

  private boolean write(Place place, byte[] bytes) {
    try {
      place.stream.write(bytes);
      place.stream.flush();
      if (!(place.stream instanceof PrintStream printed) || !printed.checkError()) {
        return true;
      }
      logger.error("cannot write to {} any more", place.name);
    } catch (IOException e) {
      logger.error("cannot write to {} any more: {}", place.name, e.getMessage());
    }
    close(place);
    return false;
  }

  private void close(Place place) {
    if (place.own) {
      try {
        place.stream.close();
      } catch (IOException e) {
        logger.error("cannot close {}: {}", place.name, e.getMessage());
      }
    }
  }

  @Override
  public synchronized void close() {
    places.forEach(this::close);
    places.clear();
  }
}
