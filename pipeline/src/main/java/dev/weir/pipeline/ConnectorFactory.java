package dev.weir.pipeline;

import dev.weir.pdata.Item;
import dev.weir.pdata.Signal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes connectors, for the pairs of signals that it can turn into each other. Immutable.
 *
 * @param <C> the config record
 */
public final class ConnectorFactory<C> implements Factory<C> {
  /** Makes one connector; the contexts's outputs hold the consumer of the signal that it makes. */
  @FunctionalInterface
  public interface Maker<C, T extends Item> {
    /** Makes it; opens nothing yet. */
    Connector<T> make(ComponentContext context, C config);
  }

  /** A signal that goes in and a signal that comes out. */
  public record Pair(Signal<?> from, Signal<?> to) {}

  private final Type<C> type;
  private final Map<Pair, Maker<C, ?>> makers;

  private ConnectorFactory(Type<C> type, Map<Pair, Maker<C, ?>> makers) {
    this.type = type;
    this.makers = makers;
  }

  /** Returns a factory that can do no pair of signals yet. */
  public static <C> ConnectorFactory<C> of(Type<C> type) {
    return new ConnectorFactory<>(type, Map.of());
  }

  /** Returns a factory that turns {@code from} into {@code to} too. */
  public <T extends Item> ConnectorFactory<C> with(
      Signal<T> from, Signal<?> to, Maker<C, T> maker) {
    Map<Pair, Maker<C, ?>> more = new LinkedHashMap<>(makers);
    more.put(new Pair(from, to), maker);
    return new ConnectorFactory<>(type, Map.copyOf(more));
  }

  /** Returns which pairs of signals it can do. */
  public Set<Pair> pairs() {
    return makers.keySet();
  }

  /** Returns the maker for this pair, or null if it cannot do that. */
  @SuppressWarnings("unchecked") // with() puts a Maker<C, T> under a pair from Signal<T>
  public <T extends Item> @Nullable Maker<C, T> maker(Signal<T> from, Signal<?> to) {
    return (Maker<C, T>) makers.get(new Pair(from, to));
  }

  @Override
  public Type<C> type() {
    return type;
  }

  @Override
  public ComponentKind kind() {
    return ComponentKind.CONNECTOR;
  }
}
