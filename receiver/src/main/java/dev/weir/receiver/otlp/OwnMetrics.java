package dev.weir.receiver.otlp;

import dev.weir.pipeline.ComponentContext;
import dev.weir.transport.Admission;
import dev.weir.transport.StallWatch;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import java.util.ArrayList;
import java.util.List;

/**
 * What the receiver says of itself beside the items that the engine counts: what its limits hold
 * back. README.md lists them. Closing it takes them out of the agent's metrics.
 */
final class OwnMetrics implements AutoCloseable {
  private static final String PREFIX = "weir_receiver_otlp_";
  private static final AttributeKey<String> RECEIVER = AttributeKey.stringKey("receiver");
  private static final AttributeKey<String> REASON = AttributeKey.stringKey("reason");

  private final List<AutoCloseable> instruments = new ArrayList<>();

  OwnMetrics(ComponentContext context, Admission admission, StallWatch stalls) {
    Meter meter = context.meter();
    Attributes receiver = Attributes.of(RECEIVER, context.id().toString());
    instruments.add(
        meter
            .gaugeBuilder(PREFIX + "in_flight_bytes")
            .ofLongs()
            .setUnit("By")
            .setDescription("Bytes of requests that are being received or are at work.")
            .buildWithCallback(out -> out.record(admission.bytes(), receiver)));
    instruments.add(
        meter
            .gaugeBuilder(PREFIX + "in_flight_requests")
            .ofLongs()
            .setUnit("{request}")
            .setDescription("Requests that are at work.")
            .buildWithCallback(out -> out.record(admission.requests(), receiver)));
    instruments.add(
        meter
            .gaugeBuilder(PREFIX + "connections")
            .ofLongs()
            .setUnit("{connection}")
            .setDescription("Open connections.")
            .buildWithCallback(out -> out.record(admission.connections(), receiver)));
    Attributes bytes = receiver.toBuilder().put(REASON, "max_in_flight_mib").build();
    Attributes objects = receiver.toBuilder().put(REASON, "objects").build();
    Attributes requests = receiver.toBuilder().put(REASON, "max_concurrent_requests").build();
    Attributes stalled = receiver.toBuilder().put(REASON, "stalled").build();
    instruments.add(
        meter
            .counterBuilder(PREFIX + "rejected_requests")
            .setUnit("{request}")
            .setDescription("Requests turned away by a limit, and ended because they stood still.")
            .buildWithCallback(
                out -> {
                  out.record(admission.overBytes(), bytes);
                  out.record(admission.overCharged(), objects);
                  out.record(admission.overRequests(), requests);
                  out.record(stalls.ended(), stalled);
                }));
    instruments.add(
        meter
            .counterBuilder(PREFIX + "rejected_connections")
            .setUnit("{connection}")
            .setDescription("Connections closed at once because too many were open.")
            .buildWithCallback(out -> out.record(admission.overConnections(), receiver)));
  }

  @Override
  public void close() {
    for (AutoCloseable each : instruments) {
      try {
        each.close();
      } catch (Exception e) {
        throw new IllegalStateException("an instrument cannot be closed", e);
      }
    }
  }
}
