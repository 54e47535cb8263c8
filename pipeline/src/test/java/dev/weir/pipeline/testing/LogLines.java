package dev.weir.pipeline.testing;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.KeyValuePair;
import org.slf4j.event.Level;
import org.slf4j.event.LoggingEvent;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.spi.LoggingEventAware;

/** A logger that keeps its lines: {@code LEVEL message {key=value, ...}}. */
@SuppressWarnings("serial") // nobody serializes loggers
public final class LogLines extends LegacyAbstractLogger implements LoggingEventAware {
  private final List<String> lines = new CopyOnWriteArrayList<>();

  /** Returns the lines so far. */
  public List<String> lines() {
    return lines;
  }

  @Override
  public void log(LoggingEvent event) {
    StringBuilder fields = new StringBuilder();
    List<KeyValuePair> pairs = event.getKeyValuePairs();
    if (pairs != null) {
      for (KeyValuePair pair : pairs) {
        fields.append(fields.isEmpty() ? "" : ", ").append(pair.key).append('=').append(pair.value);
      }
    }
    lines.add(event.getLevel() + " " + event.getMessage() + " {" + fields + "}");
  }

  @Override
  protected void handleNormalizedLoggingCall(
      Level level,
      @Nullable Marker marker,
      @Nullable String message,
      Object @Nullable [] arguments,
      @Nullable Throwable thrown) {
    lines.add(level + " " + message);
  }

  @Override
  protected @Nullable String getFullyQualifiedCallerName() {
    return null;
  }

  @Override
  public boolean isTraceEnabled() {
    return true;
  }

  @Override
  public boolean isDebugEnabled() {
    return true;
  }

  @Override
  public boolean isInfoEnabled() {
    return true;
  }

  @Override
  public boolean isWarnEnabled() {
    return true;
  }

  @Override
  public boolean isErrorEnabled() {
    return true;
  }
}
