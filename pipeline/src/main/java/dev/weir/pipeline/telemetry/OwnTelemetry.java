package dev.weir.pipeline.telemetry;

import dev.weir.pdata.Resource;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.MeterProvider;
import java.time.Duration;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.helpers.NOPLogger;

/** Where the agent and its components leave logs and metrics about themselves. Thread safe. */
public interface OwnTelemetry {

  /**
   * Returns a logger.
   *
   * @param name says where a line comes from
   * @param fields stand on each of its lines
   */
  Logger logger(String name, Map<String, String> fields);

  /** Returns the meter of this scope: one for each type of component. */
  Meter meter(String scope);

  /** Returns who the agent is: service.name, service.instance.id, host.name... */
  Resource resource();

  /** Returns whether what costs more to measure than most people need is wanted too. */
  default boolean detailed() {
    return false;
  }

  /** Ends it: what is pending is exported within {@code grace}, ports are closed. Last of all. */
  default void stop(Duration grace) {}

  /** Returns telemetry that goes nowhere: for {@code validate} and for tests. */
  static OwnTelemetry none() {
    return new OwnTelemetry() {
      @Override
      public Logger logger(String name, Map<String, String> fields) {
        return NOPLogger.NOP_LOGGER;
      }

      @Override
      public Meter meter(String scope) {
        return MeterProvider.noop().get(scope);
      }

      @Override
      public Resource resource() {
        return Resource.EMPTY;
      }
    };
  }
}
