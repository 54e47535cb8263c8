package dev.weir.agent;

import dev.weir.pipeline.Components;
import java.util.List;

/** Every component that a config file can name. Adding one is one line here. */
final class BuiltIn {
  private BuiltIn() {}

  static Components components() {
    return new Components(List.of());
  }
}
