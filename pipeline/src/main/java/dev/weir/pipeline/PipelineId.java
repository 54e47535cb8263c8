package dev.weir.pipeline;

import dev.weir.pdata.Signal;

/**
 * The ID of a pipeline, {@code signal} or {@code signal/name}, by the Collector's rules
 * (collector.md 1.2).
 *
 * @param signal what flows in it
 * @param name tells two of one signal apart; empty for the only one
 */
public record PipelineId(Signal<?> signal, String name) implements Comparable<PipelineId> {

  /**
   * Parses {@code signal[/name]}: cut at the first slash, both parts trimmed.
   *
   * @throws IllegalArgumentException with the Collector's words if it is not an ID
   */
  public static PipelineId parse(String text) {
    ComponentId id = ComponentId.parse(text);
    Signal<?> signal = Signal.named(id.type());
    if (signal == null) {
      throw new IllegalArgumentException(
          "in \"" + text + "\" id: unknown pipeline signal: \"" + id.type() + "\"");
    }
    return new PipelineId(signal, id.name());
  }

  @Override
  public int compareTo(PipelineId other) {
    return toString().compareTo(other.toString());
  }

  @Override
  public String toString() {
    return name.isEmpty() ? signal.signalName() : signal.signalName() + "/" + name;
  }
}
