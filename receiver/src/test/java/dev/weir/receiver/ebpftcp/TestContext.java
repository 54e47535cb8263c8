package dev.weir.receiver.ebpftcp;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Signal;
import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Extension;
import dev.weir.pipeline.Host;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.metrics.Meter;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.helpers.NOPLogger;

/** What a receiver is given in tests. */
final class TestContext {
  static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");
  static final InstantSource CLOCK = InstantSource.fixed(NOON);
  static final long NOON_NANOS = EpochTime.nanos(CLOCK);
  static final Resource RESOURCE = Resource.of(Attributes.of("service.name", "weir"));

  private TestContext() {}

  static ComponentContext of(String id, Map<Signal<?>, Consumer<?>> outputs) {
    return of(id, outputs, OpenTelemetry.noop().getMeter("test"), InstantSource.system());
  }

  static ComponentContext of(
      String id, Map<Signal<?>, Consumer<?>> outputs, Meter meter, InstantSource clock) {
    return new ComponentContext(
        ComponentKind.RECEIVER,
        ComponentId.parse(id),
        new BuildInfo("weir", "1.2.3"),
        RESOURCE,
        NOPLogger.NOP_LOGGER,
        meter,
        clock,
        outputs);
  }

  /** A host that keeps what it is told. */
  static final class TestHost implements Host {
    final AtomicReference<@Nullable String> fatal = new AtomicReference<>();

    @Override
    public @Nullable Extension extension(ComponentId id) {
      return null;
    }

    @Override
    public void report(ComponentId id, Status status, String message) {}

    @Override
    public void fatal(ComponentId id, String message) {
      fatal.set(id + ": " + message);
    }
  }
}
