package dev.weir.receiver.otlp;

import dev.weir.pdata.Item;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Extension;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.StartException;
import dev.weir.transport.StallWatch;
import dev.weir.transport.testing.SectionText;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.MeterProvider;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.helpers.NOPLogger;

/** A running receiver before pipelines that keep what they get and answer what a test says. */
final class Served implements AutoCloseable {
  static final String BOTH =
      "{protocols: {grpc: {endpoint: '127.0.0.1:0'}, http: {endpoint: '127.0.0.1:0'}}}";

  final OtlpReceiver receiver;
  final List<Telemetry<?>> got = new CopyOnWriteArrayList<>();
  volatile Function<Telemetry<?>, Outcome> pipelines = batch -> Outcome.accepted();

  private Served(
      String body, Meter meter, InstantSource clock, Duration stallLimit, Signal<?>... signals) {
    Map<Signal<?>, Consumer<?>> outputs = new HashMap<>();
    for (Signal<?> signal : signals) {
      outputs.put(signal, consumer());
    }
    ComponentContext context =
        new ComponentContext(
            ComponentKind.RECEIVER,
            ComponentId.parse("otlp"),
            new BuildInfo("weir", "test"),
            Resource.EMPTY,
            NOPLogger.NOP_LOGGER,
            meter,
            clock,
            outputs);
    receiver =
        new OtlpReceiver(
            context,
            SectionText.decode(OtlpReceiverConfig.class, OtlpReceiverConfig.SCHEMA, body),
            stallLimit);
  }

  private <T extends Item> Consumer<T> consumer() {
    return batch -> {
      got.add(batch);
      return pipelines.apply(batch);
    };
  }

  static Served start(String body, Signal<?>... signals) throws StartException {
    return start(body, MeterProvider.noop().get("test"), InstantSource.system(), signals);
  }

  static Served start(String body, Meter meter, InstantSource clock, Signal<?>... signals)
      throws StartException {
    Served served = made(body, meter, clock, signals);
    served.receiver.start(new Nobody());
    return served;
  }

  static Served made(String body, Meter meter, InstantSource clock, Signal<?>... signals) {
    Signal<?>[] wanted = signals.length == 0 ? Signal.ALL.toArray(Signal<?>[]::new) : signals;
    return new Served(body, meter, clock, StallWatch.LIMIT, wanted);
  }

  /** Starts one that does not wait long for requests that stand still. */
  static Served impatient(Meter meter) throws StartException {
    Signal<?>[] all = Signal.ALL.toArray(Signal<?>[]::new);
    Served served = new Served(BOTH, meter, InstantSource.system(), Duration.ofSeconds(1), all);
    served.receiver.start(new Nobody());
    return served;
  }

  static Served start() throws StartException {
    return start(BOTH);
  }

  String http() {
    return "http://127.0.0.1:" + receiver.httpPort();
  }

  @Override
  public void close() {
    receiver.stop(Duration.ofSeconds(5));
  }

  /** A host in which nothing is. */
  static final class Nobody implements Host {
    @Override
    public @Nullable Extension extension(ComponentId id) {
      return null;
    }

    @Override
    public void report(ComponentId id, Status status, String message) {}

    @Override
    public void fatal(ComponentId id, String message) {
      throw new AssertionError(id + ": " + message);
    }
  }
}
