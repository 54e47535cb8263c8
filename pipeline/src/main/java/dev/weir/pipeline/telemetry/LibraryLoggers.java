package dev.weir.pipeline.telemetry;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.ILoggerFactory;
import org.slf4j.Logger;

/**
 * The loggers of libraries, which ask SLF4J for them. Until an agent takes them over they write
 * warnings to standard error. Thread safe.
 */
final class LibraryLoggers implements ILoggerFactory {
  private final ConcurrentHashMap<String, WeirLogger> loggers = new ConcurrentHashMap<>();
  private final LogRouter router;

  LibraryLoggers(LogSink first) {
    this.router = new LogRouter(first);
  }

  @Override
  public Logger getLogger(String name) {
    return loggers.computeIfAbsent(name, n -> new WeirLogger(n, Map.of(), router));
  }

  LogRouter router() {
    return router;
  }
}
