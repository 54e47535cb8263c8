package dev.weir.pipeline;

/**
 * Makes extensions.
 *
 * @param type name, aliases, stability and schema
 * @param maker makes one; opens nothing yet
 * @param <C> the config record
 */
public record ExtensionFactory<C>(Type<C> type, Maker<C> maker) implements Factory<C> {
  /** Makes one extension. */
  @FunctionalInterface
  public interface Maker<C> {
    /** Makes it. */
    Extension make(ComponentContext context, C config);
  }

  @Override
  public ComponentKind kind() {
    return ComponentKind.EXTENSION;
  }
}
