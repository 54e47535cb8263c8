package dev.weir.pipeline.sending;

import org.jspecify.annotations.Nullable;

/** Is told, exactly once, what became of what a queue handed out. Thread safe. */
@FunctionalInterface
interface Done {
  /** Ends it; null if it was delivered. */
  void done(@Nullable Failure failure);
}
