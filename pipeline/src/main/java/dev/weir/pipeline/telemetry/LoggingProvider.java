package dev.weir.pipeline.telemetry;

import dev.weir.pipeline.telemetry.LogsConfig.Encoding;
import dev.weir.pipeline.telemetry.LogsConfig.Level;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/** How SLF4J finds the agent's logging; SLF4J makes the one instance and keeps it. */
public final class LoggingProvider implements SLF4JServiceProvider {
  private final IMarkerFactory markers = new BasicMarkerFactory();
  private final MDCAdapter contexts = new NOPMDCAdapter();
  private final LibraryLoggers loggers;

  /** Makes the provider; for {@link java.util.ServiceLoader}. */
  public LoggingProvider() {
    LogsConfig early =
        new LogsConfig(
            Level.WARN,
            Encoding.CONSOLE,
            false,
            false,
            true,
            false,
            new LogsConfig.Sampling(true, Duration.ofSeconds(10), 10, 100),
            List.of("stderr"),
            List.of("stderr"),
            Map.of(),
            List.of());
    try {
      loggers = new LibraryLoggers(LogSink.open(early, Map.of(), InstantSource.system()));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // standard error needs no opening
    }
  }

  @Override
  public ILoggerFactory getLoggerFactory() {
    return loggers;
  }

  @Override
  public IMarkerFactory getMarkerFactory() {
    return markers;
  }

  @Override
  public MDCAdapter getMDCAdapter() {
    return contexts;
  }

  @Override
  public String getRequestedApiVersion() {
    return "2.0.99";
  }

  @Override
  public void initialize() {}
}
