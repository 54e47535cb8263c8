package dev.weir.pipeline.service;

import dev.weir.pipeline.Outcome;

/** How many items an outcome says were not taken. */
final class Rejected {
  private Rejected() {}

  static long of(Outcome outcome, long items) {
    return switch (outcome) {
      case Outcome.Accepted _ -> 0;
      case Outcome.Retry _ -> items;
      case Outcome.Refused _ -> items;
      case Outcome.Partial partial -> Math.clamp(partial.rejected(), 0, items);
    };
  }
}
