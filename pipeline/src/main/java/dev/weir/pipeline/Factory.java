package dev.weir.pipeline;

import dev.weir.pipeline.config.Schema;
import java.util.List;

/**
 * What the engine knows of a type of component before it makes one.
 *
 * @param <C> the component's config record
 */
public sealed interface Factory<C>
    permits ReceiverFactory, ProcessorFactory, ExporterFactory, ConnectorFactory, ExtensionFactory {

  /** Who can rely on a component, in the Collector's words. */
  enum Stability {
    DEVELOPMENT,
    ALPHA,
    BETA,
    STABLE
  }

  /** Names a type: what every kind of factory has. */
  record Type<C>(String name, List<String> aliases, Stability stability, Schema<C> schema) {
    /** Copies the aliases. */
    public Type {
      aliases = List.copyOf(aliases);
    }

    /** Returns a type without aliases. */
    public static <C> Type<C> of(String name, Stability stability, Schema<C> schema) {
      return new Type<>(name, List.of(), stability, schema);
    }
  }

  /** Returns name, deprecated aliases, stability and config schema. */
  Type<C> type();

  /** Returns the kind of component that this makes. */
  ComponentKind kind();
}
