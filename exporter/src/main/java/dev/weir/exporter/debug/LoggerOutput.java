package dev.weir.exporter.debug;

import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.spi.LoggingEventBuilder;

/** Writes through the agent's own log, which adds time, level and the component's fields. */
final class LoggerOutput implements MessageOutput {
  private final Logger logger;

  LoggerOutput(Logger logger) {
    this.logger = logger;
  }

  @Override
  public void open() {}

  @Override
  public void summary(String title, Map<String, Integer> figures) {
    LoggingEventBuilder event = logger.atInfo();
    for (Map.Entry<String, Integer> figure : figures.entrySet()) {
      event = event.addKeyValue(figure.getKey(), figure.getValue());
    }
    event.log(title);
  }

  @Override
  public void text(String text) {
    logger.info(text);
  }

  @Override
  public void close() {}
}
