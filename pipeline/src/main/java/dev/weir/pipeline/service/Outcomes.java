package dev.weir.pipeline.service;

import dev.weir.pipeline.Outcome;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Puts the outcomes of several consumers of one batch together. All accepted: accepted. Any retry:
 * retry, after the longest wait, although it repeats the batch to those that took it (as the
 * Collector does). Otherwise any refusal: refused. Otherwise partial, the rejected items added up,
 * which may be more than there are if two rejected the same. For one thread.
 */
final class Outcomes {
  private Outcome.@Nullable Retry retry;
  private Outcome.@Nullable Refused refused;
  private Outcome.@Nullable Partial partial;

  void add(Outcome outcome) {
    switch (outcome) {
      case Outcome.Accepted _ -> {}
      case Outcome.Retry next ->
          retry =
              retry == null
                  ? next
                  : new Outcome.Retry(
                      join(retry.reason(), next.reason()),
                      retry.code(),
                      longer(retry.after(), next.after()));
      case Outcome.Refused next ->
          refused =
              refused == null
                  ? next
                  : new Outcome.Refused(join(refused.reason(), next.reason()), refused.code());
      case Outcome.Partial next ->
          partial =
              partial == null
                  ? next
                  : new Outcome.Partial(
                      partial.rejected() + next.rejected(), join(partial.reason(), next.reason()));
    }
  }

  Outcome combined() {
    if (retry != null) {
      return refused == null
          ? retry
          : new Outcome.Retry(join(retry.reason(), refused.reason()), retry.code(), retry.after());
    }
    if (refused != null) {
      return refused;
    }
    return partial != null ? partial : Outcome.accepted();
  }

  private static String join(String one, String other) {
    return one.equals(other) ? one : one + "; " + other;
  }

  private static @Nullable Duration longer(@Nullable Duration one, @Nullable Duration other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return one.compareTo(other) >= 0 ? one : other;
  }
}
