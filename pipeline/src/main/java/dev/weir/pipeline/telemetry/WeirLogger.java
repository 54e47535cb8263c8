package dev.weir.pipeline.telemetry;

import dev.weir.pipeline.telemetry.LogsConfig.Level;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.KeyValuePair;
import org.slf4j.event.LoggingEvent;
import org.slf4j.helpers.AbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.spi.LoggingEventAware;

/**
 * A logger with fields of its own; key-value pairs of a line become its fields. Markers are not
 * used, and level trace does not exist in the Collector: it is never enabled. Thread safe.
 */
@SuppressWarnings("serial") // AbstractLogger is serializable by name; nobody serializes loggers
final class WeirLogger extends AbstractLogger implements LoggingEventAware {
  private final LogRouter router;
  private final Map<String, String> own;

  WeirLogger(String name, Map<String, String> own, LogRouter router) {
    this.name = name;
    this.own = own;
    this.router = router;
  }

  @Override
  public void log(LoggingEvent event) {
    Map<String, Object> fields = new LinkedHashMap<>(own);
    List<KeyValuePair> pairs = event.getKeyValuePairs();
    if (pairs != null) {
      for (KeyValuePair pair : pairs) {
        fields.put(pair.key, pair.value);
      }
    }
    write(
        event.getLevel(),
        event.getMessage(),
        event.getArgumentArray(),
        event.getThrowable(),
        fields);
  }

  @Override
  protected void handleNormalizedLoggingCall(
      org.slf4j.event.Level level,
      @Nullable Marker marker,
      @Nullable String message,
      Object @Nullable [] arguments,
      @Nullable Throwable thrown) {
    write(level, message, arguments, thrown, new LinkedHashMap<>(own));
  }

  private void write(
      org.slf4j.event.Level level,
      @Nullable String message,
      Object @Nullable [] arguments,
      @Nullable Throwable thrown,
      Map<String, Object> fields) {
    Level ours =
        switch (level) {
          case ERROR -> Level.ERROR;
          case WARN -> Level.WARN;
          case INFO -> Level.INFO;
          case DEBUG -> Level.DEBUG;
          case TRACE -> null;
        };
    if (ours == null) {
      return;
    }
    String template = String.valueOf(message);
    String text =
        arguments == null || arguments.length == 0
            ? template
            : String.valueOf(MessageFormatter.basicArrayFormat(template, arguments));
    router.sink().write(ours, name, template, text, fields, thrown);
  }

  @Override
  protected @Nullable String getFullyQualifiedCallerName() {
    return null;
  }

  @Override
  public boolean isTraceEnabled() {
    return false;
  }

  @Override
  public boolean isTraceEnabled(Marker marker) {
    return false;
  }

  @Override
  public boolean isDebugEnabled() {
    return router.sink().enabled(Level.DEBUG);
  }

  @Override
  public boolean isDebugEnabled(Marker marker) {
    return isDebugEnabled();
  }

  @Override
  public boolean isInfoEnabled() {
    return router.sink().enabled(Level.INFO);
  }

  @Override
  public boolean isInfoEnabled(Marker marker) {
    return isInfoEnabled();
  }

  @Override
  public boolean isWarnEnabled() {
    return router.sink().enabled(Level.WARN);
  }

  @Override
  public boolean isWarnEnabled(Marker marker) {
    return isWarnEnabled();
  }

  @Override
  public boolean isErrorEnabled() {
    return router.sink().enabled(Level.ERROR);
  }

  @Override
  public boolean isErrorEnabled(Marker marker) {
    return isErrorEnabled();
  }
}
