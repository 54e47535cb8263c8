package dev.weir.exporter.testing;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.KeyValuePair;
import org.slf4j.event.Level;
import org.slf4j.event.LoggingEvent;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.spi.LoggingEventAware;

/** A logger that keeps what is logged. Thread safe. */
public final class RecordingLogger extends LegacyAbstractLogger implements LoggingEventAware {
  private static final long serialVersionUID = 1L;

  /** One message: level, text with its arguments put in, and fields in order. */
  public record Message(Level level, String text, List<String> fields) {}

  private final transient List<Message> messages = new CopyOnWriteArrayList<>();

  /** Makes a logger without messages. */
  public RecordingLogger() {
    this.name = "test";
  }

  /** Returns what was logged so far. */
  public List<Message> messages() {
    return messages;
  }

  @Override
  public void log(LoggingEvent event) {
    List<KeyValuePair> pairs = event.getKeyValuePairs();
    List<String> fields =
        pairs == null ? List.of() : pairs.stream().map(p -> p.key + "=" + p.value).toList();
    messages.add(new Message(event.getLevel(), event.getMessage(), fields));
  }

  @Override
  protected void handleNormalizedLoggingCall(
      Level level,
      @Nullable Marker marker,
      String pattern,
      Object @Nullable [] arguments,
      @Nullable Throwable throwable) {
    String text = MessageFormatter.basicArrayFormat(pattern, arguments);
    messages.add(new Message(level, text == null ? "" : text, List.of()));
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
