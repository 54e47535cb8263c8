package dev.weir.pipeline;

import dev.weir.pdata.Signal;
import java.util.Set;

/**
 * Makes receivers.
 *
 * @param type name, aliases, stability and schema
 * @param signals which signals it can bring
 * @param maker makes one; opens nothing yet
 * @param <C> the config record
 */
public record ReceiverFactory<C>(Type<C> type, Set<Signal<?>> signals, Maker<C> maker)
    implements Factory<C> {

  /** Makes one receiver. */
  @FunctionalInterface
  public interface Maker<C> {
    /** Makes it; {@code context.output(signal)} says which signals are wanted. */
    Receiver make(ComponentContext context, C config);
  }

  @Override
  public ComponentKind kind() {
    return ComponentKind.RECEIVER;
  }
}
